"""The pictures of one training run, drawn from the tables of `training.recommendations.record`.

Figures are objects (Agg canvas, no pyplot): nothing global changes, and they can be drawn in any thread.
Titles say what is measured and in which unit. Larger is better on every axis except seconds and MB.
"""

import math
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from training.drawing import INK, MUTED, SOFT, STRONG, WARM, clean, note
from training.recommendations.record import RANKER, TrainingRecord

WIDTH = 9.0
ROW_HEIGHT = 0.3
HEADROOM = 1.5
"""Inches that title, legend and axis label take, whatever the number of rows."""
TOP_FEATURES = 25
HEADLINE = "ndcg_at_10"
TASKS = {"all": "everything bought, repeats included", "new": "first purchases only"}
WORDS = {"ndcg": "NDCG", "map": "MAP", "hit": "Hit rate", "recall": "Recall"}


def figures(record: TrainingRecord) -> dict[str, Figure]:
    """File stem -> figure, in the order of reading; a figure whose table is empty is left out."""
    drawings: tuple[tuple[str, Callable[[pd.DataFrame], Figure], pd.DataFrame], ...] = (
        ("ndcg_against_baselines", baselines, record.comparison),
        ("ndcg_by_slice", slices, record.slices),
        ("recall_by_source", source_recall, record.source_recall),
        ("feature_importance", feature_importance, record.importance),
        ("learning_curve", learning_curve, record.curve),
        ("stages", stages, record.stages),
    )
    return {name: draw(table) for name, draw, table in drawings if len(table)}


def baselines(comparison: pd.DataFrame, metric: str = HEADLINE) -> Figure:
    """Each model's mean with its 95 % interval, a panel a task, the ranker in colour."""
    rows = comparison[comparison["metric"] == metric]
    tasks = _tasks(rows)
    figure = _figure(
        f"{label(metric)} of the ranker and the baselines",
        "mean over customers, from 0 to 1; bars are 95 % bootstrap intervals",
        WIDTH,
        HEADROOM + ROW_HEIGHT * 1.5 * rows["model"].nunique(),
    )
    for axes, task in zip(_panels(figure, len(tasks)), tasks, strict=True):
        shown = rows[rows["task"] == task].sort_values("mean", ignore_index=True)
        colours = [STRONG if model == RANKER else SOFT for model in shown["model"]]
        _intervals(axes, shown, colours)
        axes.set_yticks(range(len(shown)), shown["model"].tolist())
        axes.set_xlim(0, max(float(shown["high"].max()) * 1.3, 0.01))
        axes.set_xlabel(f"{label(metric)}: {TASKS.get(task, task)}")
        axes.set_title(_lead(shown), loc="left", fontsize=8.5, color=INK)
    return figure


def slices(table: pd.DataFrame, metric: str = HEADLINE) -> Figure:
    """The ranker's mean in each slice of customers, a panel a task, how many customers beside it."""
    rows = table[table["metric"] == metric]
    tasks = _tasks(rows)
    keys = rows[["slice", "value"]].drop_duplicates(ignore_index=True)
    figure = _figure(
        f"{label(metric)} of the ranker by slice",
        "mean over customers, from 0 to 1; bars are 95 % bootstrap intervals; n is customers",
        WIDTH,
        HEADROOM + ROW_HEIGHT * 1.2 * len(keys),
    )
    for axes, task in zip(_panels(figure, len(tasks), same_rows=True), tasks, strict=True):
        shown = keys.merge(rows[rows["task"] == task], on=["slice", "value"], how="left").iloc[::-1]
        _intervals(axes, shown, [STRONG] * len(shown), notes=[_customers(n) for n in shown["customers"]])
        axes.set_yticks(range(len(shown)), [f"{each.slice}: {each.value}" for each in shown.itertuples()])
        axes.set_xlim(0, max(float(shown["high"].max()) * 1.35, 0.01))
        axes.set_xlabel(f"{label(metric)}: {TASKS.get(task, task)}")
    return figure


def source_recall(table: pd.DataFrame) -> Figure:
    """What each candidate source finds by itself, and how much of the pool it fills."""
    tasks = _tasks(table)
    order = table[table["task"] == tasks[0]].sort_values("recall")["source"].tolist()
    depth = table.drop_duplicates("source").set_index("source")["depth"]
    figure = _figure(
        "What the candidate sources find",
        "recall: of the SKUs bought in the label window, those that the source proposes; share: of the pool's "
        "candidates; both in %; each: candidates a customer",
        WIDTH,
        HEADROOM + ROW_HEIGHT * 1.6 * len(order),
    )
    found, filled = figure.subplots(1, 2, sharey=True, width_ratios=[2, 1])
    height = 0.8 / len(tasks)
    for nth, task in enumerate(tasks):
        shown = table[table["task"] == task].set_index("source").reindex(order)
        _bars(found, shown["recall"] * 100, height, offset=0.4 - height * (nth + 0.5), colour=(STRONG, WARM)[nth % 2])
        found.patches[-1].set_label(TASKS.get(task, task))
    first = table[table["task"] == tasks[0]].set_index("source").reindex(order)
    _bars(filled, first["share"] * 100, 0.8, offset=0.0, colour=SOFT)
    found.set_yticks(range(len(order)), [_with_depth(name, depth[name]) for name in order])
    for axes, what in ((found, "recall, %"), (filled, "share of the pool, %")):
        clean(axes, grid="x")
        axes.margins(x=0.14)
        axes.set_xlabel(what)
    _legend(found)
    return figure


def feature_importance(importance: pd.DataFrame) -> Figure:
    """Share of the total gain for the strongest features, with the number of splits beside each, and by family."""
    total = float(importance["gain"].sum()) or 1.0
    shown = importance.sort_values(["gain", "feature"], ascending=[False, True]).head(TOP_FEATURES).iloc[::-1]
    families = importance.groupby("family", as_index=False)[["gain", "splits"]].sum()
    families = families.sort_values(["gain", "family"], ascending=[True, False])
    figure = _figure(
        f"Feature importance: the {len(shown)} strongest of {len(importance)}, and all by family",
        "share of the total gain of all splits, in %; beside it the number of splits",
        WIDTH,
        HEADROOM + ROW_HEIGHT * (len(shown) + len(families) + 1),
    )
    top, below = figure.subplots(2, 1, height_ratios=[len(shown), len(families)])
    for axes, rows, name in ((top, shown, "feature"), (below, families, "family")):
        _gains(axes, rows[name].tolist(), rows["gain"] / total * 100, rows["splits"])
    below.set_xlabel("share of total gain, %")
    return figure


def _gains(axes: Axes, names: list[str], share: pd.Series, splits: pd.Series) -> None:
    axes.barh(range(len(names)), share, height=0.72, color=STRONG)
    for row, (width, count) in enumerate(zip(share, splits, strict=True)):
        note(axes, width, row, f"{width:.1f} %   {count:,.0f}")
    axes.set_yticks(range(len(names)), names)
    axes.margins(x=0.16, y=0.01)
    clean(axes, grid="x")


def learning_curve(curve: pd.DataFrame) -> Figure:
    """Each metric over the number of trees; a mark where the validation rows were answered best."""
    metrics = curve["metric"].drop_duplicates().tolist()
    figure = _figure(
        "Learning curve",
        "mean over queries, from 0 to 1, by number of trees",
        WIDTH,
        4.2,
    )
    for axes, metric in zip(_panels(figure, len(metrics)), metrics, strict=True):
        rows = curve[curve["metric"] == metric]
        for dataset, colour in (("train", SOFT), ("valid", STRONG)):
            line = rows[rows["dataset"] == dataset].sort_values("iteration")
            if len(line):
                axes.plot(line["iteration"], line["value"], color=colour, linewidth=1.8, label=dataset)
        _mark_best(axes, rows[rows["dataset"] == "valid"])
        axes.set_xlabel("trees")
        axes.set_ylabel(label(metric))
        clean(axes, grid="both")
        _legend(axes)
    return figure


def stages(table: pd.DataFrame) -> Figure:
    """Wall and processor seconds of each stage, and its peak of memory, in the order they ran."""
    shown = table.iloc[::-1]
    figure = _figure(
        f"Stages: {_seconds(float(table['seconds'].sum()))} in all, {table['peak_mb'].max():,.0f} MB at the peak",
        "wall and processor time in seconds (processor time counts every core); peak resident memory in MB",
        WIDTH,
        HEADROOM + ROW_HEIGHT * 1.6 * len(shown),
    )
    time, memory = figure.subplots(1, 2, sharey=True, width_ratios=[3, 2])
    for column, offset, colour, name in (
        ("seconds", 0.2, STRONG, "wall"),
        ("cpu_seconds", -0.2, SOFT, "processor"),
    ):
        _bars(time, shown[column], 0.4, offset, colour)
        time.patches[-1].set_label(name)
    _bars(memory, shown["peak_mb"], 0.8, 0.0, WARM, form="{:,.0f}")
    time.set_yticks(range(len(shown)), shown["stage"].tolist())
    for axes, what in ((time, "seconds"), (memory, "peak memory, MB")):
        clean(axes, grid="x")
        axes.margins(x=0.16)
        axes.set_xlabel(what)
    _legend(time)
    return figure


def label(metric: str) -> str:
    """`ndcg_at_10` and `ndcg@10` -> `NDCG@10`."""
    name, _, depth = metric.replace("_at_", "@").partition("@")
    return WORDS.get(name, name.replace("_", " ").capitalize()) + (f"@{depth}" if depth else "")


def _figure(title: str, subtitle: str, width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, max(height, 2.8)), dpi=120, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    figure.suptitle(f"{title}\n", x=0.01, ha="left", fontsize=13, fontweight="bold", color=INK)
    figure.text(0.01, 1 - 0.36 / figure.get_figheight(), subtitle, ha="left", va="top", fontsize=8.5, color=MUTED)
    return figure


def _panels(figure: Figure, count: int, *, same_rows: bool = False) -> list[Axes]:
    return list(figure.subplots(1, count, squeeze=False, sharey=same_rows)[0])


def _intervals(axes: Axes, rows: pd.DataFrame, colours: list[str], notes: Iterable[str] = ()) -> None:
    """A dot at the mean and a bar from low to high for each row, bottom to top; the figure beside it."""
    at = np.arange(len(rows))
    mean, low, high = (rows[name].to_numpy(dtype=float) for name in ("mean", "low", "high"))
    axes.hlines(at, low, high, colors=colours, linewidth=2.4)
    axes.scatter(mean, at, color=colours, s=34, zorder=3)
    for row, (value, end, told) in enumerate(zip(mean, high, list(notes) or [""] * len(rows), strict=True)):
        if np.isfinite(value):
            note(axes, end, row, f"{value:.3f}  {told}".rstrip())
    axes.set_ylim(-0.6, len(rows) - 0.4)
    clean(axes, grid="x")


def _bars(axes: Axes, values: pd.Series, height: float, offset: float, colour: str, form: str = "{:.1f}") -> None:
    at = np.arange(len(values)) + offset
    widths = values.fillna(0.0).to_numpy(dtype=float)
    axes.barh(at, widths, height=height * 0.92, color=colour)
    for row, width in zip(at, widths, strict=True):
        note(axes, width, float(row), form.format(width))


def _mark_best(axes: Axes, valid: pd.DataFrame) -> None:
    if valid.empty:
        return
    best = valid.iloc[int(valid["value"].argmax())]
    is_late = best["iteration"] > valid["iteration"].mean()
    axes.axvline(best["iteration"], color=WARM, linewidth=1, linestyle=(0, (4, 3)))
    axes.scatter([best["iteration"]], [best["value"]], color=WARM, s=30, zorder=3)
    axes.annotate(
        f"best: {best['value']:.4f} at {best['iteration']:,.0f} trees",
        (best["iteration"], best["value"]),
        xytext=(-6, -14) if is_late else (6, -14),
        textcoords="offset points",
        ha="right" if is_late else "left",
        fontsize=8,
        color=INK,
    )


def _legend(axes: Axes) -> None:
    """Above the axes on the right, where no bar and no line can be."""
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 0.99),
        borderaxespad=0.0,
        ncols=2,
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
    )


def _lead(rows: pd.DataFrame) -> str:
    """The ranker's paired lead over the best baseline, where the table tells it."""
    ours = rows[rows["model"] == RANKER]
    if ours.empty or ours["difference"].isna().all():
        return ""
    row = ours.iloc[0]
    return (
        f"{RANKER} − best baseline: {row['difference']:+.3f} "
        f"[{row['difference_low']:+.3f}, {row['difference_high']:+.3f}], paired"
    )


def _with_depth(source: str, depth: float) -> str:
    return f"{source} ({depth:,.0f} each)" if math.isfinite(depth) else source


def _tasks(rows: pd.DataFrame) -> list[str]:
    """`all` first, then `new`, then anything else, by name."""
    known = [task for task in TASKS if (rows["task"] == task).any()]
    return known + sorted(set(rows["task"]) - set(known))


def _customers(count: float) -> str:
    return f"n={count:,.0f}" if math.isfinite(count) else ""


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
