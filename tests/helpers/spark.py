"""Spark's SQL for an expression, compiled without Spark."""

import ibis
from ibis.config import Config


class _Spark(Config):  # type: ignore[misc]  # ibis has no types
    """What ibis's Spark backend, which needs pyspark, would register as its options."""

    treat_nan_as_null: bool = False


def spark_sql(expression: ibis.Table) -> str:
    """The query for Spark. Raises ibis's errors where Spark cannot do it."""
    if ibis.options.pyspark is None:
        ibis.options.pyspark = _Spark()
    return str(ibis.to_sql(expression, dialect="pyspark"))
