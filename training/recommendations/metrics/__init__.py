"""Metrics of lists, their intervals and slices."""
