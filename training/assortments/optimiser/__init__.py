"""P1: which SKUs each cluster of stores should carry, with a proven bound."""
