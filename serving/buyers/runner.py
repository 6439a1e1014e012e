"""Start the process that works on an assortment run: it outlives the service, which may be restarted meanwhile."""

import os
import subprocess
import sys

from features.settings import Settings
from serving.buyers.runs import AssortmentRun

_DETACHED = '"$@" >>"$OMNISHELF_RUN_LOG" 2>&1 </dev/null &'
"""The shell ends at once and leaves the process to the system: it is no child of the service."""


def command(settings: Settings, run: AssortmentRun) -> list[str]:
    """The command that works on the run in the foreground."""
    return [sys.executable, "-m", "training.cli", "assort", "--work", str(settings.work), "--run", run.id]


def start(settings: Settings, run: AssortmentRun) -> None:
    """Start it, and return at once; what it prints goes to `log.txt` of the run's folder."""
    subprocess.run(  # noqa: S603 - our own command
        ["/bin/sh", "-c", _DETACHED, "sh", *command(settings, run)],
        env={**os.environ, **settings.environment(), "OMNISHELF_RUN_LOG": str(run.folder / "log.txt")},
        start_new_session=True,
        check=True,
    )
