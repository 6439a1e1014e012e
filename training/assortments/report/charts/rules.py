"""Rules: what each costs."""

from collections.abc import Iterator

from training.assortments.report.charts.drawing import WARM, Chart, amounts, chart, clean, figure, note, rows_of
from training.assortments.report.names import Names
from training.assortments.report.report import AssortmentReport
from training.assortments.report.writing import money

MOST = 20


def drawn(report: AssortmentReport, names: Names) -> Iterator[Chart]:  # noqa: ARG001  # as in every screen's file
    rules = report.tables["rules"]
    binding = rules[rules["is_binding"]].sort_values("shadow_price_cents", ascending=False).head(MOST)
    if binding.empty:
        return
    drawing = figure(height=0.7 + 0.42 * len(binding))
    axes = drawing.subplots()
    price = binding["shadow_price_cents"].astype(float) / 100
    axes.barh(range(len(binding)), price, height=0.62, color=WARM)
    for row, (value, step) in enumerate(zip(binding["shadow_price_cents"], binding["step"], strict=True)):
        note(axes, value / 100, row, f"{money(int(value))} for {step}")
    rows_of(axes, binding["rule"])
    axes.margins(x=0.45)
    amounts(axes)
    axes.set_xlabel(f"shadow price, {report.run.money_words}")
    clean(axes)
    yield chart(drawing, "What the rules cost", "Shadow prices of the rules that bind, the dearest first.")
