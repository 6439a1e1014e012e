"""Festival: uplift by depth of price cut, and what stays of it."""

from collections.abc import Iterator

import pandas as pd

from training.assortments.report.charts.drawing import (
    BAD,
    COLOURS,
    MARKERS,
    SOFT,
    STRONG,
    WARM,
    Chart,
    amounts,
    chart,
    clean,
    figure,
    legend,
)  # fmt: skip
from training.assortments.report.names import Names
from training.assortments.report.report import AssortmentReport
from training.assortments.report.writing import MINUS, short


def drawn(report: AssortmentReport, names: Names) -> Iterator[Chart]:  # noqa: ARG001  # as in every screen's file
    if len(report.tables["festival_uplifts"]):
        yield _uplift(report.tables["festival_uplifts"])
    if len(report.tables["festival_flows"]):
        yield _flows(report.tables["festival_flows"])


def _uplift(uplifts: pd.DataFrame) -> Chart:
    drawing = figure(height=3.4)
    axes = drawing.subplots()
    for nth, ((event, channel), rows) in enumerate(uplifts.groupby(["event", "channel"], sort=False)):
        line = rows.sort_values("depth_percent")
        depth, colour = line["depth_percent"].astype(float), COLOURS[nth % len(COLOURS)]
        axes.fill_between(
            depth, line["low"].astype(float), line["high"].astype(float), color=colour, alpha=0.14, linewidth=0
        )
        axes.plot(
            depth, line["uplift"].astype(float), color=colour, linewidth=2, marker=MARKERS[nth % len(MARKERS)],
            label=f"{event}, {channel}" if len(set(uplifts["event"])) > 1 else str(channel),
        )  # fmt: skip
    if float(uplifts["depth_percent"].max()) == 0:  # one depth only, and that is none told
        axes.set_xlim(-5, 30)
    axes.axhline(1, color=SOFT, linewidth=1)
    axes.set_xlabel("price cut, %")
    axes.set_ylabel("× usual sales")
    clean(axes, grid="y")
    legend(axes)
    return chart(drawing, "Uplift by price cut", "Sales of an event day against a usual day, with the 80 % interval.")


def _taken(units: float) -> str:
    """What is taken off, with its sign; what comes back has a plus."""
    return short(0.0) if abs(units) < 0.005 else MINUS + short(units) if units > 0 else f"+{short(-units)}"


def _flows(flows: pd.DataFrame) -> Chart:
    """A waterfall a channel: gross, less what was pulled forward, less what other channels lost, is net."""
    drawing = figure(height=3.4)
    panels = drawing.subplots(1, len(flows), squeeze=False, sharey=True)[0]
    for axes, row in zip(panels, flows.to_dict("records"), strict=True):
        gross, pulled, moved, net = (
            float(row[f"{name}_units"]) for name in ("gross", "pulled_forward", "transferred", "net")
        )
        low, high = float(row["low_units"]), float(row["high_units"])
        axes.bar(range(4), [gross, pulled, moved, net], bottom=[0, gross - pulled, gross - pulled - moved, 0],
                 color=[SOFT, BAD, WARM, STRONG], width=0.66)  # fmt: skip
        shown = (short(gross), _taken(pulled), _taken(moved), short(net))
        for at, (top, text) in enumerate(zip((gross, gross, gross - pulled, max(net, high)), shown, strict=True)):
            axes.annotate(text, (at, top), xytext=(0, 4), textcoords="offset points", ha="center", fontsize=9)
        axes.errorbar(
            [3], [net], [[max(net - low, 0)], [max(high - net, 0)]], color="#1f2933", linewidth=1.2, capsize=3
        )
        axes.set_xticks(range(4), ["gross", "pulled\nforward", "other\nchannel", "net"])
        axes.set_title(str(row["channel"]), loc="left", fontsize=10)
        axes.margins(y=0.14)
        clean(axes, grid="y")
    amounts(panels[0], "y")
    panels[0].set_ylabel("units above usual")
    return chart(
        drawing, "What stays after the dip", "Gross units, less pulled forward, less taken from other channels: net."
    )
