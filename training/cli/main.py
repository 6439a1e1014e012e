"""The command line: one verb a stage. Nothing heavy is imported before a verb needs it."""

import contextlib
import errno
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.clock import Cutoff
from features.errors import StateError, UserError
from features.settings import Settings
from training.cli import assortments, persons
from training.cli.options import Work

if TYPE_CHECKING:
    import pandas as pd

    from features.loading.report import TableReport
    from training.recommendations.promotion import Verdict

app = typer.Typer(
    name="omnishelf",
    help="Recommendations from online and offline purchases: load, learn, judge, promote, serve.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _cutoff(text: str) -> Cutoff:
    try:
        return Cutoff.parse(text)
    except ValueError as error:
        message = f"{text!r} is not an instant; write 2017-12-25 or 2017-12-25T04:00:00 (UTC where no zone is given)"
        raise typer.BadParameter(message) from error


CutoffOption = Annotated[
    Cutoff | None,
    typer.Option("--cutoff", parser=_cutoff, metavar="INSTANT", help="The first instant that may not be seen, UTC."),
]
PlanDays = Annotated[
    float,
    typer.Option(
        "--promotion-plan-days",
        min=0,
        help="Count promotions announced for so many days after a cutoff as known (0: only those running).",
    ),
]


@app.command()
def ingest(
    source: Annotated[str, typer.Argument(help="complete-journey (demonstration data) or tables (your own).")],
    dataset: Annotated[Path | None, typer.Option(help="The mapping file of `tables`: dataset.toml.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Start from nothing: drop earlier loads.")] = False,
    work: Work = None,
) -> None:
    """Load purchases into the warehouse. Loading the same rows again changes nothing."""
    from features.ingest import ingest as load
    from training.cli.console import bar, console, say, table

    screen = console()
    with bar(screen) as progress:
        task = progress.add_task("Loading", total=1.0)
        report = load(
            Settings.load(work),
            source,
            dataset,
            loaded_at=datetime.now(UTC),
            replace=replace,
            progress=lambda what, share: progress.update(task, description=what, completed=share),
        )
    screen.print(table("Loaded", _ingested(report.tables)))
    changed = "The warehouse changed." if report.changed else "Nothing changed: every row was there already."
    say(screen, f"{report.rows['purchases']:,} purchases from {report.first} to {report.last}. {changed}")
    if report.subjects is not None:
        say(screen, f"{report.subjects:,} accounts and cards are {report.customers:,} customers.")


def _ingested(tables: "tuple[TableReport, ...]") -> "pd.DataFrame":
    import pandas as pd

    rows = [each.as_json() | {"quarantined": _counted(each.quarantined)} for each in tables]
    return pd.DataFrame(rows).drop(columns="rows")


def _counted(reasons: dict[str, int]) -> str:
    return "; ".join(f"{count} {reason}" for reason, count in reasons.items()) or "0"


@app.command()
def features(cutoff: CutoffOption = None, promotion_plan_days: PlanDays = 0.0, work: Work = None) -> None:
    """Compute every feature family as of a cutoff (the end of the purchases, where none is given)."""
    import pandas as pd
    import pyarrow.parquet as pq

    from features.past import Past
    from features.warehouse.warehouse import Warehouse
    from training.cli.console import console, table, watched
    from training.recommendations.pipeline import INSTANT_DAYS

    settings, screen = Settings.load(work), console()
    warehouse = Warehouse.open(settings)
    at = cutoff or Cutoff(warehouse.last).plus_days(INSTANT_DAYS)
    past = Past(settings, warehouse, at, promotion_plan_days)
    with watched(screen) as stages, stages.stage("features"):
        past.facts()
    folder = past.folder()
    found = [(path.stem, pq.ParquetFile(path).metadata) for path in sorted(folder.glob("*.parquet"))]
    shown = pd.DataFrame([{"table": name, "rows": meta.num_rows, "columns": meta.num_columns} for name, meta in found])
    screen.print(table(f"Features as of {at}", shown))
    typer.echo(folder)


@app.command()
def train(
    cutoff: CutoffOption = None,
    window_days: Annotated[float, typer.Option(min=1, help="Length of a label window.")] = 7.0,
    windows: Annotated[int, typer.Option(min=2, help="Label windows to learn from.")] = 5,
    promotion_plan_days: PlanDays = 0.0,
    work: Work = None,
) -> None:
    """Train as of a cutoff, judge on the days after it, log to MLflow and register a model version.

    Without --cutoff: a label window before the end of the purchases, so that there is something to judge on.
    """
    from training.cli.console import comparison, console, say, watched
    from training.recommendations.pipeline import TrainingPlan
    from training.recommendations.pipeline import train as run

    screen = console()
    plan = TrainingPlan(cutoff, window_days, windows, promotion_plan_days)
    with watched(screen) as stages:
        trained = run(Settings.load(work), plan, datetime.now(UTC), stages)
    if trained.evaluated:
        screen.print(comparison(trained.evaluated.comparison))
    else:
        say(screen, "Nobody to judge on bought after the cutoff, so the gate will not let this version pass.")
    seconds, peak = trained.stages["seconds"].sum(), trained.stages["peak_mb"].max()
    say(screen, f"Version {trained.run.model_version} in {seconds:.0f} s, {peak / 1024:.1f} GiB at the most.")
    say(screen, f"Run: {trained.run.url}\nNext: `omnishelf promote`")


@app.command()
def evaluate(
    cutoff: CutoffOption = None,
    window_days: Annotated[float, typer.Option(min=1, help="Length of the label window after the cutoff.")] = 7.0,
    work: Work = None,
) -> None:
    """Judge the newest model trained as of a cutoff against the baselines, without training or logging."""
    from features.past import Past
    from features.warehouse.warehouse import Warehouse
    from serving.recommender.recommender import Recommender
    from training.cli.console import comparison, console, table, watched
    from training.recommendations.evaluate import evaluate as judge
    from training.recommendations.pipeline import bundle_at

    settings, screen = Settings.load(work), console()
    warehouse, bundle = Warehouse.open(settings), bundle_at(settings, cutoff)
    with watched(screen) as stages, stages.stage("evaluation"):
        # a bundle knows whom it may answer; baselines learn, as a training does, from all who permit that today
        judged = judge(Recommender(bundle), Past(settings, warehouse, bundle.cutoff), window_days)
    screen.print(comparison(judged.comparison))
    rows = judged.slices[judged.slices["metric"] == "ndcg_at_10"].drop(columns="metric")
    screen.print(table("NDCG@10 by slice", rows))


@app.command()
def promote(
    version: Annotated[str | None, typer.Argument(help="Model version; the newest, where none is named.")] = None,
    work: Work = None,
) -> None:
    """Put a version through the gate; if it passes it becomes the champion, which the service picks up."""
    from serving.operate.registry import fetch
    from training.recommendations.promotion import promote as run

    settings = Settings.load(work)
    verdict = run(settings, version, at=datetime.now(UTC))
    _show_verdict(verdict)
    verdict.require()
    fetch(settings)


@app.command()
def rollback(work: Work = None) -> None:
    """Make the previous champion the champion again."""
    from serving.operate.registry import fetch
    from training.recommendations.promotion import rollback as run

    settings = Settings.load(work)
    _show_verdict(run(settings, at=datetime.now(UTC)))
    fetch(settings)


def _show_verdict(verdict: "Verdict") -> None:
    import pandas as pd

    from training.cli.console import console, say, table

    screen = console()
    if verdict.checks:
        rows = [
            {"check": each.name, "passed": "yes" if each.passed else "NO", "found": each.found, "asked for": each.asked}
            for each in verdict.checks
        ]
        screen.print(table(f"The gate, version {verdict.version}", pd.DataFrame(rows)))
    change = "" if verdict.changed else " (as before)"
    say(screen, f"Champion: version {verdict.champion}{change}. Previous: {verdict.previous or 'none'}.")


@app.command()
def recommend(
    customers: Annotated[Path, typer.Option(help="Parquet, CSV or text file with a column customer_id.")],
    out: Annotated[Path, typer.Option(help="Parquet file to write: customer_id, sku, rank, score, source.")],
    cutoff: CutoffOption = None,
    k: Annotated[int, typer.Option("--k", min=1, help="SKUs a customer.")] = 100,
    new_only: Annotated[bool, typer.Option("--new-only", help="Leave out what the customer bought before.")] = False,
    work: Work = None,
) -> None:
    """Write recommendations for many customers, from the newest model trained as of the cutoff."""
    from features.warehouse.warehouse import Warehouse
    from serving.recommender.recommender import Recommender
    from training.cli.console import bar, console, say
    from training.recommendations.bulk import in_types, read_customers, recommend_all, write_table
    from training.recommendations.pipeline import bundle_at

    settings, screen = Settings.load(work), console()
    asked, are_numbers = read_customers(customers)
    came_as, bundle = Warehouse.open(settings).id_types, bundle_at(settings, cutoff)
    with bar(screen) as progress:
        task = progress.add_task("Recommending", total=1.0)
        table = recommend_all(
            Recommender(bundle),
            asked,
            k,
            new_only=new_only,
            progress=lambda share: progress.update(task, completed=share),
        )
    write_table(in_types(table, came_as, are_numbers=are_numbers), out)
    count = table["customer_id"].nunique()
    say(screen, f"{len(table):,} lines for {count:,} customers, cutoff {bundle.cutoff}: {out}")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8700,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
    work: Work = None,
) -> None:
    """Serve the champion over HTTP; a new champion is picked up without dropping a request."""
    from serving.operate.launch import serve as run

    raise typer.Exit(run(Settings.load(work), host, port, workers))


@app.command()
def doctor(work: Work = None) -> None:
    """List the contract tables: present or not, rows, freshness, quarantine, and what each switches on."""
    from features.doctor import examine, people
    from training.cli.console import console, examined, next_steps, say

    settings, screen = Settings.load(work), console()
    found = examine(settings)
    screen.print(examined(found))
    for step in next_steps(found):
        say(screen, step)
    if (known := people(settings)) is not None:
        say(screen, known.sentence)


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the service and MLflow's UI running.")] = False,
    work: Work = None,
) -> None:
    """Run every stage on real baskets with a planted omnichannel layer, start the service, and ask it."""
    # what plants and knows the truth stands above this package, so it is a program of its own
    command = [sys.executable, "-m", "experiments.demonstration", "--work", str(Settings.load(work).work)]
    with contextlib.suppress(KeyboardInterrupt):
        raise typer.Exit(subprocess.run([*command, *(["--keep"] if keep else [])], check=False).returncode)  # noqa: S603


app.command()(assortments.assort)
app.command()(persons.identity)
app.command()(persons.unmerge)
app.command()(persons.erase)
app.command()(persons.export)


REFUSED = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
"""What the system says of a disk that is full or a folder that is not ours."""


def main() -> None:
    """Run the command line; errors of the user's making are told without a traceback."""
    # Read by numerical libraries when they load: one pool of threads a process, asleep when idle.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        app(prog_name="omnishelf")
    except UserError as error:
        sys.stderr.write(f"omnishelf: {error}\n")
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        sys.stderr.write(f"omnishelf: {error}. Next: free some space, or choose a folder that you may write to.\n")
        sys.exit(StateError.exit_code)
