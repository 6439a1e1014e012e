"""Who is one customer: identifiers, the evidence that they leave, and the customers derived from it."""
