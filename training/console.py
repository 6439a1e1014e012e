"""The console: progress and plain summaries, on standard error; results that a program reads go to standard output."""

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from training.stages import Stages


def console() -> Console:
    return Console(stderr=True, highlight=False)


@contextmanager
def bar(screen: Console) -> Iterator[Progress]:
    """A progress display that goes away when it is done; off a terminal it prints nothing."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        yield progress


@contextmanager
def watched(screen: Console) -> Iterator[Stages]:
    """Stages whose progress is shown, each with a line of what came out."""
    with bar(screen) as progress:
        running: dict[str, int] = {}

        def announce(name: str, said: str) -> None:
            if name not in running:
                running[name] = progress.add_task(name, total=None)
            elif said.endswith(" s)"):
                progress.remove_task(progress.task_ids[list(running).index(name)])
                del running[name]
                screen.print(f"[green]✓[/] [bold]{name}[/]: {said}")
            else:
                progress.update(progress.task_ids[list(running).index(name)], description=f"{name}: {said}")

        yield Stages(announce)


def table(title: str, frame: pd.DataFrame) -> Table:
    """A data frame as a table: numbers to the right, floats to four places."""
    shown = Table(title=title, title_justify="left", title_style="bold")
    for name in frame.columns:
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        shown.add_column(str(name), justify="right" if numeric else "left")
    for row in frame.itertuples(index=False):
        shown.add_row(*(f"{value:.4f}" if isinstance(value, float) else str(value) for value in row))
    return shown


def comparison(frame: pd.DataFrame) -> Table:
    """NDCG@10 and recall of the ranker and the baselines, with intervals and the paired difference to the best."""
    wanted = frame[frame["metric"].isin(["ndcg_at_10", "recall_at_10", "recall_at_100"])]
    rows = []
    for (task, model), group in wanted.groupby(["task", "model"], sort=False):
        by = group.set_index("metric")
        ndcg = by.loc["ndcg_at_10"]
        rows.append(
            {
                "task": task,
                "model": model,
                "NDCG@10": f"{ndcg['mean']:.4f} [{ndcg['low']:.4f}, {ndcg['high']:.4f}]",
                "recall@10": by.loc["recall_at_10", "mean"],
                "recall@100": by.loc["recall_at_100", "mean"],
                "to the best baseline": f"{ndcg['difference']:+.4f} "
                f"[{ndcg['difference_low']:+.4f}, {ndcg['difference_high']:+.4f}]",
            }
        )
    return table("Ranker against baselines, 95 % intervals", pd.DataFrame(rows))
