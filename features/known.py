"""What is known strictly before a cutoff: the only tables that a feature family may look at."""

from dataclasses import dataclass
from pathlib import Path

import ibis
from ibis import Table
from ibis.backends.duckdb import Backend

from features.clock import DAY_SECONDS, EPOCH, Cutoff

_NEGLIGIBLE = 1e-9
"""Units that rounding leaves of a line that came back whole."""


@dataclass(frozen=True, slots=True)
class Known:
    """Tables as of a cutoff.

    purchases   one purchased line before the cutoff, less what came back of it before the cutoff, with its
                SKU's brand and category levels, and `age_days` (> 0): how long before the cutoff it was bought
    visits      one row per customer, SKU and basket: `age_days`, `units`
    promotions  promotions that were running at the cutoff (begun before it, ending after it), or,
                with a promotion plan, announced for the days after it
    """

    cutoff: Cutoff
    purchases: Table
    visits: Table
    promotions: Table


def kept_before(purchases: Table, returns: Table, cutoff: Cutoff) -> Table:
    """Purchased lines less what came back before the cutoff; lines that came back whole are left out.

    A line that came back at or after the cutoff is as it was bought.
    """
    at = ibis.literal(cutoff.at, type="timestamp(6)")
    back = (
        returns.filter(returns.returned_at < at)
        .group_by(back_basket=returns.basket_id, back_line=returns.line)
        .agg(units_back=ibis._.units.sum(), paid_back=ibis._.paid.sum())
    )
    joined = purchases.left_join(back, [purchases.basket_id == back.back_basket, purchases.line == back.back_line])
    units = joined.units - joined.units_back.fill_null(0.0)
    paid = joined.paid.cast("float64") - joined.paid_back.cast("float64").fill_null(0.0)
    kept = joined.filter(joined.units_back.isnull() | (units > _NEGLIGIBLE))
    # No `greatest`: engines differ in whether it is null where one of its arguments is.
    return kept.mutate(units=units, paid=ibis.ifelse(paid < 0, 0, paid)).select(*purchases.columns)


def purchases_before(purchases: Table, skus: Table, cutoff: Cutoff) -> Table:
    """Purchased lines before the cutoff, with brand and category levels and `age_days`."""
    at = ibis.literal(cutoff.at, type="timestamp(6)")
    # Seconds first, then days: an age of whole days is a whole number, so that the edges of windows are sharp.
    cutoff_seconds = (cutoff.at - EPOCH).total_seconds()
    attributes = skus.select("sku", "brand", "department", "category", "subcategory")
    return (
        purchases.filter(purchases.bought_at < at)
        .left_join(attributes, "sku")
        .drop("sku_right")
        .mutate(
            age_days=(cutoff_seconds - ibis._.bought_at.epoch_seconds()) / DAY_SECONDS,
            paid=ibis._.paid.cast("float64"),
            list_price=ibis._.list_price.cast("float64"),
        )
        .select(
            "customer_id",
            "basket_id",
            "channel",
            "store_id",
            "sku",
            "age_days",
            "units",
            "paid",
            "list_price",
            "brand",
            "department",
            "category",
            "subcategory",
        )
    )


def visits_of(purchases: Table) -> Table:
    """One row per (customer, SKU, basket) of the customers that we know."""
    return (
        purchases.filter(purchases.customer_id.notnull())
        .group_by("customer_id", "sku", "basket_id")
        .agg(age_days=ibis._.age_days.min(), units=ibis._.units.sum())
    )


def promotions_at(promotions: Table, cutoff: Cutoff, plan_days: float = 0.0) -> Table:
    """Promotions running at the cutoff; with `plan_days` > 0, those that touch the days after it."""
    start = ibis.literal(cutoff.at, type="timestamp(6)")
    horizon = ibis.literal(cutoff.plus_days(plan_days).at, type="timestamp(6)")
    return promotions.filter((promotions["from"] < horizon) & (promotions["to"] > start))


def known_before(
    engine: Backend, tables: Path, cutoff: Cutoff, plan_days: float = 0.0, purchases: Path | None = None
) -> Known:
    """Materialise what is known before the cutoff from a warehouse folder's Parquet files.

    `purchases`: those under the customers known at the cutoff, in place of the folder's own.
    """
    skus = engine.read_parquet(tables / "skus.parquet")
    bought = engine.read_parquet(purchases or tables / "purchases.parquet")
    returns = engine.read_parquet(tables / "returns.parquet")
    lines = purchases_before(kept_before(bought, returns, cutoff), skus, cutoff)
    known = engine.create_table("known_purchases", lines, temp=True)
    visits = engine.create_table("known_visits", visits_of(known), temp=True)
    running = promotions_at(engine.read_parquet(tables / "promotions.parquet"), cutoff, plan_days)
    promotions = engine.create_table("known_promotions", running, temp=True)
    return Known(cutoff, known, visits, promotions)
