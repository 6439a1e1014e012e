"""What the first screen says before any table: the gain, its interval, the proof, the three biggest moves."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from training.assortments.report.columns import Kind
from training.assortments.report.report import AssortmentReport
from training.assortments.report.screens.summary import MONEY_MEASURES, OTHER_MEASURES
from training.assortments.report.writing import change_percent, gain, money, written

MOVES = 3

_FORMS = {"units": Kind.COUNT, "skus": Kind.COUNT, "listings": Kind.COUNT, "gmroi": Kind.NUMBER, "space": Kind.CM}


@dataclass(frozen=True, slots=True)
class Card:
    """A measure: now → proposed, its change and the interval of the proposal, written; `names` say the columns."""

    measure: str
    title: str
    now: str
    proposed: str
    change: str
    low: str
    high: str
    is_money: bool


@dataclass(frozen=True, slots=True)
class Headline:
    gain: str
    gain_percent: str
    gain_low: str
    gain_high: str
    cards: tuple[Card, ...]
    moves: tuple[dict[str, Any], ...]
    changes: int


def headline(report: AssortmentReport) -> Headline:
    money_rows = {row["measure"]: row for row in report.tables["summary_money"].to_dict("records")}
    profit = money_rows["profit"]
    now, then = int(profit["now_cents"]), int(profit["proposed_cents"])
    low, high = profit["change_low_cents"], profit["change_high_cents"]
    return Headline(
        gain(then - now),
        change_percent(now, then),
        "" if pd.isna(low) else gain(int(low)),
        "" if pd.isna(high) else gain(int(high)),
        (*_money_cards(report.tables["summary_money"]), *_other_cards(report.tables["summary_measures"])),
        moves(report.decisions),
        int(report.decisions["decision"].isin(["add", "delist", "swap"]).sum()),
    )


def moves(decisions: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """The three changes that are worth most; of the two halves of a swap, the one that comes in."""
    changes = decisions[is_change(decisions)]
    rows = changes.sort_values("worth_cents", ascending=False, kind="stable").head(MOVES).to_dict("records")
    return tuple({str(name): None if pd.isna(value) else value for name, value in row.items()} for row in rows)


def is_change(decisions: pd.DataFrame) -> pd.Series:
    """Adds, delistings, and of a swap the half that comes in."""
    swaps = (decisions["decision"] == "swap") & decisions["is_listed_proposed"]
    return swaps | decisions["decision"].isin(["add", "delist"])


def _money_cards(rows: pd.DataFrame) -> list[Card]:
    order = ["profit", *(name for name in MONEY_MEASURES if name != "profit")]
    rows = rows.set_index("measure")
    return [
        Card(
            name,
            MONEY_MEASURES[name],
            _amount(rows["now_cents"][name]),
            _amount(rows["proposed_cents"][name]),
            change_percent(float(rows["now_cents"][name]), float(rows["proposed_cents"][name])),
            _amount(rows["low_cents"][name]),
            _amount(rows["high_cents"][name]),
            is_money=True,
        )
        for name in order
        if name in rows.index
    ]


def _other_cards(rows: pd.DataFrame) -> list[Card]:
    rows = rows.set_index("measure")
    return [
        Card(
            name,
            title,
            _shown(name, rows["now"][name]),
            _shown(name, rows["proposed"][name]),
            change_percent(float(rows["now"][name]), float(rows["proposed"][name])),
            _shown(name, rows["low"][name]),
            _shown(name, rows["high"][name]),
            is_money=False,
        )
        for name, title in OTHER_MEASURES.items()
        if name in rows.index
    ]


def _amount(cents: Any) -> str:  # noqa: ANN401  # what a nullable column holds
    return "" if pd.isna(cents) else money(int(cents))


def _shown(measure: str, value: Any) -> str:  # noqa: ANN401  # what a nullable column holds
    kind = _FORMS[measure]
    if pd.isna(value):
        return ""
    return written(kind, round(value) if kind is Kind.COUNT else value)
