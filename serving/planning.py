"""Assortment runs as the service sees them: started, found, finished, or told why not."""

from datetime import datetime
from pathlib import Path

from features.settings import Settings
from serving import runner, runs
from serving.assortment_request import AssortmentRequest
from serving.problems import CONFLICT, NOT_FOUND, TOO_MANY_REQUESTS, ProblemError
from serving.runs import AssortmentRun

MOST_OPEN = 20
"""One run works at a time and takes minutes: a longer queue helps nobody."""


class Planning:
    """The runs of one work folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def folder(self) -> Path:
        return self._settings.work / "assortments"

    def start(self, request: AssortmentRequest, by: str, at: datetime) -> AssortmentRun:
        """Put a run in the queue, with a process that works on it. Raises ProblemError where the queue is full."""
        waiting = [run for run in runs.listed(self.folder, at) if run.state.state in {runs.QUEUED, runs.RUNNING}]
        if len(waiting) >= MOST_OPEN:
            detail = f"{len(waiting)} runs are open already; wait until one of them is done."
            raise ProblemError(TOO_MANY_REQUESTS, detail, headers={"Retry-After": "60"})
        run = runs.ask(self.folder, request, by, at)
        runner.start(self._settings, run)
        return run

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
