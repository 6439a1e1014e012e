"""Suppliers of two buying groups: what each SKU costs from whom, in tiers, with minimum orders."""

from experiments.simulator.chance import below, uniform
from experiments.simulator.ground import Ground

BUYING_GROUPS = ("north", "south")
TIERS = ((0, 1.0), (120, 0.96), (600, 0.91))
"""Units from which a tier holds, and what it costs as a share of the first."""


def write_suppliers(ground: Ground) -> tuple[int, int]:
    """The contract tables `suppliers` and `supplier_terms`; how many rows of each.

    A brand has one supplier, and one SKU in five a second that may be cheaper. Both buying groups may order, at
    costs and minimum orders of their own.
    """
    if not ground.dials.suppliers:
        return 0, 0
    groups = f"(SELECT unnest({list(BUYING_GROUPS)}) AS buying_group, unnest([0::BIGINT, 1::BIGINT]) AS group_nth)"
    count = str(ground.dials.suppliers)
    ground.run(f"""
        CREATE TABLE offers AS
        WITH first AS (SELECT sku_nth, {below(count, ground.seed, "supplier", "hash(coalesce(brand, sku))")} AS nth
                       FROM real_skus),
        second AS (SELECT sku_nth, {below(count, ground.seed, "second", "sku_nth")} AS nth
                   FROM real_skus WHERE {uniform(ground.seed, "has second", "sku_nth")} < 0.2)
        FROM first UNION FROM second
    """)
    return _suppliers(ground, groups), _terms(ground, groups)


def _suppliers(ground: Ground, groups: str) -> int:
    keys = ("nth", "group_nth")
    least = f"CAST(100 * (1 + {below('10', ground.seed, 'least', *keys)}) AS DOUBLE)"
    fixed = f"CAST(20 + {below('80', ground.seed, 'fixed', *keys)} AS DECIMAL(18,4))"
    days = f"CAST(1 + {below('14', ground.seed, 'lead', 'nth')} AS DOUBLE)"
    return ground.write(
        "suppliers",
        f"""SELECT 'store-chain' AS party, 'V' || nth AS supplier, 'Supplier ' || (nth + 1) AS name, buying_group,
            {least} AS min_order_units, {fixed} AS fixed_cost, {days} AS lead_days
        FROM (SELECT DISTINCT nth FROM offers) CROSS JOIN {groups} ORDER BY nth, buying_group""",
    )


def _terms(ground: Ground, groups: str) -> int:
    tiers = ", ".join(f"({units}, {share})" for units, share in TIERS)
    share = f"(0.55 + 0.2 * {uniform(ground.seed, 'cost', 'nth', 'sku_nth', 'group_nth')}) * share"
    pack = f"[6.0, 10.0, 12.0, 24.0][1 + {below('4', ground.seed, 'pack', 'nth', 'sku_nth')}]"
    return ground.write(
        "supplier_terms",
        f"""SELECT 'store-chain' AS party, 'V' || nth AS supplier, sku, buying_group, tier_units,
            CAST(unit_price * {share} AS DECIMAL(18,4)) AS unit_cost, units_of_pack AS min_order_units,
            units_of_pack AS pack_units
        FROM (SELECT *, CAST({pack} AS DOUBLE) AS units_of_pack FROM offers) JOIN real_skus USING (sku_nth)
        JOIN unit_prices USING (sku) CROSS JOIN {groups}
        CROSS JOIN (SELECT units::DOUBLE AS tier_units, share::DOUBLE AS share FROM (VALUES {tiers}) AS t(units, share))
        ORDER BY supplier, sku, buying_group, tier_units""",
    )
