"""Parts of the workbook."""
