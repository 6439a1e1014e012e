"""Space: how full shelves are, and profit against the number of SKUs."""

from collections.abc import Iterator

import pandas as pd

from training.assortments.report.charts.drawing import (
    BAD,
    GRID,
    INK,
    MUTED,
    SOFT,
    STRONG,
    WHOLE,
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

PANELS = 4
"""Clusters in a row of small pictures."""
MOST_PANELS = 12


def drawn(report: AssortmentReport, names: Names) -> Iterator[Chart]:
    if len(report.tables["space"]):
        yield _shelves(report.tables["space"], names)
    if len(report.tables["facings"]):
        yield _days(report.tables["facings"])
    if len(report.tables["sku_curve"]):
        yield _curves(report, names)


def _shelves(space: pd.DataFrame, names: Names) -> Chart:
    drawing = figure(height=0.9 + 0.42 * len(space))
    axes = drawing.subplots()
    at = range(len(space))
    whole, used, now = (space[name].astype(float) for name in ("space_cm", "used_cm", "used_now_cm"))
    axes.barh(at, whole, height=0.66, color=GRID, label="shelf")
    axes.barh(at, used, height=0.66, color=STRONG, label="proposed")
    axes.scatter(now, at, marker="|", s=160, color=INK, linewidth=2, label="now", zorder=3)
    for row, (size, share) in enumerate(zip(whole, used / whole, strict=True)):
        note(axes, size, row, f"{share:.0%} full")
    rows_of(axes, [names.clusters[cluster] for cluster in space["cluster"]])
    axes.margins(x=0.16)
    axes.set_xlabel("cm of shelf in a store")
    clean(axes)
    legend(axes)
    return chart(
        drawing, "How full shelves are", "Shelf of a store of each cluster, what facings take now and as proposed."
    )


def _days(facings: pd.DataFrame) -> Chart:
    """A bar for each length of supply; those shorter than asked stand out."""
    facings = facings[facings["facings"] > 0]
    days = facings["days_of_supply"].astype(float).clip(upper=30)
    short = facings["asked_days"].notna() & (facings["days_of_supply"] < facings["asked_days"])
    drawing = figure(height=3.2)
    axes = drawing.subplots()
    bins = list(range(0, 32, 2))
    axes.hist(
        [days[~short], days[short]], bins=bins, stacked=True, color=[STRONG, BAD], rwidth=0.9,
        label=["as long as asked" if facings["asked_days"].notna().any() else "listed", "shorter than asked"],
    )  # fmt: skip
    axes.set_xlabel("days of supply of a full shelf (30: that or more)")
    axes.set_ylabel("SKU × cluster")
    clean(axes, grid="y")
    legend(axes)
    asked = int(facings["asked_days"].notna().sum())
    told = f"{int(short.sum())} of {asked} last shorter than asked" if asked else "no rule asks for a number of days"
    words = f"How long full shelves last; {told}."
    return chart(drawing, "Days of supply", words)


def _curves(report: AssortmentReport, names: Names) -> Chart:
    curve, clusters = report.tables["sku_curve"], report.tables["clusters"].set_index("cluster")
    shown = [cluster for cluster in names.clusters if (curve["cluster"] == cluster).any()][:MOST_PANELS]
    across = min(len(shown), PANELS if len(shown) > 6 else 3)
    down = -(-len(shown) // across)
    drawing = figure(WHOLE, 0.5 + 2.1 * down)
    panels = drawing.subplots(down, across, squeeze=False, sharex=True).ravel()
    for axes, cluster in zip(panels, shown, strict=False):
        rows = curve[curve["cluster"] == cluster].sort_values("skus")
        at, profit = rows["skus"].astype(float), rows["profit_cents"].astype(float) / 100
        if rows["low_cents"].notna().all():
            low, high = rows["low_cents"].astype(float) / 100, rows["high_cents"].astype(float) / 100
            axes.fill_between(at, low, high, color=SOFT, alpha=0.35, linewidth=0)
        axes.plot(at, profit, color=STRONG, linewidth=2)
        axes.axvline(int(clusters["skus_now"][cluster]), color=MUTED, linewidth=1.2, linestyle=(0, (2, 2)))
        axes.axvline(int(clusters["skus_proposed"][cluster]), color=STRONG, linewidth=1.2, linestyle=(0, (5, 3)))
        axes.set_title(names.clusters[cluster], loc="left", fontsize=10, color=INK)
        amounts(axes, "y")
        clean(axes, grid="y")
    for axes in panels[len(shown) :]:
        axes.set_visible(False)
    drawing.supxlabel("number of SKUs; dots: now, dashes: proposed", fontsize=9, color=MUTED)
    drawing.supylabel(f"profit, {report.run.money_words}", fontsize=9, color=MUTED)
    interval = ", with its 80 % interval" if curve["low_cents"].notna().all() else ""
    words = (
        f"For each cluster, the profit of the best list of so many SKUs{interval}; limits on changes and shelf are "
        "lifted, so that it may earn more than the proposal."
    )
    return chart(drawing, "Profit against the number of SKUs", words)
