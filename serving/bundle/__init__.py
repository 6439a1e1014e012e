"""The bundle: one folder with all that answers requests."""
