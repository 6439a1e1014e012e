"""Need states: the tree of substitution and the heat map of transfer."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from training.assortments.report.charts.drawing import (
    GRID,
    INK,
    MUTED,
    SOFT,
    STRONG,
    WHOLE,
    Chart,
    chart,
    clean,
    cut,
    figure,
    legend,
    note,
    rows_of,
)  # fmt: skip
from training.assortments.report.names import Names
from training.assortments.report.report import AssortmentReport
from training.assortments.report.screens.needs import WALKS

MOST_SKUS = 45
"""Of the heat map are shown, those of the strongest transfers."""


def drawn(report: AssortmentReport, names: Names) -> Iterator[Chart]:
    if len(report.tables["needs"]):
        yield _tree(report.tables["needs"])
        yield _balance(report.tables["needs"])
    if len(report.tables["transfers"]):
        yield _heat(report, names)


def _tree(needs: pd.DataFrame) -> Chart:
    """A node a row, children under their parents; a line from the distance of the parent to its own."""
    order = _depth_first(needs)
    rows = {str(row["need_state"]): row for row in needs.to_dict("records")}
    drawing = figure(height=1.1 + 0.44 * len(order))
    axes = drawing.subplots()
    for row, node in enumerate(order):
        own, parent = float(rows[node]["distance"]), rows[node]["parent"]
        if parent in rows:
            start = float(rows[parent]["distance"])
            axes.plot([start, start, own], [order.index(parent), row, row], color=MUTED, linewidth=1.2, zorder=1)
        share = float(rows[node]["demand_percent"])
        axes.scatter([own], [row], s=26 + share * 3, color=STRONG if _is_leaf(node, needs) else "#9fb3c8", zorder=3)
        note(axes, own, row, f"{rows[node]['name']}  {share:.0f} %", shift=13)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.set_xlim(1.05, -0.45)
    axes.set_yticks([])
    axes.set_xticks([1, 0.8, 0.6, 0.4, 0.2, 0])
    axes.set_xlabel("distance: 1 never, 0 always stand in for each other")
    clean(axes)
    return chart(drawing, "Tree of need states", "Need states and the groups they form; size is the share of demand.")


def _balance(needs: pd.DataFrame) -> Chart:
    """Share of demand beside share of the SKUs proposed: more SKUs than demand is duplication, fewer may be a gap."""
    leaves = needs[[_is_leaf(node, needs) for node in needs["need_state"]]]
    demand = leaves["demand_percent"].astype(float)
    skus = leaves["skus_proposed"].astype(float) / max(float(leaves["skus_proposed"].sum()), 1) * 100
    drawing = figure(height=1.0 + 0.62 * len(leaves))
    axes = drawing.subplots()
    for offset, share, colour, name in (
        (-0.19, demand, STRONG, "share of demand"),
        (0.19, skus, SOFT, "share of SKUs"),
    ):
        at = [row + offset for row in range(len(leaves))]
        axes.barh(at, share, height=0.34, color=colour, label=name)
        for row, value in zip(at, share, strict=True):
            note(axes, value, row, f"{value:.0f} %")
    rows_of(axes, leaves["name"])
    axes.margins(x=0.12)
    axes.set_xlabel("%")
    clean(axes)
    legend(axes)
    words = "More SKUs than demand points to duplication, fewer to a gap."
    return chart(drawing, "Demand and SKUs by need state", words)


def _is_leaf(node: str, needs: pd.DataFrame) -> bool:
    return not (needs["parent"] == node).any()


def _depth_first(needs: pd.DataFrame) -> list[str]:
    """Parents before children; a node whose parent is not there stands at the top."""
    above = dict(zip(needs["need_state"], needs["parent"], strict=True))

    def under(node: str | None) -> list[str]:
        here = [name for name, parent in above.items() if (parent if parent in above else None) == node]
        return [each for name in here for each in (name, *under(name))]

    return under(None)


def _heat(report: AssortmentReport, names: Names) -> Chart:
    table = report.tables["transfers"].pivot_table(
        index="sku", columns="to_sku", values="transfer_percent", aggfunc="sum"
    )
    order = _by_need(report, [str(sku) for sku in table.index])
    values = table.reindex(index=order, columns=[*order, WALKS]).to_numpy(dtype=float, na_value=np.nan)
    drawing = figure(WHOLE, 1.6 + 0.185 * len(order))
    axes = drawing.subplots()
    top = max(float(np.nanquantile(values[:, :-1], 0.98)), 1.0)
    mesh = axes.imshow(
        values[:, :-1], cmap="YlGnBu", vmin=0, vmax=top, aspect="auto", interpolation="none",
        extent=(0, len(order), len(order), 0),
    )  # fmt: skip
    labels = [f"{cut(names.skus.get(sku, sku), 32)}  {sku.removeprefix('sku-')}" for sku in order]
    axes.set_yticks(np.arange(len(order)) + 0.5, labels)
    axes.set_xticks(np.arange(len(order)) + 0.5, [sku.removeprefix("sku-") for sku in order], rotation=90)
    clean(axes, grid="")
    axes.tick_params(labelsize=7.5)
    axes.set_xlabel("… goes to this SKU")
    axes.set_ylabel("Demand of this SKU, where it is missing, …")
    _walks(axes, values[:, -1])
    bar = drawing.colorbar(mesh, ax=axes, fraction=0.02, pad=0.075, label="% of its demand", extend="max")
    bar.outline.set_visible(False)
    words = "Share of each SKU's demand that goes to each other SKU where it is missing, and the share that walks."
    return chart(drawing, "Transfer of demand", words)


def _walks(axes: Axes, percent: np.ndarray) -> None:
    """The share that walks, written beside each row."""
    right = len(percent) + 0.4
    axes.text(right, -0.3, "walks", fontsize=7.5, color=MUTED, va="bottom")
    for row, share in enumerate(percent):
        if np.isfinite(share):
            axes.text(right, row + 0.5, f"{share:.0f} %", fontsize=7.5, color=INK, va="center")
    axes.spines["bottom"].set_color(GRID)


def _by_need(report: AssortmentReport, skus: list[str]) -> list[str]:
    """SKUs of one need state side by side, so that blocks on the diagonal are need states; the strongest if many."""
    first = report.decisions.drop_duplicates("sku").set_index("sku")["need_state"]
    units = report.decisions.groupby("sku")["units_now"].sum()
    if len(skus) > MOST_SKUS:
        skus = sorted(skus, key=lambda sku: -float(units.get(sku, 0.0)))[:MOST_SKUS]
    return sorted(skus, key=lambda sku: (str(first.get(sku, "")), -float(units.get(sku, 0.0))))
