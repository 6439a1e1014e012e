"""A snapshot of what was known at a cutoff, as arrays that training and serving read."""
