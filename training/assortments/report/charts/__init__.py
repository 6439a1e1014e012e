"""The report's pictures, a file a screen: each a function from the report's tables to drawings."""
