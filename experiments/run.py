"""`python -m experiments.run NAME --work WORK [--set key=value …]`: ask, answer, show, keep, and log to MLflow.

Leaves with 0 where every goal was met, 1 where one was missed, otherwise with the exit code of the user's error.
What MLflow could not take is kept in the work folder; `--log-kept` logs it later.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.definition import Definition, names
from features.errors import StateError, UserError
from features.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.findings import Findings

_SHOWN = 30
"""Rows of a table on the screen; all of them are kept."""


def main(given: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(given)
    # Read by numerical libraries when they load: one pool of threads a process, asleep when idle.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from training.cli.console import console, say

    screen = console()
    try:
        settings = Settings.load(arguments.work)
        if arguments.list:
            return _list(screen)
        if arguments.log_kept:
            return _log_kept(screen, settings)
        definition = Definition.load(arguments.name or "").with_params(arguments.set or ())
        return run(definition, settings, screen, datetime.now(UTC), is_logged=not arguments.no_log)
    except UserError as error:
        say(screen, str(error))
        return error.exit_code


def run(definition: Definition, settings: Settings, screen: "Console", at: datetime, *, is_logged: bool) -> int:
    """0 where every goal was met, 1 otherwise. What was found is shown and kept whatever MLflow does."""
    from experiments import logbook
    from training.cli.console import say

    study, started = definition.find(), time.perf_counter()
    say(screen, f"{definition.name}: {definition.question}")
    findings = study(settings, definition.params, lambda text: say(screen, f"  {text}"))
    seconds = time.perf_counter() - started
    _show(screen, findings)
    folder = logbook.keep(definition, findings, settings, at, seconds)
    say(screen, f"{seconds:.0f} s. Tables and figures: {folder}")
    if is_logged:
        _log(screen, folder, settings)
    return 0 if all(goal.is_met for goal in findings.goals) else 1


def _show(screen: "Console", findings: "Findings") -> None:
    import pandas as pd

    from training.cli.console import say, side_by_side, table

    say(screen, f"\n{findings.headline}\n")
    for name, rows in findings.tables.items():
        for part in side_by_side(rows.head(_SHOWN), screen.width):
            screen.print(table(name.replace("_", " "), part))
        if len(rows) > _SHOWN:
            say(screen, f"… {len(rows) - _SHOWN:,} rows more in the folder below")
    if findings.goals:
        goals = [
            {"goal": goal.name, "found": goal.found, "asked for": goal.asked, "met": "yes" if goal.is_met else "NO"}
            for goal in findings.goals
        ]
        screen.print(table("Goals", pd.DataFrame(goals)))


def _log(screen: "Console", folder: Path, settings: Settings) -> None:
    from experiments import logbook
    from training.cli.console import say

    try:
        say(screen, f"MLflow: {logbook.log(folder, settings)}")
    except StateError as error:
        say(screen, f"{error}\nNothing is lost. Once MLflow answers: python -m experiments.run --log-kept")


def _log_kept(screen: "Console", settings: Settings) -> int:
    from experiments import logbook
    from training.cli.console import say

    waiting = list(logbook.unlogged(settings))
    for folder in waiting:
        say(screen, f"{folder.name}: {logbook.log(folder, settings)}")
    if not waiting:
        say(screen, "Nothing was waiting to be logged.")
    return 0


def _list(screen: "Console") -> int:
    import pandas as pd

    from training.cli.console import table

    rows = [{"experiment": name, "question": Definition.load(name).question} for name in names()]
    screen.print(table("Experiments", pd.DataFrame(rows, columns=["experiment", "question"])))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experiments.run", description=__doc__)
    parser.add_argument("name", nargs="?", help="which experiment: the name of a file in experiments/definitions")
    parser.add_argument("--work", type=Path, help="work folder (default: OMNISHELF_WORK or ./work)")
    parser.add_argument("--set", action="append", metavar="KEY=VALUE", help="another value for a parameter")
    parser.add_argument("--no-log", action="store_true", help="leave MLflow out")
    parser.add_argument("--list", action="store_true", help="list the experiments")
    parser.add_argument("--log-kept", action="store_true", help="log what was kept while MLflow was down")
    return parser


if __name__ == "__main__":
    sys.exit(main())
