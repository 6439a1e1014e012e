"""The report of one assortment run as tables: what the pipeline hands over, and what every rendering shows.

`assembled` checks the tables against their declarations (`report.screens`, a file a screen) and, by `check`,
what must hold between them; `save` and `load` keep them as files. Nothing here knows how a plan was found.

"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from features.errors import DataError, StateError
from features.files import whole_folder
from training.assortments.report import declared
from training.assortments.report.checks import faults
from training.assortments.report.columns import conform, empty
from training.assortments.report.ranges import ranges
from training.assortments.report.report import AssortmentReport, Proof, Run

DECISIONS_FILE = "decisions.parquet"
RUN_FILE = "run.json"
TABLES_FOLDER = "tables"
STORE_LISTS_FILE = "store_lists.parquet"


def assembled(
    run: Run,
    proof: Proof,
    tables: Mapping[str, pd.DataFrame],
    missing: Mapping[str, str],
    not_known: tuple[str, ...] = (),
) -> AssortmentReport:
    """The report from the frames at hand; `missing` has, by table or by screen, why another is not there.

    Raises DataError where a table is neither there nor explained, is not of its declared shape, or `check` finds
    that they do not fit together. `ranges` is made from the decisions where it is not given; `overrides` and `realised`
    need no explanation: most runs have neither.
    """
    unknown = sorted(
        (set(tables) | set(missing)) - set(declared.by_name()) - {screen.name for screen in declared.SCREENS}
    )
    if unknown:
        raise DataError(f"A report has no table {', '.join(unknown)}. Its tables are {', '.join(declared.by_name())}.")
    if "ranges" not in tables and {"decisions", "clusters"} <= set(tables):
        tables = {**tables, "ranges": ranges(tables["decisions"], tables["clusters"])}
    shaped, why = {}, {}
    for screen, table in [(each, table) for each in declared.SCREENS for table in each.tables]:
        if table.name in tables and len(tables[table.name]):
            shaped[table.name] = conform(table, tables[table.name])
            continue
        sentence = missing.get(table.name) or _WITHOUT.get(table.name) or missing.get(screen.name)
        if table.required or not sentence:
            raise DataError(
                f"Report table {table.name} has no rows ({table.row})"
                + (
                    "; a report needs them."
                    if table.required
                    else f"; give a sentence for it: missing[{table.name!r}]."
                )
            )
        shaped[table.name], why[table.name] = empty(table), sentence
    report = AssortmentReport(run, proof, shaped, why, not_known)
    check(report)
    return report


_WITHOUT = {
    "overrides": "No overrides were given to this run.",
    "ranges": "The plan carries no SKU.",
    "realised": "The test has not run yet; its weeks appear here when they are read.",
}


_LATER = {"turns": "This run is of a version that did not plan lists and orders in turn."}
"""Tables that runs of earlier versions do not have."""


def save(report: AssortmentReport, folder: Path) -> Path:
    """Write `decisions.parquet`, `tables/*.parquet` and `run.json`: the folder appears whole or not at all.

    Raises StateError where the folder is there already: a run is never written over.
    """
    if folder.exists():
        raise StateError(f"{folder} is there already: a run is never written over. Choose another folder.")
    with whole_folder(folder) as fresh:
        write(report, fresh)
    return folder


def write(report: AssortmentReport, folder: Path) -> None:
    """The files of `save`, into a folder that nobody reads yet."""
    (folder / TABLES_FOLDER).mkdir(parents=True)
    for name, rows in report.tables.items():
        place = folder / DECISIONS_FILE if name == "decisions" else folder / TABLES_FOLDER / f"{name}.parquet"
        rows.to_parquet(place, index=False)
    if report.store_lists is not None:
        report.store_lists.to_parquet(folder / STORE_LISTS_FILE, index=False)
    (folder / RUN_FILE).write_text(json.dumps(identity(report), indent=1, ensure_ascii=False), encoding="utf-8")


def load(folder: Path) -> AssortmentReport:
    """Read what `save` wrote. Raises StateError where it is not there or not whole."""
    try:
        plain = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        places = {table.name: folder / TABLES_FOLDER / f"{table.name}.parquet" for table in declared.tables()}
        places["decisions"] = folder / DECISIONS_FILE
        # a run of an earlier version does not know every table
        frames = {name: pd.read_parquet(place) for name, place in places.items() if name in plain["rows"]}
    except (FileNotFoundError, json.JSONDecodeError) as error:
        raise StateError(f"{folder} does not hold a whole assortment run ({error}). Make the run again.") from error
    run = Run(**{**plain["run"], "parties": tuple(plain["run"]["parties"])})
    return assembled(run, Proof(**plain["proof"]), frames, _LATER | plain["missing"], tuple(plain["not_known"]))


def identity(report: AssortmentReport) -> dict[str, Any]:
    """The content of `run.json`."""
    return {
        "run": asdict(report.run),
        "proof": asdict(report.proof),
        "not_known": list(report.not_known),
        "missing": dict(report.missing),
        "rows": {name: len(rows) for name, rows in report.tables.items()},
    }


def check(report: AssortmentReport) -> None:
    """Raises DataError where a decision lacks what a buyer needs to judge it, or figures disagree."""
    found = faults(report.tables)
    if report.proof.bound_cents < report.proof.value_cents:
        found.append(f"proof: the bound, {report.proof.bound_cents:,} cents, lies below the plan's own value")
    if found:
        raise DataError("The report does not hold together:\n" + "\n".join(f"- {each}" for each in found))
