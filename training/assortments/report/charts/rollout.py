"""Roll-out: what the plan promises beside what a test can see; later, what came of it."""

from collections.abc import Iterator

import pandas as pd

from training.assortments.report.charts.drawing import (
    INK,
    MUTED,
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


def drawn(report: AssortmentReport, names: Names) -> Iterator[Chart]:
    if len(report.tables["rollout"]):
        yield _power(report.tables["rollout"], names)
    if len(report.tables["realised"]):
        yield _realised(report.tables["realised"], report.run.money_words)


def _power(rollout: pd.DataFrame, names: Names) -> Chart:
    drawing = figure(height=0.9 + 0.46 * len(rollout))
    axes = drawing.subplots()
    promised, least = rollout["promised_percent"].astype(float), rollout["detectable_percent"].astype(float)
    axes.barh(range(len(rollout)), promised, height=0.6, color=STRONG, label="promised")
    axes.scatter(least, range(len(rollout)), marker="|", s=240, linewidth=2.5, color=WARM, zorder=3, label="detectable")
    for row, (gain, seen) in enumerate(zip(promised, least, strict=True)):
        note(axes, max(gain, seen), row, "can be seen" if gain >= seen else "too small to see alone", shift=8)
    rows_of(axes, [names.clusters[cluster] for cluster in rollout["cluster"]])
    axes.margins(x=0.3)
    axes.set_xlabel("change of profit, %")
    clean(axes)
    legend(axes)
    return chart(
        drawing,
        "Promised and detectable",
        "For each cluster, the promised change and the smallest that its test can see.",
    )


def _realised(realised: pd.DataFrame, currency: str) -> Chart:
    weeks = realised.groupby("week")[["promised_cents", "realised_cents", "low_cents", "high_cents"]].sum() / 100
    drawing = figure(height=3.2)
    axes = drawing.subplots()
    at = range(len(weeks))
    axes.fill_between(
        at, weeks["low_cents"].astype(float), weeks["high_cents"].astype(float), color=SOFT, alpha=0.35, linewidth=0
    )
    axes.plot(at, weeks["realised_cents"].astype(float), color=STRONG, linewidth=2, marker="o", label="realised")
    axes.plot(at, weeks["promised_cents"].astype(float), color=WARM, linewidth=2, linestyle="--", label="promised")
    axes.axhline(0, color=MUTED, linewidth=1)
    axes.set_xticks(list(at), [str(week) for week in weeks.index], rotation=45, ha="right")
    axes.set_ylabel(f"test − control, {currency}", color=INK)
    amounts(axes, "y")
    clean(axes, grid="y")
    legend(axes)
    return chart(drawing, "Promised against realised", "Change of profit week by week, promised and realised.")
