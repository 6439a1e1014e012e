"""The console: progress and plain summaries, on standard error; results that a program reads go to standard output."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from features.doctor import TableStatus
from training.recommendations.record import RANKER
from training.tracking.stages import Stages


def console() -> Console:
    return Console(stderr=True, highlight=False)


@contextmanager
def bar(screen: Console) -> Iterator[Progress]:
    """A progress display that goes away when it is done; off a terminal it prints nothing."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        yield progress


def say(screen: Console, text: str) -> None:
    """A sentence as it is: no markup, and no line breaks that would cut a path in two."""
    screen.print(text, markup=False, soft_wrap=True)


@contextmanager
def watched(screen: Console) -> Iterator[Stages]:
    """Stages whose progress is shown, each with a line of what came out."""
    with bar(screen) as progress:
        running: dict[str, TaskID] = {}

        def announce(name: str, said: str) -> None:
            if name not in running:
                running[name] = progress.add_task(name, total=None)
            elif said.endswith(" s)"):
                progress.remove_task(running.pop(name))
                screen.print(f"[green]✓[/] [bold]{escape(name)}[/]: {escape(said)}", soft_wrap=True)
            else:
                progress.update(running[name], description=f"{name}: {said}")

        yield Stages(announce)


def table(title: str, frame: pd.DataFrame) -> Table:
    """A data frame as a table: numbers to the right, floats to four places, from a thousand on to none."""
    shown = Table(title=title, title_justify="left", title_style="bold")
    for name in frame.columns:
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        shown.add_column(str(name), justify="right" if numeric else "left")
    for row in frame.itertuples(index=False):
        shown.add_row(*(escape(_cell(value)) for value in row))
    return shown


def side_by_side(frame: pd.DataFrame, width: int) -> list[pd.DataFrame]:
    """A frame in parts of columns that each fit into a width; its leading columns of text stand in each.

    Text is taken to wrap at 24 characters; a column that fits nowhere has a part of its own.
    """
    wide = {name: max([len(str(name)), *map(len, map(_cell, frame[name]))]) for name in frame.columns}
    room = {name: min(found, 24) + 3 for name, found in wide.items()}
    texts = [not pd.api.types.is_numeric_dtype(frame[name]) for name in frame.columns]
    keys = list(frame.columns[: texts.index(False) if False in texts else len(texts)])
    parts: list[list[str]] = [[]]
    for name in frame.columns[len(keys) :]:
        if parts[-1] and sum(room[each] for each in [*keys, *parts[-1], name]) + 1 > width:
            parts.append([])
        parts[-1].append(name)
    return [frame[[*keys, *part]] for part in parts]


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4f}"


def examined(found: Sequence[TableStatus]) -> Table:
    """The contract tables, a line each: rows, last day, bad rows, what each switches on. Fits into 80 columns."""
    shown = Table(
        title="Tables", title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0)
    )
    shown.add_column("table", no_wrap=True)
    for name in ("rows", "latest", "bad"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("switches on")
    for status in found:
        latest = f"{status.latest:%Y-%m-%d}" if status.latest else "–"
        bad = f"{sum(status.quarantined.values()):,}"
        rows = f"{status.rows:,}" if status.is_on else "–"
        capability = f"{'✓' if status.is_on else '·'} {status.capability}"
        shown.add_row(status.table, rows, latest, bad, escape(capability), style=None if status.is_on else "dim")
    return shown


def next_steps(found: Sequence[TableStatus]) -> list[str]:
    """A line a table with something to mend, and one for all the tables that are not there."""
    reasons = {status.table: _most_frequent(status.quarantined) for status in found}
    steps = [
        f"Next, {status.table}: {reasons[status.table]}{status.next_step}."
        for status in found
        if status.next_step and (status.is_on or status.quarantined)
    ]
    missing = [status.table for status in found if not status.is_on and not status.quarantined]
    if missing:
        steps.append(f"Next: add any of {', '.join(f'[{name}]' for name in missing)} to dataset.toml to switch it on.")
    return steps


def _most_frequent(reasons: dict[str, int]) -> str:
    return "".join(f"{times:,} rows, {reason}; " for reason, times in reasons.items())


LEAD = ["difference", "difference_low", "difference_high"]
TASK_TITLES = {"all": "Everything bought", "new": "Only what the customer had never bought"}


def comparison(frame: pd.DataFrame) -> Group:
    """NDCG@10 and recall of the ranker and the baselines, a table a task, best first.

    The lead is that in NDCG@10 over the best baseline, with its paired 95 % interval. Fits into 80 columns.
    """
    return Group(*(_compared(task, frame) for task in TASK_TITLES if (frame["task"] == task).any()))


def _compared(task: str, frame: pd.DataFrame) -> Table:
    shown = Table(title=TASK_TITLES[task], title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for name in ("model", "NDCG@10", "recall@10", "@100", "lead in NDCG, 95 %"):
        shown.add_column(name, justify="left" if name == "model" else "right", no_wrap=True)
    rows = frame[frame["task"] == task].set_index(["model", "metric"])
    ndcg = pd.DataFrame(rows.xs("ndcg_at_10", level="metric")).sort_values("mean", ascending=False)
    best = next(iter(ndcg.index[ndcg.index != RANKER]), None)
    for model, mean, lead, low, high in ndcg[["mean", *LEAD]].itertuples():
        recall = (f"{rows.loc[(model, metric), 'mean']:.4f}" for metric in ("recall_at_10", "recall_at_100"))
        led = "best baseline" if model == best else f"{lead:+.3f} [{low:+.3f}, {high:+.3f}]"
        shown.add_row(model.replace("_", " "), f"{mean:.4f}", *recall, escape(led), style=_style(model))
    return shown


def _style(model: str) -> str | None:
    return "bold" if model == RANKER else None
