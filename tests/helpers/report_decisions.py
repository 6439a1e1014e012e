"""The decisions of an invented run, worked out from the planted category: transfer, worth, intervals."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.helpers.planted_category import BRANDS, CLUSTERS, NEEDS, SKUS, Category, Flags, Floats, category, shares

WEEKS = 13
DRAWS = 24
WALKS_WIDTH = 6.0
MUST, BANNED, BRAND_RULE = "must-carry-1003", "ban-1017", "own-brand-minimum"
SUPPLIERS = {"Harbour": "s-harbour", "Meridian": "s-meridian", "Copper Kettle": "s-kettle", "Nordlys": "s-nordlys"}


@cache
def decisions(seed: int = 11) -> pd.DataFrame:
    """A row a SKU and cluster, as the declared table asks for; nobody may change it."""
    shelf = category()
    random = np.random.default_rng(seed)
    return pd.concat([_of_cluster(shelf, at, random) for at in range(len(CLUSTERS))], ignore_index=True)


def _of_cluster(shelf: Category, at: int, random: np.random.Generator) -> pd.DataFrame:
    now, proposed = shelf.listed_now[at], shelf.listed[at]
    drawn = shelf.weight * np.exp(random.normal(0, 0.35, (DRAWS, 1, SKUS)))
    worth, units_now, units = _worth(shelf, at, shelf.weight), _units(shelf, at, now), _units(shelf, at, proposed)
    worths = np.array([_worth(shelf, at, weight) for weight in drawn])
    profits = np.array([_units(shelf, at, proposed, weight) * shelf.margin_cents for weight in drawn])
    goes = _transfer(shelf, at)
    order = np.argsort(-goes[:, :SKUS], axis=1)[:, :3]
    walk = goes[:, SKUS] * 100
    profit = np.where(proposed, np.rint(units * shelf.margin_cents), 0)
    decision, partner = _decided(now, proposed, worth, shelf.need)
    stores = list(CLUSTERS.values())[at][1]
    rate = np.where(proposed, units, units.mean()) / WEEKS / stores
    brand = [BRANDS[code] for code in shelf.brand]
    facings = np.where(proposed, np.clip(np.rint(rate / 6), 1, 5), 0).astype(int)
    rules = [_rule(sku, name, choice) for sku, name, choice in zip(shelf.skus, brand, decision, strict=True)]
    table = {
        "cluster": list(CLUSTERS)[at],
        "sku": shelf.skus,
        "name": shelf.names,
        "brand": brand,
        "need_state": [list(NEEDS)[code] for code in shelf.need],
        "party": "chain",
        "decision": decision,
        "swap_partner": [None if other < 0 else shelf.skus[other] for other in partner],
        "is_listed_now": now,
        "is_listed_proposed": proposed,
        "rate_of_sale_units": rate,
        "incremental_percent": walk,
        "transferable_percent": 100 - walk,
        **{f"destination_{n + 1}": [shelf.skus[i] for i in order[:, n]] for n in range(3)},
        **{f"destination_{n + 1}_percent": goes[np.arange(SKUS), order[:, n]] * 100 for n in range(3)},
        "walk_low_percent": np.maximum(walk - WALKS_WIDTH, 0),
        "walk_high_percent": np.minimum(walk + WALKS_WIDTH, 100),
        "loyal_buyers": random.integers(4, 900, SKUS),
        "facings_now": np.where(now, np.maximum(facings, 1), 0),
        "facings": facings,
        "days_of_supply": np.where(proposed, facings * 12 / rate * 7, np.nan),
        "sales_per_metre_cents": np.rint(rate * shelf.price_cents / np.maximum(facings, 1) / 0.09).astype(int),
        "supplier": [SUPPLIERS.get(name, "s-own") for name in brand],
        "unit_cost_cents": shelf.cost_cents,
        "price_cents": shelf.price_cents,
        "units_now": units_now,
        "units_proposed": units,
        "sales_now_cents": np.rint(units_now * shelf.price_cents).astype(int),
        "sales_proposed_cents": np.rint(units * shelf.price_cents).astype(int),
        "profit_now_cents": np.rint(units_now * shelf.margin_cents).astype(int),
        "profit_proposed_cents": profit.astype(int),
        **_interval("profit", profits, profit),
        "worth_cents": np.rint(worth).astype(int),
        **_interval("worth", worths, np.rint(worth)),
        "confidence_percent": (worths > 0).mean(axis=0) * 100,
        "binding_rule": rules,
        "shadow_price_cents": [None if rule else round(_place(shelf, at, shelf.weight)) for rule in rules],
    }
    rows = pd.DataFrame(table)
    return rows.assign(**_words(rows))


def _interval(what: str, draws: Floats, middle: Floats) -> dict[str, Floats]:
    low, high = np.quantile(draws, (0.1, 0.9), axis=0)
    return {
        f"{what}_low_cents": np.rint(np.minimum(low, middle)).astype(int),
        f"{what}_high_cents": np.rint(np.maximum(high, middle)).astype(int),
    }


def _units(shelf: Category, at: int, listed: Flags, weight: Floats | None = None) -> Floats:
    weight = shelf.weight if weight is None else weight
    result: Floats = shares(weight, shelf.mix[at], listed) * shelf.visits[at]
    return result


def _gain(shelf: Category, at: int, weight: Floats) -> Floats:
    """Profit with each SKU − without it, cents, the others as proposed."""
    listed, gain = shelf.listed[at], np.empty(SKUS)
    for i in range(SKUS):
        alone = np.arange(SKUS) == i
        with_it, without = listed | alone, listed & ~alone
        gain[i] = (_units(shelf, at, with_it, weight) - _units(shelf, at, without, weight)) @ shelf.margin_cents
    return gain


def _place(shelf: Category, at: int, weight: Floats) -> float:
    """What one more place would bring: the best SKU that is not listed."""
    return float(_gain(shelf, at, weight)[~shelf.listed[at]].max())


def _worth(shelf: Category, at: int, weight: Floats) -> Floats:
    """Of a listed SKU: against the best in its place; of another: against taking the place of the weakest."""
    listed, gain = shelf.listed[at], _gain(shelf, at, weight)
    result: Floats = np.where(listed, gain - gain[~listed].max(), gain[listed].min() - gain)
    return result


def _transfer(shelf: Category, at: int) -> Floats:
    """(n, n + 1): where the demand of each SKU goes without it; the last column walks."""
    listed, goes = shelf.listed[at], np.zeros((SKUS, SKUS + 1))
    for i in range(SKUS):
        alone = np.arange(SKUS) == i
        with_it, without = _units(shelf, at, listed | alone), _units(shelf, at, listed & ~alone)
        goes[i, :SKUS] = np.where(alone, 0, (without - with_it) / with_it[i])
        goes[i, SKUS] = 1 - goes[i, :SKUS].sum()
    return goes


def _decided(now: Flags, proposed: Flags, worth: Floats, need: NDArray[np.int64]) -> tuple[list[str], list[int]]:
    words = {(True, True): "keep", (False, True): "add", (True, False): "delist", (False, False): "leave"}
    decision = [words[bool(was), bool(will)] for was, will in zip(now, proposed, strict=True)]
    partner = [-1] * SKUS
    for out in np.flatnonzero(now & ~proposed):
        coming = [i for i in np.flatnonzero(~now & proposed) if need[i] == need[out] and partner[i] < 0]
        if coming:
            best = max(coming, key=lambda i: worth[i])
            decision[out] = decision[best] = "swap"
            partner[out], partner[best] = int(best), int(out)
    return decision, partner


def _rule(sku: str, brand: str, decision: str) -> str | None:
    if sku == "sku-1003" and decision in {"keep", "add"}:
        return MUST
    if sku == "sku-1017" and decision in {"delist", "leave"}:
        return BANNED
    return BRAND_RULE if brand == "Own brand" and decision == "add" else None


def _words(rows: pd.DataFrame) -> dict[str, list[str]]:
    told = [_told({str(name): value for name, value in row.items()}) for row in rows.to_dict("records")]
    return {
        "reason": [sentence for sentence, _, _ in told],
        "reason_codes": [codes for _, codes, _ in told],
        "what_would_change_it": [change for _, _, change in told],
    }


def _told(row: dict[str, Any]) -> tuple[str, str, str]:
    stays, walks = row["transferable_percent"], row["incremental_percent"]
    rule = {MUST: " MUST_CARRY", BANNED: " BANNED", BRAND_RULE: " BRAND_MINIMUM"}.get(row["binding_rule"], "")
    if row["is_listed_proposed"]:
        sentence = (
            f"Sells {row['rate_of_sale_units']:.1f} a store a week, and {walks:.0f} % of that would leave the category."
        )
        change = f"A margin lower by {abs(row['worth_cents']) / 100 / max(row['units_proposed'], 1):.2f} a unit."
        code = "INCREMENTAL" if walks > 45 else "FAST"
        return sentence, ("MARGIN " if row["decision"] == "add" else "") + code + rule, change
    sentence = f"{stays:.0f} % of its demand moves to {row['destination_1']} and others; they are worth its place."
    return sentence, "DUPLICATE SPACE" + rule, "Two more places on this shelf, or a cost lower by 8 %."
