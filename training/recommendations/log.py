"""The page of a training in MLflow, and the records that have to wait for it.

Where MLflow does not answer, the record of a training is kept in the work folder beside the bundle. Logged later by:

    python -m training.recommendations.log --work work
"""

import argparse
import importlib.metadata
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from features.errors import StateError
from features.settings import Settings
from training.recommendations import record as records
from training.recommendations.figures import HEADLINE, figures
from training.recommendations.record import TrainingRecord
from training.recommendations.run_page import (
    best_baseline,
    dataset_entries,
    detail_points,
    headline_points,
    parameters,
    summary,
    tables,
    yardstick,
)
from training.tracking.mlflow_runs import TrackedRun, downloaded, track_page
from training.tracking.page import Experiment, Input, Model, Page, write_table

if TYPE_CHECKING:
    from serving.operate.registry import Client

TRAININGS = Experiment(
    "omnishelf-training",
    "training",
    "One run a training: figures and tables are under Artifacts, numbers under Model metrics.",
)
RECORD_FOLDER = "record"
EXAMPLE_CUSTOMERS = 3
MODEL_NOTE = "One version a training. The one with the alias champion answers shoppers; previous is the way back."
MODEL_PACKAGES = ("filelock", "mlflow", "numpy", "onnxruntime")
"""What it takes to answer from a bundle outside this repository; the code itself goes with the model."""
SOURCE = Path(__file__).parents[2]


def track(
    record: TrainingRecord, settings: Settings, run_name: str | None = None, run_id: str | None = None
) -> TrackedRun:
    """Log everything that a training has to tell, and register its bundle as a new model version.

    `run_id`: a run that `open_run` gave; without one a run is opened and closed here. Where MLflow fails, the record is
    kept in the work folder and the StateError says how to log it later.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            return track_page(page(record, settings, Path(folder), run_name), settings, run_id)
    except Exception as error:
        kept = records.save(record, settings.untracked / record.bundle.name)
        if not isinstance(error, StateError | OSError):
            raise
        raise StateError(
            f"{error}\nNothing is lost: the bundle is {record.bundle}, and what the run had to log is kept in {kept}. "
            f"Once MLflow answers, log it with: python -m training.recommendations.log --work {settings.work}"
        ) from error


def page(record: TrainingRecord, settings: Settings, folder: Path, name: str | None = None) -> Page:
    """The page of a training; its files are written into the folder.

    Figures and tables lie at the top: MLflow's page that compares runs shows only those side by side. The whole record
    is for programs.
    """
    records.save(record, folder / RECORD_FOLDER)
    for stem, figure in figures(record).items():
        figure.savefig(folder / f"{stem}.png")
    shown = tables(record)
    for stem, table in shown.items():
        write_table(table, folder / f"{stem}.json")
    return Page(
        name=name,
        experiment=TRAININGS,
        params=parameters(record),
        tags=_tags(record),
        files=folder,
        tables=list(shown),
        points=detail_points(record),
        headline=headline_points(record),
        inputs=[Input(each.context, dataset_entries(each)) for each in record.datasets],
        model=_model(record, settings),
    )


def track_kept(settings: Settings) -> list[TrackedRun]:
    """Log the records that `track` had to keep, oldest name first; each is forgotten once it is logged."""
    done = []
    for folder in sorted(settings.untracked.glob("*/")):
        if folder.suffix != ".tmp":
            done.append(track(records.load(folder), settings, run_name=folder.name))
            shutil.rmtree(folder)
    return done


def read_record(client: "Client", model: str, version: str) -> TrainingRecord | None:
    """What the run behind a model version logged; None where nothing that can be read is there."""
    with downloaded(client, model, version, RECORD_FOLDER) as folder:
        try:
            return records.load(folder) if folder else None
        except (OSError, ValueError, KeyError):
            return None


def main(arguments: Sequence[str] | None = None) -> None:
    """Log what had to wait for MLflow."""
    parser = argparse.ArgumentParser(description="Log the training records that were kept while MLflow was down.")
    parser.add_argument("--work", type=Path, default=None, help="work folder (default: OMNISHELF_WORK or ./work)")
    settings = Settings.load(parser.parse_args(arguments).work)
    try:
        done = track_kept(settings)
    except StateError as error:
        sys.exit(str(error))
    for run in done:
        sys.stdout.write(f"version {run.model_version} of {settings.model_name}: {run.url}\n")
    if not done:
        sys.stdout.write("Nothing was waiting to be logged.\n")


def _tags(record: TrainingRecord) -> dict[str, str]:
    checks = {
        f"check.{name}": f"{'passed' if passed else 'FAILED'}: {found}"
        for name, (passed, found) in record.checks.items()
    }
    return {
        "cutoff": record.cutoff,
        "yardstick": yardstick(record),
        "bundle": str(record.bundle),
        "best_baseline": best_baseline(record.comparison) or "none",
        "mlflow.note.content": summary(record),
        **checks,
    }


def _model(record: TrainingRecord, settings: Settings) -> Model:
    """The bundle, with the code that answers from it."""
    tags = {"cutoff": record.cutoff, "bundle": record.bundle.name}
    headline = {
        point.name: f"{point.value:.4f}" for point in headline_points(record) if point.name == f"all.{HEADLINE}"
    }
    return Model(
        name="recommender",
        registered_as=settings.model_name,
        about=MODEL_NOTE,
        folder=record.bundle,
        loader="serving.recommender.pyfunc",
        code=[SOURCE / package for package in ("features", "serving")],
        requirements=[f"{name}=={importlib.metadata.version(name)}" for name in MODEL_PACKAGES],
        columns={"customer_id": True, "store_id": False, "placement": False},
        options={"size": 10, "new_only": False},
        example=_example(record.samples),
        note=summary(record),
        tags=tags,
        version_tags={"validation": "pending", **tags, **headline},
    )


def _example(samples: pd.DataFrame) -> pd.DataFrame:
    """A few customers of the sample; a made-up one, who is answered as unknown, where it is empty."""
    customers = samples["customer_id"].drop_duplicates().head(EXAMPLE_CUSTOMERS).tolist() if len(samples) else ["c-1"]
    return pd.DataFrame({"customer_id": customers, "placement": "home"})


if __name__ == "__main__":
    main()
