"""Clusters: where their stores are, who shops there, and what one more would bring."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from training.assortments.report.charts.drawing import (
    COLOURS,
    MARKERS,
    MUTED,
    SOFT,
    STRONG,
    Chart,
    amounts,
    chart,
    clean,
    figure,
    legend,
    rows_of,
)  # fmt: skip
from training.assortments.report.names import Names
from training.assortments.report.report import AssortmentReport
from training.assortments.report.writing import gain


def drawn(report: AssortmentReport, names: Names) -> Iterator[Chart]:
    placed = report.tables["stores"].dropna(subset=["latitude", "longitude"])
    if len(placed):
        yield _map(placed, names)
    if len(report.tables["cluster_mix"]):
        yield _mix(report.tables["cluster_mix"], names)
    if len(report.tables["cluster_curve"]):
        yield _curve(report.tables["cluster_curve"], report.run.money_words, report.run.clusters)


def _map(stores: pd.DataFrame, names: Names) -> Chart:
    """Longitude and latitude, east shrunk to the middle latitude: good enough for a country."""
    drawing = figure(height=4.6)
    axes = drawing.subplots()
    for nth, (cluster, name) in enumerate(names.clusters.items()):
        here = stores[stores["cluster"] == cluster]
        size = 30.0 if len(stores) < 300 else 8.0
        axes.scatter(
            here["longitude"].astype(float), here["latitude"].astype(float), s=size, color=COLOURS[nth % len(COLOURS)],
            marker=MARKERS[nth % len(MARKERS)], alpha=0.85, linewidth=0.4, edgecolor="white",
            label=f"{name} ({len(here)})", rasterized=len(stores) > 1_500,
        )  # fmt: skip
    middle = float(stores["latitude"].astype(float).mean())
    axes.set_aspect(1 / max(np.cos(np.radians(middle)), 0.1), adjustable="datalim")
    axes.set_xlabel("longitude, degrees east")
    axes.set_ylabel("latitude, degrees north")
    clean(axes, grid="both")
    axes.tick_params(labelsize=8, colors=MUTED)
    legend(axes, columns=3)
    return chart(drawing, "Map of stores", "Stores by longitude and latitude, a colour and a mark for each cluster.")


def _mix(mix: pd.DataFrame, names: Names) -> Chart:
    table = mix.pivot_table(index="cluster", columns="shopper_class", values="share_percent", aggfunc="sum")
    table = table.reindex(index=list(names.clusters), columns=list(dict.fromkeys(mix["shopper_class"]))).astype(float)
    drawing = figure(height=1.0 + 0.45 * len(table))
    axes = drawing.subplots()
    before = np.zeros(len(table))
    for nth, name in enumerate(table.columns):
        width = table[name].fillna(0).to_numpy()
        axes.barh(range(len(table)), width, left=before, height=0.66, color=COLOURS[nth % len(COLOURS)], label=name)
        for row, (start, size) in enumerate(zip(before, width, strict=True)):
            if size >= 8:
                axes.text(start + size / 2, row, f"{size:.0f}", ha="center", va="center", color="white", fontsize=8.5)
        before = before + width
    rows_of(axes, [names.clusters[cluster] for cluster in table.index])
    axes.set_xlim(0, 100)
    axes.set_xlabel("% of visits")
    clean(axes)
    legend(axes, columns=2 if len(table.columns) > 4 else 4)
    return chart(drawing, "Who shops there", "Share of each class of shoppers in the visits of each cluster.")


def _curve(curve: pd.DataFrame, currency: str, chosen: int) -> Chart:
    rows = curve.sort_values("clusters")
    at, profit = rows["clusters"].astype(float), rows["profit_cents"].astype(float) / 100
    drawing = figure(height=3.2)
    axes = drawing.subplots()
    if rows["low_cents"].notna().all():
        axes.fill_between(
            at, rows["low_cents"].astype(float) / 100, rows["high_cents"].astype(float) / 100, color=SOFT, alpha=0.35,
            linewidth=0, label="80 % interval",
        )  # fmt: skip
    axes.plot(at, profit, color=STRONG, linewidth=2, marker="o", markersize=5, label="profit of the best plan")
    axes.axvline(chosen, color=MUTED, linewidth=1, linestyle=(0, (4, 3)), label=f"this plan: {chosen}")
    axes.set_xlabel("clusters, each with its own list")
    axes.set_ylabel(currency)
    amounts(axes, "y")
    clean(axes, grid="y")
    legend(axes)
    return chart(drawing, "Value of one more cluster", _one_more(rows, chosen))


def _one_more(rows: pd.DataFrame, chosen: int) -> str:
    profit = {int(count): int(cents) for count, cents in zip(rows["clusters"], rows["profit_cents"], strict=True)}
    if chosen not in profit or chosen + 1 not in profit:
        return "Profit of the best plan against the number of clusters."
    return f"One more than the {chosen} of this plan: {gain(profit[chosen + 1] - profit[chosen])}."
