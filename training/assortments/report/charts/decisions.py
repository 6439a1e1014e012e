"""Decisions: the changes that are worth most."""

from collections.abc import Iterator

from training.assortments.report.charts.drawing import (
    BAD,
    GRID,
    MUTED,
    STRONG,
    WARM,
    WHOLE,
    Chart,
    amounts,
    chart,
    clean,
    cut,
    figure,
    rows_of,
)  # fmt: skip
from training.assortments.report.headline import is_change
from training.assortments.report.names import Names
from training.assortments.report.report import AssortmentReport

MOST = 14
COLOURS = {"add": STRONG, "swap": WARM, "delist": BAD}


def drawn(report: AssortmentReport, names: Names) -> Iterator[Chart]:
    rows = report.decisions[is_change(report.decisions)].sort_values("worth_cents", ascending=False).head(MOST)
    if rows.empty:
        return
    drawing = figure(WHOLE, 0.8 + 0.34 * len(rows))
    axes = drawing.subplots()
    worth, low, high = (rows[f"worth{end}_cents"].astype(float) / 100 for end in ("", "_low", "_high"))
    colours = [COLOURS[decision] for decision in rows["decision"]]
    axes.hlines(range(len(rows)), low, high, color=colours, linewidth=4, alpha=0.35)
    axes.scatter(worth, range(len(rows)), s=46, color=colours, zorder=3)
    axes.axvline(0, color=MUTED, linewidth=1)
    rows_of(
        axes,
        [
            f"{decision}  {cut(name, 44)}  ·  {names.of('cluster', cluster)}"
            for decision, name, cluster in zip(rows["decision"], rows["name"], rows["cluster"], strict=True)
        ],
        longest=90,
    )
    axes.spines["bottom"].set_color(GRID)
    amounts(axes)
    axes.set_xlabel(f"worth over the horizon, {report.run.money_words}, with its 80 % interval")
    clean(axes)
    yield chart(drawing, "The changes that are worth most", "Worth of the largest changes, with their 80 % intervals.")
