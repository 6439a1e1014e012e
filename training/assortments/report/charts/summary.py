"""First screen: what the proposal earns in each cluster, and what it changes there."""

from collections.abc import Iterator

import pandas as pd

from training.assortments.report.charts.drawing import (
    BAD,
    INK,
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
from training.assortments.report.writing import change_percent

CHANGES = {"add": STRONG, "swap": WARM, "delist": BAD}


def drawn(report: AssortmentReport, names: Names) -> Iterator[Chart]:
    yield _profit(report.tables["clusters"], report.run.money_words)
    yield _changes(report.decisions, names)


def _profit(clusters: pd.DataFrame, currency: str) -> Chart:
    drawing = figure(height=0.9 + 0.42 * len(clusters))
    axes = drawing.subplots()
    now, then = clusters["profit_now_cents"].astype(float) / 100, clusters["profit_proposed_cents"].astype(float) / 100
    at = range(len(clusters))
    axes.hlines(at, now, then, color=SOFT, linewidth=2.5)
    axes.scatter(now, at, s=46, facecolor="white", edgecolor=INK, linewidth=1.3, zorder=3, label="now")
    axes.scatter(then, at, s=52, color=STRONG, zorder=3, label="proposed")
    for row, (before, after) in enumerate(zip(now, then, strict=True)):
        note(axes, max(before, after), row, change_percent(before, after), shift=8)
    rows_of(axes, clusters["name"])
    axes.margins(x=0.14)
    amounts(axes)
    axes.set_xlabel(f"profit over the horizon, {currency}")
    clean(axes)
    legend(axes)
    return chart(
        drawing, "Profit by cluster", "Profit of each cluster now and as proposed, with the change in per cent."
    )


def _changes(decisions: pd.DataFrame, names: Names) -> Chart:
    counts = pd.crosstab(decisions["cluster"], decisions["decision"]).reindex(list(names.clusters), fill_value=0)
    drawing = figure(height=0.9 + 0.42 * len(counts))
    axes = drawing.subplots()
    before = pd.Series(0, index=counts.index)
    for decision, colour in CHANGES.items():
        width = counts.get(decision, before * 0)
        axes.barh(range(len(counts)), width, left=before, height=0.62, color=colour, label=decision)
        for row, (start, size) in enumerate(zip(before, width, strict=True)):
            if size:
                axes.text(start + size / 2, row, f"{size}", ha="center", va="center", color="white", fontsize=9)
        before = before + width
    kept = counts.get("keep", before * 0)
    for row, (end, stay) in enumerate(zip(before, kept, strict=True)):
        note(axes, end, row, f"{stay} kept")
    rows_of(axes, [names.clusters[cluster] for cluster in counts.index])
    axes.margins(x=0.2)
    axes.set_xlabel("SKUs")
    clean(axes)
    legend(axes)
    return chart(
        drawing, "Changes by cluster", "How many SKUs each cluster adds, swaps and delists, and how many it keeps."
    )
