"""Loyal buyers: customers who bought a SKU at least twice and nothing else of the category."""

from features.past import Past
from training.assortments.stages.scope import Scope

LEAST_BASKETS = 2


def loyal_buyers(past: Past, scope: Scope) -> dict[str, int]:
    """SKU -> how many; SKUs without any are 0. Customers whom nobody may learn from are not counted."""
    with past.session() as connection:
        connection.register("planned", scope.catalogue[["sku"]])
        found = connection.execute(
            f"""WITH bought AS (
                SELECT customer_id, sku, count(DISTINCT basket_id) AS baskets FROM purchases
                SEMI JOIN planned USING (sku)
                WHERE customer_id IS NOT NULL GROUP BY ALL),
            only_one AS (SELECT customer_id, min(sku) AS sku, min(baskets) AS baskets FROM bought
                GROUP BY customer_id HAVING count(*) = 1)
            SELECT sku, count(*) FROM only_one WHERE baskets >= {LEAST_BASKETS} GROUP BY sku"""
        ).fetchall()
    counts = dict(found)
    return {sku: int(counts.get(sku, 0)) for sku in scope.skus}
