"""MLflow: runs, models, their pages."""
