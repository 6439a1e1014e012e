"""The tables that loads make: purchases of both channels, returns, the catalogue."""
