"""New SKUs: the rate of sale that their attributes promise, and how wide that promise is."""

from collections.abc import Iterator

from training.assortments.report.charts.drawing import SOFT, STRONG, Chart, chart, clean, figure, note, rows_of
from training.assortments.report.columns import Kind
from training.assortments.report.names import Names
from training.assortments.report.report import AssortmentReport
from training.assortments.report.writing import written

MOST = 25


def drawn(report: AssortmentReport, names: Names) -> Iterator[Chart]:  # noqa: ARG001  # as in every screen's file
    rows = report.tables["newcomers"].sort_values("rate_of_sale_units", ascending=False).head(MOST)
    if rows.empty:
        return
    drawing = figure(height=0.8 + 0.5 * len(rows))
    axes = drawing.subplots()
    rate, low, high = (rows[name].astype(float) for name in ("rate_of_sale_units", "low_units", "high_units"))
    axes.hlines(range(len(rows)), low, high, color=SOFT, linewidth=5)
    axes.scatter(rate, range(len(rows)), s=46, color=STRONG, zorder=3)
    for row, (value, end) in enumerate(zip(rate, high, strict=True)):
        note(axes, end, row, written(Kind.UNITS, value))
    rows_of(axes, rows["name"])
    axes.set_xlim(left=0)
    axes.margins(x=0.12)
    axes.set_xlabel("units a store a week, 80 % interval")
    clean(axes)
    yield chart(drawing, "Expected rate of sale", "Rate of sale expected of each new SKU, with its 80 % interval.")
