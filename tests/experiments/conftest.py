"""Fixtures of studies: a shop with obvious answers, a trained one, an MLflow store."""

from tests.helpers.checkerboard import checkerboard
from tests.helpers.mlflow_store import mlflow_template, settings, three_versions, trained_template
from tests.helpers.trained import in_this_process, trained_shop

__all__ = [
    "checkerboard",
    "in_this_process",
    "mlflow_template",
    "settings",
    "three_versions",
    "trained_shop",
    "trained_template",
]
