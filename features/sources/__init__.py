"""Where purchases come from: one module a source, each hands over extracts of contract tables."""
