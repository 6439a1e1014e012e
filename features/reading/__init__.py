"""Reading a user's own files: the mapping file, Parquet and CSV as raw rows, conversion to contract types."""
