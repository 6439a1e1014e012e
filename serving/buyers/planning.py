"""Assortment runs as the service sees them: started, found, finished, or told why not."""

import io
import zipfile
from datetime import datetime
from pathlib import Path

from features.settings import Settings
from serving.buyers import runner, runs
from serving.buyers.request import AssortmentRequest
from serving.buyers.runs import AssortmentRun
from serving.web.problems import BAD_REQUEST, CONFLICT, NOT_FOUND, TOO_MANY_REQUESTS, ProblemError

MOST_OPEN = 20
"""One run works at a time and takes minutes: a longer queue helps nobody."""


MOST_UNPACKED_BYTES = 256 * 1024 * 1024
_BOOK, _MACROS = "xl/workbook.xml", "vbaproject.bin"


def check_workbook(content: bytes) -> None:
    """Raises ProblemError for what is no plain .xlsx workbook, holds macros, or unpacks to more than anybody needs.

    Only the directory of the archive is looked at: nothing of it is opened or run here.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile:
        raise ProblemError(BAD_REQUEST, "That is no .xlsx workbook. Choose the edited report.xlsx.") from None
    names = [part.filename.lower() for part in parts]
    if any(name.endswith(_MACROS) for name in names):
        raise ProblemError(BAD_REQUEST, "The workbook holds macros. Save it as .xlsx, without them.")
    if _BOOK not in names:
        raise ProblemError(BAD_REQUEST, "That is no .xlsx workbook. Choose the edited report.xlsx.")
    if sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        raise ProblemError(BAD_REQUEST, "The workbook unpacks to more than a report holds. Take a fresh report.xlsx.")


class Planning:
    """The runs of one work folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def folder(self) -> Path:
        return self._settings.assortments

    def start(self, request: AssortmentRequest, by: str, at: datetime, workbook: bytes = b"") -> AssortmentRun:
        """Put a run in the queue, with a process that works on it. Raises ProblemError where the queue is full."""
        waiting = [run for run in runs.listed(self.folder, at) if run.state.state in {runs.QUEUED, runs.RUNNING}]
        if len(waiting) >= MOST_OPEN:
            detail = f"{len(waiting)} runs are open already; wait until one of them is done."
            raise ProblemError(TOO_MANY_REQUESTS, detail, headers={"Retry-After": "60"})
        run = runs.ask(self.folder, request, by, at)
        if workbook:
            (run.folder / runs.OVERRIDES).write_bytes(workbook)
        runner.start(self._settings, run)
        return run

    def start_again(self, run_id: str, workbook: bytes, by: str, at: datetime) -> AssortmentRun:
        """Ask once more what that run asked, with the overrides of a workbook, whose cells the planner reads.

        Raises ProblemError where it is no workbook, there is no such run, or the queue is full.
        """
        check_workbook(workbook)
        return self.start(self.find(run_id, at).request, by, at, workbook)

    def find(self, run_id: str, at: datetime) -> AssortmentRun:
        """Raises ProblemError where there is no such run."""
        run = runs.find(self.folder, run_id, at)
        if run is None:
            raise ProblemError(NOT_FOUND, f"There is no assortment {run_id[:60]!r}.")
        return run

    def finished(self, run_id: str, at: datetime) -> AssortmentRun:
        """Raises ProblemError where there is no such run, or where it has no result."""
        run = self.find(run_id, at)
        if run.state.state != runs.DONE:
            why = f": {run.state.error}" if run.state.error else ""
            raise ProblemError(CONFLICT, f"The assortment is {run.state.state}{why or ', not done'}.")
        return run
