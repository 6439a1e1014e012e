"""The logbook: what a study found, kept as a folder under the work folder and logged to MLflow from there.

    <work>/experiments/<name>-<instant>/findings.json, <table>.json, <figure>.png
    <work>/experiments/<name>-<instant>/logged          its address in MLflow

The last one is not there while MLflow has not got it: what is kept can be logged later.
"""

import json
import math
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from experiments.definition import Definition
from experiments.findings import Findings, Goal
from features.files import whole_folder
from features.settings import Settings
from training.tracking import origin
from training.tracking.mlflow_runs import track_page
from training.tracking.page import LONGEST_PARAMETER, Experiment, Page, Point, clean, write_table

FINDINGS = "findings.json"
LOGGED = "logged"
STUDIES = Experiment(
    "omnishelf-experiments",
    "study",
    "One run a study: its answer is in the note, figures and tables are under Artifacts.",
)


def keep(definition: Definition, findings: Findings, settings: Settings, at: datetime, seconds: float) -> Path:
    """Write what was found to a folder of its own; half-written ones are not left behind under that name."""
    folder = settings.experiments / f"{definition.name}-{at:%Y%m%dT%H%M%S}"
    with whole_folder(folder) as fresh:
        for name, table in findings.tables.items():
            write_table(table, fresh / f"{_stem(name)}.json")
        for name, figure in findings.figures.items():
            figure.savefig(fresh / f"{_stem(name)}.png")
        (fresh / FINDINGS).write_text(
            json.dumps(_told(definition, findings, at, seconds), indent=1, default=lambda number: number.item()),
            encoding="utf-8",
        )
    return folder


def log(folder: Path, settings: Settings) -> str:
    """Log a kept folder as a run of MLflow, and note its address. Raises StateError where MLflow fails."""
    told = json.loads((folder / FINDINGS).read_text(encoding="utf-8"))
    goals = [Goal(**goal) for goal in told["goals"]]
    page = Page(
        name=folder.name,
        params={clean(name): str(value)[:LONGEST_PARAMETER] for name, value in told["params"].items()},
        points=[Point(clean(name), value) for name, value in told["metrics"].items() if math.isfinite(value)],
        tags={
            "experiment": told["name"],
            "question": told["question"],
            "headline": told["headline"],
            "finished_at": told["at"],
            "mlflow.note.content": _note(told["question"], told["headline"], goals),
            **{f"goal.{clean(goal.name)}": _verdict(goal) for goal in goals},
            **told["origin"],
        },
        files=folder,
        tables=told["tables"],
        experiment=STUDIES,
    )
    address = track_page(page, settings).url
    (folder / LOGGED).write_text(f"{address}\n")
    return address


def unlogged(settings: Settings) -> Iterator[Path]:
    """Folders that MLflow has not got yet, oldest name first."""
    for path in sorted((settings.experiments).glob(f"*/{FINDINGS}")):
        if path.parent.suffix != ".tmp" and not (path.parent / LOGGED).exists():
            yield path.parent


def _told(definition: Definition, findings: Findings, at: datetime, seconds: float) -> dict[str, object]:
    return {
        "name": definition.name,
        "question": definition.question,
        "headline": findings.headline,
        "at": at.isoformat(),
        "params": {"study": definition.study, **definition.params},
        "metrics": {**findings.metrics, "seconds": round(seconds, 3)},
        "tables": [_stem(name) for name in findings.tables],
        "goals": [
            {"name": goal.name, "found": goal.found, "asked": goal.asked, "is_met": bool(goal.is_met)}
            for goal in findings.goals
        ],
        "origin": origin.tags(),  # the code that found it, also where it is logged later
    }


def _stem(name: str) -> str:
    return re.sub(r"[^\w\-]+", "_", name).strip("_") or "table"


def _verdict(goal: Goal) -> str:
    return f"{'met' if goal.is_met else 'MISSED'}: {goal.found} (asked: {goal.asked})"


def _note(question: str, headline: str, goals: list[Goal]) -> str:
    return "\n".join([f"**{question}**", "", headline, "", *(f"- {goal.name}: {_verdict(goal)}" for goal in goals)])
