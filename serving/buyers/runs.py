"""Assortment runs as folders: what was asked, how far it is, and what came out.

    assortments/<id>/request.json   what was asked
    assortments/<id>/overrides.xlsx the edited workbook of another run, where it was asked for with one
    assortments/<id>/state.json     how far it is; replaced whole
    assortments/<id>/alive          locked by the process that works on it, for as long as it lives
    assortments/<id>/report/        report.html, report.xlsx, decisions.parquet, report.json, run.json; appears whole
    assortments/turn                locked by the one run that works; the others wait for it

A process that dies lets go of its locks, so that nobody waits for it: the run is then told as failed.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from features.errors import StateError, UserError
from features.files import is_locked, locked, locked_or_refused, whole_folder, write_whole
from serving.buyers.request import AssortmentRequest

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"

REPORT_FILES = {
    "report.html": "text/html",
    "report.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "decisions.parquet": "application/vnd.apache.parquet",
    "run.json": "application/json",
}
"""What can be fetched of a finished run."""
FETCHED = REPORT_FILES | {"store_lists.parquet": "application/vnd.apache.parquet"}
"""The same, and what only runs with a list for each store have."""
DECISIONS = "report.json"
OVERRIDES = "overrides.xlsx"
"""In a run's folder: the workbook that a buyer gave back, where one did."""

STARTING_SECONDS = 120.0
"""So long a queued run may be without a process: one that starts takes seconds to import."""

_ID = re.compile(r"[a-z0-9]{6,40}")


@dataclass(frozen=True, slots=True)
class State:
    """How far a run is.

    stage   what is being done, in words
    share   0 to 1, of the whole
    error   of a failed run: what to do about it, in a sentence; empty otherwise
    at      ISO 8601 UTC, when this was written
    by      who asked
    """

    state: str
    stage: str
    share: float
    at: str
    by: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class AssortmentRun:
    """One run: its folder, what was asked and how far it is."""

    folder: Path
    request: AssortmentRequest
    state: State

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def report(self) -> Path:
        return self.folder / "report"


def new_id(at: datetime) -> str:
    """Sorts by time, and cannot be guessed from another."""
    return f"{at:%Y%m%d%H%M%S}{secrets.token_hex(4)}"


def ask(folder: Path, request: AssortmentRequest, by: str, at: datetime) -> AssortmentRun:
    """A new run in the queue; its folder appears whole. Raises StateError where it cannot be written."""
    run_id = new_id(at)
    state = State(QUEUED, "waiting for its turn", 0.0, _text(at), by)
    try:
        with whole_folder(folder / run_id) as partial:
            (partial / "request.json").write_text(request.model_dump_json(), encoding="utf-8")
            (partial / "state.json").write_bytes(orjson.dumps(asdict(state)))
    except OSError as error:
        raise StateError(
            f"The run cannot be kept in {folder}: {error.strerror}. Free space or mend its rights."
        ) from error
    return AssortmentRun(folder / run_id, request, state)


def find(folder: Path, run_id: str, at: datetime) -> AssortmentRun | None:
    """The run of that id as of now; None where there is none, or where it is no id."""
    if not _ID.fullmatch(run_id) or not (folder / run_id / "state.json").is_file():
        return None
    return _read(folder / run_id, at)


def listed(folder: Path, at: datetime) -> list[AssortmentRun]:
    """Every run, the newest first."""
    found = [path for path in folder.glob("*/state.json") if _ID.fullmatch(path.parent.name)]
    return [_read(path.parent, at) for path in sorted(found, reverse=True)]


def _read(folder: Path, at: datetime) -> AssortmentRun:
    request = AssortmentRequest.model_validate_json((folder / "request.json").read_bytes())
    state = _state(folder)
    if _is_open(state) and not is_locked(folder / "alive"):
        state = _state(folder)  # it may have finished between the two looks
        if _is_open(state) and (state.state == RUNNING or _age_seconds(state, at) > STARTING_SECONDS):
            state = replace(state, state=FAILED, error="Its process ended without notice. Start the run again.")
    return AssortmentRun(folder, request, state)


def _state(folder: Path) -> State:
    return State(**orjson.loads((folder / "state.json").read_bytes()))


def _is_open(state: State) -> bool:
    return state.state in {QUEUED, RUNNING}


def _age_seconds(state: State, at: datetime) -> float:
    return (datetime.fromisoformat(_text(at)) - datetime.fromisoformat(state.at)).total_seconds()


@contextmanager
def working(run: AssortmentRun) -> Iterator[None]:
    """The body works on the run; others wait their turn. Raises UserError where somebody works on it already."""

    def refusal(holder: str) -> UserError:
        return UserError(f"Run {run.id} is being worked on by another process ({holder}). Wait for it.")

    # Somebody who only looks at it holds the lock for a moment: try for a second.
    alive = locked_or_refused(run.folder / "alive", refusal, within_seconds=1.0)
    with alive, locked(run.folder.parent / "turn"):
        yield


def tell(run: AssortmentRun, state: str, stage: str, share: float, at: datetime, error: str = "") -> None:
    """Write how far the run is, in one step."""
    told = State(state, stage, round(share, 3), _text(at), run.state.by, error)
    write_whole(run.folder / "state.json", orjson.dumps(asdict(told)))


def decisions(run: AssortmentRun) -> list[dict[str, Any]]:
    """Every decision of a finished run, as its report has them."""
    rows: list[dict[str, Any]] = orjson.loads((run.report / DECISIONS).read_bytes())["tables"]["decisions"]
    return rows


def _text(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") if at.tzinfo else at.isoformat()
