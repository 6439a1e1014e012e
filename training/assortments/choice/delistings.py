"""Which SKUs a chain stopped to sell, by rules that are written down, and where their buyers went.

An end of sales is a delisting where nothing else explains it. The rules, in this order:

1. *Sharp end*: in the `window_weeks` before the last sale at least `least_lines` lines were sold, and in their second
   half at least half as many as in their first; then `silent_weeks` follow without a sale or a promotion of the SKU.
   The department is one whose SKUs do not come and go with the season.
2. *Repeat buyers*: at least `least_buyers` households bought it on two trips before the measuring window.
3. *Continuing trips*: at least `least_buyers` of them still shop in the chain after the end.
4. *No launch beside it*: no SKU of the same brand and subcategory was first sold within `launch_weeks` of the end, and
   `least_lines` times in the `window_weeks` from then on: that is a new barcode, not a delisting.

Buyers are defined by what they did before the measuring window, which is the `window_weeks` before the end and as many
after it: whoever is chosen for what happens inside it would regress to the mean.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from experiments.models.category_lines import WEEK_SECONDS
from features.engine import session
from features.errors import DataError
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from training.assortments.choice.panel import Floats

REASONS = ("few repeat buyers", "buyers left the chain", "same maker launched beside it", "delisted")
"""Why an apparent delisting is none, in the order of the rules; the last one is one."""


@dataclass(frozen=True, slots=True)
class DelistingRule:
    """Weeks are counted from `weeks_from` (UTC), the first is 1; `departments` are those that know no season."""

    weeks_from: datetime
    departments: tuple[str, ...]
    window_weeks: int = 8
    silent_weeks: int = 8
    least_lines: int = 8
    least_buyers: int = 10
    launch_weeks: int = 6


@dataclass(frozen=True, slots=True, eq=False)
class Delistings:
    """What the rules found.

    registry: a row an apparent delisting, by SKU: sku, name, category, last_week, lines (in the window before it),
    repeat_buyers, continuing_buyers, launches (SKUs beside it), reason (of REASONS).

    buyers: sku, customer_id of the continuing repeat buyers. lines: week, customer_id, sku, category, of every category
    in which something was delisted.
    """

    registry: pd.DataFrame
    buyers: pd.DataFrame
    lines: pd.DataFrame

    @property
    def delisted(self) -> pd.DataFrame:
        return self.registry[self.registry["reason"] == REASONS[-1]]


@dataclass(frozen=True, slots=True)
class Diversion:
    """Where a SKU's demand went: shares of its buyers' earlier lines of it, with a 95 % interval.

    to_category  what they bought more of in its category than before, above what other shoppers of it did
    low, high    percentiles over resampled households
    """

    buyers: int
    lines_before: int
    to_category: float
    low: float
    high: float


def delistings(settings: Settings, rule: DelistingRule) -> Delistings:
    """Apply the rules to the whole warehouse. Raises DataError where the purchases are too short for the windows."""
    warehouse = Warehouse.open(settings)
    with session(settings) as engine:
        for name in ("purchases", "skus", "promotions"):
            engine.execute(f"CREATE VIEW {name} AS FROM '{warehouse.table(name)}'")
        engine.execute(_BOUGHT, [rule.weeks_from])
        first, last = engine.execute("SELECT min(week), max(week) FROM bought").fetchall()[0]
        if last is None or last - first + 1 < 2 * rule.window_weeks + rule.silent_weeks:
            raise DataError(
                f"purchases: {0 if last is None else last - first + 1} weeks; delistings need "
                f"{2 * rule.window_weeks + rule.silent_weeks}. Next: bring a longer history."
            )
        window = {"window": rule.window_weeks}
        silent = {"silent": rule.silent_weeks, "last": last, "weeks_from": rule.weeks_from}
        engine.execute(_ENDS, window | silent | {"lines": rule.least_lines, "departments": [*rule.departments]})
        engine.execute(_BUYERS, window)
        launch = {"launch": rule.launch_weeks, "lines": rule.least_lines}
        registry = engine.execute(_REGISTRY, window | launch).df()
        registry["reason"] = _reasons(registry, rule)
        buyers = engine.execute("SELECT sku, customer_id FROM buyers WHERE is_continuing ORDER BY ALL").df()
        engine.register("kept", registry.loc[registry["reason"] == REASONS[-1], ["category"]])
        lines = engine.execute(_LINES).df()
    return Delistings(registry, buyers, lines)


def _reasons(registry: pd.DataFrame, rule: DelistingRule) -> list[str]:
    failed = (
        registry["repeat_buyers"] < rule.least_buyers,
        registry["continuing_buyers"] < rule.least_buyers,
        registry["launches"] > 0,
    )
    return [str(reason) for reason in np.select([each.to_numpy() for each in failed], REASONS[:3], REASONS[3])]


def diversion(found: Delistings, sku: str, rule: DelistingRule, resamples: int, seed: int) -> Diversion:
    """Lines of other SKUs of its category by its buyers: after the end less before it, over lines of the SKU before.

    What the category did meanwhile is taken off: other households' ratio of after to before scales what buyers would
    have bought of other SKUs anyway. Households are resampled (buyers; the ratio is kept).
    """
    row = found.registry[found.registry["sku"] == sku]
    end, category = int(row["last_week"].to_numpy()[0]), str(row["category"].to_numpy()[0])
    lines = found.lines[found.lines["category"] == category]
    buyers = found.buyers.loc[found.buyers["sku"] == sku, "customer_id"].unique()
    before = lines["week"].between(end - rule.window_weeks + 1, end)
    after = lines["week"].between(end + 1, end + rule.window_weeks)
    is_own, is_buyer = lines["sku"] == sku, lines["customer_id"].isin(buyers)
    others_before = int((before & ~is_buyer & ~is_own).sum())
    trend = float((after & ~is_buyer & ~is_own).sum() / others_before) if others_before else 1.0

    def counted(rows: pd.Series) -> Floats:
        counts = lines.loc[rows & is_buyer, "customer_id"].value_counts()
        return np.asarray(counts.reindex(buyers, fill_value=0).to_numpy(), dtype=np.float64)

    own, there, then = counted(before & is_own), counted(before & ~is_own), counted(after & ~is_own)
    gained = then - trend * there
    draws = np.random.default_rng(seed).integers(len(buyers), size=(resamples, len(buyers)))
    lost = np.maximum(own[draws].sum(axis=1), 1.0)
    low, high = np.percentile(gained[draws].sum(axis=1) / lost, [2.5, 97.5])
    share = float(gained.sum() / max(own.sum(), 1.0))
    return Diversion(len(buyers), int(own.sum()), share, float(low), float(high))


_BOUGHT = f"""
CREATE TEMP TABLE bought AS
SELECT customer_id, basket_id, sku, department, category, subcategory, brand, name,
       CAST(floor((epoch(bought_at) - epoch($1::TIMESTAMP)) / {WEEK_SECONDS}) AS INTEGER) + 1 AS week
FROM purchases JOIN skus USING (sku) WHERE customer_id IS NOT NULL
"""

_ENDS = f"""
CREATE TEMP TABLE ends AS
WITH last_sales AS (SELECT sku, max(week) AS last_week FROM bought GROUP BY sku),
told AS (
    SELECT sku, max(floor((epoch("from") - epoch($weeks_from::TIMESTAMP)) / {WEEK_SECONDS}) + 1) AS last_told
    FROM promotions GROUP BY sku
)
SELECT sku, last_week, count(*) AS lines,
       count(*) FILTER (week > last_week - $window / 2) AS late_lines
FROM bought JOIN last_sales USING (sku) LEFT JOIN told USING (sku)
WHERE week > last_week - $window AND last_week > 2 * $window AND last_week + $silent <= $last
  AND coalesce(last_told, 0) <= last_week AND list_contains($departments, department)
GROUP BY sku, last_week
HAVING count(*) >= $lines AND 3 * late_lines >= count(*)
"""
"""Half as many in the second half as in the first: a third of all."""

_BUYERS = """
CREATE TEMP TABLE buyers AS
WITH repeat AS (
    SELECT sku, last_week, customer_id FROM bought JOIN ends USING (sku)
    WHERE week <= last_week - $window
    GROUP BY sku, last_week, customer_id HAVING count(DISTINCT basket_id) >= 2
)
SELECT sku, customer_id, EXISTS (
    FROM bought AS later
    WHERE later.customer_id = repeat.customer_id AND later.week > last_week AND later.week <= last_week + $window
) AS is_continuing
FROM repeat
"""

_REGISTRY = """
WITH first_sales AS (SELECT sku, min(week) AS first_week FROM bought GROUP BY sku),
launched AS (
    SELECT sku, brand, subcategory, first_week FROM bought JOIN first_sales USING (sku)
    WHERE week < first_week + $window GROUP BY ALL HAVING count(*) >= $lines
),
counted AS (
    SELECT sku, count(*) AS repeat_buyers, count(*) FILTER (is_continuing) AS continuing_buyers
    FROM buyers GROUP BY sku
)
SELECT sku, any_value(name) AS name, any_value(category) AS category, last_week, any_value(ends.lines) AS lines,
       coalesce(any_value(repeat_buyers), 0) AS repeat_buyers,
       coalesce(any_value(continuing_buyers), 0) AS continuing_buyers,
       (SELECT count(*) FROM launched
        WHERE launched.brand = any_value(skus.brand) AND launched.subcategory = any_value(skus.subcategory)
          AND abs(launched.first_week - last_week) <= $launch) AS launches
FROM ends JOIN skus USING (sku) LEFT JOIN counted USING (sku)
GROUP BY sku, last_week ORDER BY sku
"""

_LINES = """
SELECT week, customer_id, sku, category FROM bought WHERE category IN (SELECT category FROM kept) ORDER BY ALL
"""
