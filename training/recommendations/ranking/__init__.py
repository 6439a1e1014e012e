"""Rankers and the rows that they learn from."""
