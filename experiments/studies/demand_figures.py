"""The two pictures of a backtest of demand: what was forecast against what came, and whether quantiles hold."""

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from training.drawing import INK, MUTED, SOFT, STRONG, WARM

_COLOURS = (STRONG, WARM, SOFT, MUTED)


def forecast_against_truth(judged: pd.DataFrame, what: str) -> Figure:
    """Units of each week in all, as they came and as every model forecast them; a dotted line at each cutoff."""
    figure = Figure(figsize=(9, 4), dpi=120, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    models = list(dict.fromkeys(judged["model"]))
    came = judged[judged["model"] == models[0]].groupby(["cutoff", "week"])["units"].sum()
    for nth, (cutoff, weeks) in enumerate(came.groupby("cutoff")):
        at = weeks.index.get_level_values("week")
        axes.plot(at, weeks.to_numpy(), color=INK, linewidth=2.2, marker="o", label="" if nth else "what came")
        day = (pd.Timestamp(str(cutoff)) - pd.Timestamp(0)) / pd.Timedelta(days=1)
        axes.axvline(day, color=MUTED, linewidth=0.8, linestyle=":")
        for code, model in enumerate(models):
            rows = judged[(judged["model"] == model) & (judged["cutoff"] == cutoff)]
            sums = rows.groupby("week")["mean"].sum()
            colour = _COLOURS[code % len(_COLOURS)]
            axes.plot(sums.index, sums.to_numpy(), color=colour, linewidth=1.6, label="" if nth else model)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("units a week, sum of all rows")
    axes.set_title(f"Forecast against truth: {what}", loc="left", fontsize=11, color=INK)
    axes.tick_params(axis="x", rotation=30, labelsize=8)
    axes.legend(frameon=False, fontsize=8.5, ncols=4)
    return figure


def calibration(curve: pd.DataFrame, what: str) -> Figure:
    """Share of weeks at or under each quantile, against the quantile's own level; on the diagonal it holds."""
    figure = Figure(figsize=(5.2, 5), dpi=120, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=":")
    for code, (model, rows) in enumerate(curve.groupby("model", sort=False)):
        colour = _COLOURS[code % len(_COLOURS)]
        axes.plot(rows["level"], rows["share"], color=colour, marker="o", linewidth=1.6, label=str(model))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("level of the quantile")
    axes.set_ylabel("share of weeks under it (ties count half)")
    axes.set_title(f"Do quantiles hold: {what}", loc="left", fontsize=11, color=INK)
    axes.legend(frameon=False, fontsize=8.5)
    return figure
