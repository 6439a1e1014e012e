"""Evidence: errors of forecasts beside simple ones, calibration, and real removals."""

from collections.abc import Iterator

import pandas as pd

from training.assortments.report.charts.drawing import (
    INK,
    MUTED,
    SOFT,
    STRONG,
    WARM,
    Chart,
    chart,
    clean,
    figure,
    legend,
    note,
    rows_of,
)  # fmt: skip
from training.assortments.report.names import Names
from training.assortments.report.report import AssortmentReport


def drawn(report: AssortmentReport, names: Names) -> Iterator[Chart]:  # noqa: ARG001  # as in every screen's file
    if len(report.tables["backtests"]):
        yield _errors(report.tables["backtests"])
    if len(report.tables["calibration"]):
        yield _calibration(report.tables["calibration"])
    if len(report.tables["removals"]):
        yield _delistings(report.tables["removals"])


def _errors(backtests: pd.DataFrame) -> Chart:
    """The first slice, which is the whole, at each horizon; our model is the first."""
    whole = backtests[backtests["slice"] == backtests["slice"].iloc[0]]
    table = whole.pivot_table(index="model", columns="horizon_weeks", values="wmape_percent", sort=False).astype(float)
    drawing = figure(height=1.0 + 0.55 * len(table))
    axes = drawing.subplots()
    height = 0.8 / len(table.columns)
    for nth, weeks in enumerate(table.columns):
        at = [row - 0.4 + height * (nth + 0.5) for row in range(len(table))]
        axes.barh(
            at, table[weeks], height=height * 0.9, color=(STRONG, SOFT, WARM)[nth % 3], label=f"{weeks} weeks ahead"
        )
        for row, value in zip(at, table[weeks], strict=True):
            note(axes, value, row, f"{value:.1f} %")
    rows_of(axes, [str(model) for model in table.index])
    axes.margins(x=0.14)
    axes.set_xlabel("WMAPE, % of units; smaller is better")
    clean(axes)
    legend(axes)
    return chart(drawing, "Error of forecasts", "Weighted absolute error of each model on weeks that it had not seen.")


def _calibration(calibration: pd.DataFrame) -> Chart:
    drawing = figure(height=3.6)
    axes = drawing.subplots()
    axes.plot([0, 100], [0, 100], color=MUTED, linewidth=1, linestyle=(0, (4, 3)), label="perfect")
    rows = calibration.sort_values("nominal_percent")
    promised, seen = rows["nominal_percent"].astype(float), rows["observed_percent"].astype(float)
    axes.plot(promised, seen, color=STRONG, linewidth=1.5, marker="o", label="seen")
    axes.set_xlabel("promised: share of weeks below, %")
    axes.set_ylabel("seen, %")
    axes.set_aspect("equal", adjustable="box")
    clean(axes, grid="both")
    legend(axes)
    return chart(
        drawing,
        "Calibration",
        "Of weeks below each forecast percentile (a tie counts half), the share promised and seen.",
    )


def _delistings(rows: pd.DataFrame) -> Chart:
    drawing = figure(height=0.9 + 0.42 * len(rows))
    axes = drawing.subplots()
    at = range(len(rows))
    low, high = rows["low_percent"].astype(float), rows["high_percent"].astype(float)
    axes.hlines(at, low, high, color=SOFT, linewidth=5, label="seen, 95 % interval")
    axes.scatter(rows["observed_percent"].astype(float), at, s=40, color=INK, zorder=3, label="seen")
    axes.scatter(rows["predicted_percent"].astype(float), at, s=60, marker="D", color=WARM, zorder=4, label="plan")
    rows_of(axes, rows["name"])
    axes.axvline(0, color=MUTED, linewidth=1)
    axes.axvline(100, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.set_xlabel("% of demand that stayed in the category")
    clean(axes)
    legend(axes)
    return chart(
        drawing, "Real removals", "Of SKUs that went away: the share of demand that stayed, as planned and as seen."
    )
