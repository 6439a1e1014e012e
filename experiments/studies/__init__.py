"""Studies: one file a question; a function `study` from settings and parameters to what was found."""
