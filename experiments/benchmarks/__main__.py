"""Both benchmarks one after the other: the pipeline in a fresh folder, then requests to the model that it made.

python -m experiments.benchmarks --work work
"""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from features.errors import UserError
from features.settings import Settings


def main(given: list[str] | None = None) -> int:
    """0 where every limit was kept, 1 where one was not, otherwise the exit code of the error."""
    parser = argparse.ArgumentParser(prog="python -m experiments.benchmarks", description=__doc__)
    parser.add_argument("--work", type=Path, help="where the fresh work folder is made")
    # as the command line does, before numerical libraries load: hence the imports below
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from rich.console import Console

    from experiments.benchmarks import http, pipeline
    from serving.operate.registry import fetch
    from training.recommendations.promotion import promote

    screen, at = Console(highlight=False), datetime.now(UTC)
    try:
        with pipeline.fresh(Settings.load(parser.parse_args(given).work)) as settings:
            is_within = pipeline.report(screen, settings, at)
            promote(settings, at=at).require()
            fetch(settings)
            return max(http.main(["--work", str(settings.work)]), 0 if is_within else 1)
    except UserError as error:
        screen.print(str(error), style="red", markup=False)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
