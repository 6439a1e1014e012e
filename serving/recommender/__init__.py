"""Makes an answer of a query, without clock, network or state."""
