"""Supplier terms of a run: who buys for which stores, and the order (P2) beside the lists (P1)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.errors import DataError
from features.past import Past
from features.sql import instant
from training.assortments.optimiser.problem import AssortmentProblem, Codes, Floats
from training.assortments.stages.scope import Scope
from training.assortments.supply.alternate import Joined
from training.assortments.supply.from_tables import Wishes, from_tables
from training.assortments.supply.problem import OrderProblem

GROUPS = 2
"""Buying groups that are pooled at most."""
LEFT_OVER_LOSS = 0.3
"""Of its cost, what a unit that is left over loses: markdown and holding. The rest sells after the horizon."""
ORDERED_WEEKS = 52
"""Weeks before the cutoff that tell which part of a supplier's orders is the category's."""
EVERYBODY = "all"


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What suppliers ask for the SKUs of a run.

    supply  P2 without a demand of its own; SKUs without a price are not in it, nor such as nobody supplies
    names   suppliers' names; `notes` say what had to be left out
    """

    supply: OrderProblem
    names: Mapping[str, str]
    notes: tuple[str, ...]

    def joined(self, scope: Scope, label: Codes, sold: Floats, problem: AssortmentProblem) -> Joined:
        """P1 and P2 for stores in clusters, by label (S,); `sold` (S,) are units of each store."""
        price = scope.catalogue["price_cents"].to_numpy(dtype=np.float64)
        supplied = np.isin(np.array(problem.skus, dtype=object), self.supply.skus)
        margin = np.where(supplied, np.nan_to_num(price), problem.unit_profit_cents)
        part = cluster_parts(scope, label, sold, self.supply.retailers)
        return Joined(problem, margin, self.supply, part, LEFT_OVER_LOSS)


def terms(past: Past, scope: Scope) -> Terms:
    """The terms of the SKUs that have a price; the others keep the cost that is known or assumed.

    Raises DataError where there are no terms, or where stores belong to more groups than can be pooled.
    """
    groups = buying_groups(scope)
    skus = scope.catalogue["sku"][scope.catalogue["price_cents"].notna().to_numpy()]
    demand = pd.DataFrame([{"buying_group": group, "sku": sku, "units": 1.0} for group in groups for sku in skus])
    if demand.empty:
        raise DataError("prices: no SKU has a price, so that no order can be weighed. Next: bring prices.")
    supply, notes = from_tables(past, Wishes(demand, order_part=order_parts(past, scope)))
    return Terms(supply, _names(past), notes)


def buying_groups(scope: Scope) -> tuple[str, ...]:
    """Those that stores belong to; where no store says so, those that terms name."""
    known = tuple(sorted(set(scope.shops["buying_group"].dropna())))
    return known or scope.groups[:GROUPS] or (EVERYBODY,)


def cluster_parts(scope: Scope, label: Codes, sold: Floats, groups: tuple[str, ...]) -> Floats:
    """(C, R) of a cluster's units, what each group buys; a store of no known group counts for each in equal parts."""
    of_store = np.array([scope.shops["buying_group"] == group for group in groups], dtype=np.float64).T
    unknown = of_store.sum(axis=1) == 0
    of_store[unknown] = 1 / len(groups)
    weight, count = np.maximum(sold, 1e-9), int(label.max()) + 1
    totals = np.array([np.bincount(label, weight * share, minlength=count) for share in of_store.T]).T
    return np.asarray(totals / totals.sum(axis=1, keepdims=True))


def order_parts(past: Past, scope: Scope) -> dict[str, float]:
    """Supplier -> the planned SKUs' part of the units that these stores sold of all that it supplies.

    An order to a supplier holds more than one category, and its minimum and fixed cost are borne by all of it.
    """
    since = scope.cutoff.minus_days(7 * ORDERED_WEEKS)
    with past.session() as connection:
        connection.register("planned", scope.catalogue[["sku"]])
        connection.register("shops", scope.shops[["store_id"]])
        found = connection.execute(
            f"""WITH sold AS (
                SELECT sku, sum(units) AS units FROM purchases SEMI JOIN shops USING (store_id)
                WHERE bought_at >= {instant(since.at)} GROUP BY sku),
            offered AS (SELECT DISTINCT supplier, sku FROM supplier_terms)
            SELECT supplier, coalesce(sum(units) FILTER (sku IN (SELECT sku FROM planned)), 0) / sum(units)
            FROM offered JOIN sold USING (sku) GROUP BY supplier HAVING sum(units) > 0"""
        ).fetchall()
    return {str(supplier): min(float(part), 1.0) for supplier, part in found}


def _names(past: Past) -> dict[str, str]:
    with past.session() as connection:
        found = connection.execute(
            "SELECT supplier, coalesce(min(name), supplier) AS name FROM suppliers GROUP BY supplier"
        ).fetchall()
    return {str(supplier): str(name) for supplier, name in found}
