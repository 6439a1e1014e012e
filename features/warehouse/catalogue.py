"""What is sold and where: described SKUs and stores, completed with those that only purchases know."""

import ibis
from ibis import Table

from features.contracts.inputs import LEVEL_SEPARATOR, OWN_PARTY
from features.contracts.outputs import SKUS, SKUS_AS_BROUGHT, STORES


def complete_skus(described: Table, purchases: Table) -> Table:
    """One row per SKU described or bought, sorted; the columns of the contract `skus`.

    Where several sellers describe a SKU, our own description wins, then the first by name of the seller.
    """
    bought = purchases.select("sku").distinct()
    one = _first(described, "sku")
    joined = bought.outer_join(one, "sku").drop("party")
    levels = joined.category_path.split(LEVEL_SEPARATOR)
    return (
        joined.select(
            sku=_key(joined, "sku"),
            name=ibis.coalesce(joined.name, _key(joined, "sku")),
            **{name: joined[name] for name in SKUS_AS_BROUGHT},
            department=levels[0],
            category=ibis.ifelse(levels.length() > 1, levels[1], levels[0]),
            subcategory=levels[levels.length() - 1],
        )
        .select(*SKUS.names)
        .order_by("sku")
    )


def complete_stores(described: Table, purchases: Table) -> Table:
    """One row per store described or seen in a purchase, sorted; the columns of the contract `stores`."""
    seen = purchases.filter(purchases.store_id.notnull()).select("store_id").distinct()
    one = _first(described, "store_id")
    joined = seen.outer_join(one, "store_id")
    others = {name: joined[name] for name in STORES.names if name != "store_id"}
    return joined.select(store_id=_key(joined, "store_id"), **others).order_by("store_id")


def _first(described: Table, key: str) -> Table:
    nth = ibis.row_number().over(ibis.window(group_by=key, order_by=[described.party != OWN_PARTY, "party"]))
    return described.mutate(nth=nth).filter(ibis._.nth == 0).drop("nth")


def _key(joined: Table, key: str) -> ibis.Value:
    return ibis.coalesce(joined[key], joined[f"{key}_right"])
