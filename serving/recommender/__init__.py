"""From a query to an answer, without clock, network or state."""
