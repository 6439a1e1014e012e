"""Suppliers: spend and the way to the next tier; what pooling saves whom."""

from collections.abc import Iterator

import pandas as pd

from training.assortments.report.charts.drawing import (
    GRID,
    SOFT,
    STRONG,
    WARM,
    Chart,
    amounts,
    chart,
    clean,
    figure,
    legend,
    note,
    rows_of,
)  # fmt: skip
from training.assortments.report.names import Names
from training.assortments.report.report import AssortmentReport
from training.assortments.report.writing import money

MOST = 20


def drawn(report: AssortmentReport, names: Names) -> Iterator[Chart]:  # noqa: ARG001  # as in every screen's file
    if len(report.tables["suppliers"]):
        yield _tiers(report.tables["suppliers"], report.run.money_words)
    if len(report.tables["parties"]):
        yield _parties(report.tables["parties"], report.run.money_words)


def _tiers(suppliers: pd.DataFrame, currency: str) -> Chart:
    shown = suppliers.sort_values("spend_cents", ascending=False).head(MOST)
    drawing = figure(height=0.9 + 0.46 * len(shown))
    axes = drawing.subplots()
    spend, missing = shown["spend_cents"].astype(float) / 100, shown["next_tier_cents"].fillna(0).astype(float) / 100
    at = range(len(shown))
    axes.barh(at, spend, height=0.62, color=STRONG, label="spend")
    axes.barh(at, missing, left=spend, height=0.62, color=GRID, hatch="///", edgecolor=SOFT, label="to the next tier")
    told = zip(spend + missing, shown["tier"], shown["discount_percent"], strict=True)
    for row, (end, tier, discount) in enumerate(told):
        note(axes, end, row, f"tier {tier}, {discount:.1f} %" if tier else "first tier")
    rows_of(axes, shown["name"])
    axes.margins(x=0.2)
    amounts(axes)
    axes.set_xlabel(currency)
    clean(axes)
    legend(axes)
    return chart(
        drawing, "Spend and tiers", "Spend with each supplier, what is missing to its next tier, and the tier reached."
    )


def _parties(parties: pd.DataFrame, currency: str) -> Chart:
    drawing = figure(height=1.0 + 0.8 * len(parties))
    axes = drawing.subplots()
    for offset, column, colour, name in ((-0.2, "alone_cents", SOFT, "alone"), (0.2, "pooled_cents", STRONG, "pooled")):
        at = [row + offset for row in range(len(parties))]
        axes.barh(at, parties[column].astype(float) / 100, height=0.36, color=colour, label=name)
    for row, (end, saving) in enumerate(zip(parties["alone_cents"], parties["saving_cents"], strict=True)):
        axes.annotate(
            f"saves {money(int(saving))}", (end / 100, row), xytext=(6, 0), textcoords="offset points", va="center",
            fontsize=9, color=WARM, fontweight="bold",
        )  # fmt: skip
    rows_of(axes, parties["party"])
    axes.margins(x=0.3)
    amounts(axes)
    axes.set_xlabel(currency)
    clean(axes)
    legend(axes)
    return chart(drawing, "Alone and pooled", "What each party pays alone and pooled, and what it saves.")
