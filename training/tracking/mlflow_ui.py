"""Open MLflow's pages on this machine: python -m training.tracking.mlflow_ui --work work."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from features.errors import UserError
from features.settings import Settings
from training.tracking.mlflow_runs import UI_ENVIRONMENT, UI_HOST, UI_MODE, UI_PORT, ui_command


def main(arguments: Sequence[str] | None = None) -> None:
    """Become MLflow's server, until it is told to stop."""
    parser = argparse.ArgumentParser(description="Show training runs and registered models in a browser.")
    parser.add_argument("--work", type=Path, default=None, help="work folder (default: OMNISHELF_WORK or ./work)")
    parser.add_argument("--port", type=int, default=UI_PORT)
    given = parser.parse_args(arguments)
    try:
        command = ui_command(Settings.load(given.work), UI_HOST, given.port)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    sys.stderr.write(f"MLflow starts on http://{UI_HOST}:{given.port}/#/experiments?{UI_MODE} (Ctrl-C stops it) …\n")
    sys.stderr.flush()
    os.execve(command[0], command, {**os.environ, **UI_ENVIRONMENT})  # noqa: S606 - our own command, no shell


if __name__ == "__main__":
    main()
