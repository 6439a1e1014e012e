"""A channel for each basket, from a hidden model: the customer's bent, the categories' affinity, a drift over time.

    log odds of online = level + customer's bent + mean affinity of the lines' categories + drift × time

Real online baskets stay online; a share of the store's moves.
"""

import math

from experiments.simulator.chance import normal, uniform
from experiments.simulator.ground import Ground


def plant_affinities(ground: Ground) -> None:
    """The hidden affinity of every category to online: table `affinities`, and the truth."""
    drawn = f"{ground.dials.category_spread} * {normal(ground.seed, 'affinity', 'shelf_nth')}"
    # decimals: means of these do not depend on the order of rows
    ground.run(f"""
        CREATE TABLE affinities AS SELECT shelf_nth, shelf, CAST({drawn} AS DECIMAL(18,9)) AS affinity
        FROM (SELECT DISTINCT shelf_nth, shelf FROM real_skus)
    """)
    if ground.dials.web_share:
        ground.tell("category_affinities", "SELECT shelf AS category, affinity FROM affinities ORDER BY shelf")


def weigh_baskets(ground: Ground) -> None:
    """The table `liked`: source and the mean affinity of its lines, of the open block.

    Repeated lines stay in their category, so every repetition of a basket has the affinity of the real one.
    """
    if ground.dials.web_share:
        lines = "block_lines JOIN affinities USING (shelf_nth)"
        ground.keep("liked", f"SELECT source, avg(affinity) AS affinity FROM {lines} GROUP BY source")


def choose_channels(ground: Ground) -> None:
    """Add to `baskets` the bent of the person, the chance of going online and the choice, `is_web`."""
    if not ground.dials.web_share:
        unmoved = "NULL::DOUBLE AS bent, NULL::DOUBLE AS web_chance, was_web AS is_web"
        ground.keep("baskets", f"SELECT *, {unmoved} FROM baskets")
        return
    seed, dials = ground.seed, ground.dials
    seconds = max((ground.last - ground.first).total_seconds(), 1.0)
    time = f"(epoch(bought_at) - epoch(TIMESTAMP '{ground.first}')) / {seconds} - 0.5"
    bent = f"{dials.customer_spread} * {normal(seed, 'bent', 'person')}"
    odds = f"{_level(ground)} + bent + affinity + {dials.drift} * ({time})"
    ground.keep(
        "baskets",
        f"""
        WITH bents AS (
            SELECT *, CASE WHEN person IS NULL THEN 0 ELSE {bent} END AS bent FROM baskets JOIN liked USING (source)
        ), chances AS (SELECT * EXCLUDE (affinity), 1 / (1 + exp(-({odds}))) AS web_chance FROM bents)
        SELECT *, was_web OR (person IS NOT NULL AND {uniform(seed, "channel", "basket")} < web_chance) AS is_web
        FROM chances
        """,
    )


def _level(ground: Ground) -> float:
    """The level at which about `web_share` of baskets go online, though customers differ.

    The mean of a logistic curve over a normal distribution of variance v is about that at mean / √(1 + πv/8)
    (MacKay 1992); the spread of a basket's mean affinity is small beside that of customers and left out.
    """
    share = min(ground.dials.web_share, 1 - 1e-9)
    return math.log(share / (1 - share)) * math.sqrt(1 + math.pi / 8 * ground.dials.customer_spread**2)
