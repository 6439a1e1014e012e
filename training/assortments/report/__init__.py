"""The buyer's report: tables of one assortment run, and the same figures as a page, a workbook and rows."""
