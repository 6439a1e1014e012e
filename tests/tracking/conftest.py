"""Every test here talks to MLflow: a SQLite store and an artifact folder of its own, in the test's folder."""

from tests.helpers.mlflow_store import mlflow_template, settings, three_versions, trained_template

__all__ = ["mlflow_template", "settings", "three_versions", "trained_template"]
