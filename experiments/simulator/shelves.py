"""Shelf space and listings: what each store carries, how many fronts it has, and metres of shelf by category."""

from experiments.simulator.chance import uniform
from experiments.simulator.ground import Ground

MOST_FACINGS = 6
STORES_AT_ONCE = 250
"""Stores of a part of `listings` or `stock`."""
MUST_CARRY = 0.02
"""Share of listings that a contract with the maker demands."""
_METRE_MM = 1000.0


def open_shelves(ground: Ground) -> None:
    """The empty table `carried_parts`: lines by store and SKU of each block."""
    ground.run("CREATE TABLE carried_parts (store_nth BIGINT, sku_nth BIGINT, lines BIGINT)")


def note_carried(ground: Ground) -> None:
    """Add what the block's baskets bought in stores, lost lines too: a store carries what anybody ever wanted there."""
    ground.run("""
        INSERT INTO carried_parts SELECT store, sku_nth, count(*) FROM lines
        WHERE NOT is_web AND store IS NOT NULL GROUP BY ALL
    """)


def fill_shelves(ground: Ground) -> None:
    """The table `carried`: store_nth, sku_nth, lines and facings; more for what sells more in its store."""
    ground.run(f"""
        CREATE TABLE carried AS
        SELECT *, CAST(least(greatest(round(sqrt(lines)), 1), {MOST_FACINGS}) AS INTEGER) AS facings
        FROM (SELECT store_nth, sku_nth, sum(lines)::BIGINT AS lines FROM carried_parts GROUP BY ALL)
        ORDER BY store_nth, sku_nth
    """)


def store_parts(ground: Ground) -> list[str]:
    """Conditions on store_nth that divide the stores into parts, each small enough to be put in order in memory."""
    firsts = range(0, max(ground.all_stores, 1), STORES_AT_ONCE)
    return [f"store_nth >= {first} AND store_nth < {first + STORES_AT_ONCE}" for first in firsts]


def width_cm(ground: Ground) -> str:
    """The width of one facing of a SKU."""
    return f"round(4 + 16 * {uniform(ground.seed, 'width', 'sku_nth')}, 1)"


def depth_cm(ground: Ground) -> str:
    return f"round(4 + 14 * {uniform(ground.seed, 'depth', 'sku_nth')}, 1)"


def write_listings(ground: Ground) -> int:
    """The contract table `listings`: open from the first day; how many rows."""
    if not ground.dials.metres:
        return 0
    must = f"{uniform(ground.seed, 'must carry', 'store_nth', 'sku_nth')} < {MUST_CARRY}"
    select = f"""
        SELECT 'store-chain' AS party, store_id, sku, TIMESTAMP '{ground.first.date()}' AS "from",
            facings, {must} AS must_carry
        FROM carried JOIN planted_stores USING (store_nth) JOIN real_skus USING (sku_nth)
        WHERE {{}} ORDER BY store_nth, sku_nth
    """
    return sum(ground.write("listings", select.format(part), nth) for nth, part in enumerate(store_parts(ground)))


def measure_shelves(ground: Ground) -> None:
    """The table `shelf_metres`: store_nth and metres, a JSON object of category to metres; empty without the dial."""
    if not ground.dials.metres:
        ground.run("CREATE TABLE shelf_metres AS SELECT NULL::BIGINT AS store_nth, NULL::VARCHAR AS metres WHERE false")
        return
    # whole millimetres: sums of these do not depend on the order of rows
    metres = f"round({ground.dials.metres} * sum(facings * CAST(10 * {width_cm(ground)} AS BIGINT)) / {_METRE_MM}, 1)"
    ground.run(f"""
        CREATE TABLE shelf_metres AS
        SELECT store_nth,
            CAST(to_json(map(list(shelf ORDER BY shelf), list(metres ORDER BY shelf))) AS VARCHAR) AS metres
        FROM (SELECT store_nth, shelf, {metres} AS metres FROM carried JOIN real_skus USING (sku_nth) GROUP BY ALL)
        GROUP BY store_nth
    """)
