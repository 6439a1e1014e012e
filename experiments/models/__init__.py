"""Models that only studies use."""
