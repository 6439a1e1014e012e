"""Loyal buyers: customers who bought a SKU at least twice and nothing else of the category."""

from features.clock import Cutoff
from features.engine import session
from features.sql import parquet
from features.warehouse.warehouse import Warehouse
from training.assortments.stages.scope import Scope

LEAST_BASKETS = 2


def loyal_buyers(warehouse: Warehouse, scope: Scope, cutoff: Cutoff) -> dict[str, int]:
    """SKU -> how many; SKUs without any are 0. Customers are those that purchases name."""
    with session() as connection:
        connection.register("planned", scope.catalogue[["sku"]])
        found = connection.execute(
            f"""WITH bought AS (
                SELECT customer_id, sku, count(DISTINCT basket_id) AS baskets FROM {parquet(warehouse.purchases)}
                SEMI JOIN planned USING (sku)
                WHERE customer_id IS NOT NULL AND bought_at < TIMESTAMP '{cutoff.at}' GROUP BY ALL),
            only_one AS (SELECT customer_id, min(sku) AS sku, min(baskets) AS baskets FROM bought
                GROUP BY customer_id HAVING count(*) = 1)
            SELECT sku, count(*) FROM only_one WHERE baskets >= {LEAST_BASKETS} GROUP BY sku"""
        ).fetchall()
    counts = dict(found)
    return {sku: int(counts.get(sku, 0)) for sku in scope.skus}
