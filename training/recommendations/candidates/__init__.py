"""Candidate sources, and the pool that merges them."""
