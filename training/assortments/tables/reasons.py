"""Why a decision was made, in a sentence and as codes, and the smallest change that would turn it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.assortments.report.writing import money
from training.assortments.stages.rules import FEW_STORES

MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Ground:
    """What reasons of a cluster are told from.

    place_cents  what one more place on its shelf would be worth
    is_full      whether it may change no more SKUs
    full_code    what limits its list: SPACE or SKU_LIMIT
    fits         SKUs that are not listed and for which there would be room
    carried      SKU -> how many stores carry it now, of `stores`
    title        SKU -> name
    """

    place_cents: float
    is_full: bool
    full_code: str
    fits: frozenset[str]
    carried: Mapping[str, int]
    stores: int
    title: Mapping[str, str]


def words(row: Mapping[str, Any], ground: Ground) -> tuple[str, str, str]:
    """Reason, codes, and what would change it, of a row of decisions; None where it has no value."""
    said, code = _reason(row, ground)
    partner = row["swap_partner"]
    if partner:
        said += f" It is swapped with {ground.title.get(partner, partner)}."
    if row["decision"] == "leave" and row["stores_now"]:
        said += f" {_carrying(int(row['stores_now']))} it now and would give it up."
    return said, code, _turn(row, ground)


def _carrying(stores: int) -> str:
    return "One of the cluster's stores carries" if stores == 1 else f"{stores} of the cluster's stores carry"


def _reason(row: Mapping[str, Any], ground: Ground) -> tuple[str, str]:
    rule = row["binding_rule"]
    if rule == FEW_STORES:
        carried = ground.carried[row["sku"]]
        return (
            f"{carried} of {ground.stores} stores carry it: too few to tell what the others would sell.",
            "FEW_STORES",
        )
    if rule:
        return f"The rule “{rule}” decides.", _rule_code(str(rule))
    return _listed(row, ground) if row["is_listed_proposed"] else _not_listed(row, ground)


def _listed(row: Mapping[str, Any], ground: Ground) -> tuple[str, str]:
    walks, worth, place = float(row["incremental_percent"]), int(row["worth_cents"]), ground.place_cents
    if worth < 0 and ground.is_full:
        return (
            f"The cluster would earn {money(-worth)} more without it: only the limit on changes keeps it.",
            "CHANGE_LIMIT",
        )
    if worth < 0:
        return f"It loses {money(-worth)} here; its order is bought for the lists as a whole.", "SLOW"
    if walks >= 100 * MOSTLY:
        return f"{walks:.0f} % of its demand would leave the category without it.", "INCREMENTAL"
    if worth < place and ground.is_full:
        better = f"another SKU would add {money(round(place))} in its place, which the limit on changes forbids"
        return f"The cluster would lose {money(worth)} without it; {better}.", "CHANGE_LIMIT"
    if worth < place:
        return f"The cluster would lose {money(worth)} without it.", "FAST"
    return f"It earns more than what would take its place: the cluster would lose {money(worth)} without it.", "MARGIN"


def _not_listed(row: Mapping[str, Any], ground: Ground) -> tuple[str, str]:
    walks, worth = float(row["incremental_percent"]), int(row["worth_cents"])
    if worth < 0:
        adds = f"It would add {money(-worth)}"
        if row["sku"] not in ground.fits:
            return f"{adds}, but what stands on the shelf earns more with its place.", ground.full_code
        if ground.is_full and not row["is_listed_now"]:
            return f"{adds}, but as many SKUs change as may.", "CHANGE_LIMIT"
        return f"{adds}, which does not pay for ordering it at all: its minimum, and packs beyond demand.", "SKU_COST"
    cost, price = row["unit_cost_cents"], row["price_cents"]
    if cost is not None and price is not None and cost > price:
        return f"A unit costs {money(round(cost))} and sells for {money(round(price))}.", "MARGIN"
    goes_to = ground.title.get(row["destination_1"])
    said = f"{100 - walks:.0f} % of its demand goes to other SKUs" + (f", most to {goes_to}." if goes_to else ".")
    return said, "DUPLICATE" if walks < 100 * MOSTLY else "SLOW"


def _turn(row: Mapping[str, Any], ground: Ground) -> str:
    """The smallest change that would turn the decision."""
    if row["binding_rule"] == FEW_STORES:
        return "It would be weighed once more stores carry it: try it in test stores first."
    worth, place = int(row["worth_cents"]), round(ground.place_cents)
    if row["is_listed_proposed"]:
        return _would_go(row, worth, place, is_full=ground.is_full)
    if worth < 0 and row["sku"] in ground.fits:
        is_late = ground.is_full and not row["is_listed_now"]
        return f"It would come with {'one more change' if is_late else 'a smaller minimum or pack'}."
    if worth < 0:
        return f"It would come with one more place, or if it earned {money(max(place + worth, 0))} more here."
    return f"It would come if it earned {money(worth + place)} more here over the weeks planned."


def _would_go(row: Mapping[str, Any], worth: int, place: int, *, is_full: bool) -> str:
    own = int(row["profit_proposed_cents"])
    if row["binding_rule"]:
        return "It would go without the rule that keeps it."
    if worth < place and is_full:
        return "It would go if one more change were allowed."
    if own > 0 and worth >= place:
        return f"It would go if a unit earned {min((worth - place) / own, 1.0):.0%} less, all else equal."
    return "It would go if what keeps the list as it is fell away: its order, or the shelf."


def _rule_code(rule: str) -> str:
    kinds = {"must-carry": "MUST_CARRY", "ban": "BANNED", "override": "OVERRIDE", "brand": "BRAND_MINIMUM"}
    return next((code for start, code in kinds.items() if rule.startswith(start)), "CHANGE_LIMIT")
