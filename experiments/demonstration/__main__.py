"""The demonstration: real baskets with a planted omnichannel layer, from files to answers over HTTP.

    python -m experiments.demonstration --work work [--keep]

Every stage is the one that a user's own data go through; only planting, and what is compared with the planted truth,
belong to the demonstration. `omnishelf demo` starts this.
"""

import argparse
import contextlib
import json
import os
import secrets
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from experiments.definition import Definition
from experiments.demonstration import steps
from experiments.demonstration.people import history, placed
from experiments.demonstration.servers import Running
from experiments.demonstration.steps import Asides, Demo
from experiments.demonstration.visitors import connect
from experiments.simulator.plant import plant
from experiments.studies import identity, pooling
from features.errors import UserError
from features.identity.keyed_hash import VARIABLE
from features.ingest import ingest
from features.past import Past
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from training.cli.console import console, say, table, watched
from training.recommendations.pipeline import TrainingPlan

SEED = 7
PLANTED = "planted"
REAL = "real"
POOLING = ("people=300", "rounds=40")
"""A taste of the experiment: a minute instead of four, and wider intervals."""
SENTENCE = (
    "Real: the baskets, SKUs, prices and promotions of dunnhumby's Complete Journey. Planted: who is online, accounts, "
    "cards and payment tokens, places, stock, listings, suppliers, events, the festival and consents."
)


def run(
    settings: Settings, at: datetime, *, keep: bool, plan: TrainingPlan | None = None, source: Path | None = None
) -> None:
    """Everything, told in plain words; what is there already is used again.

    `source` is a folder in place of the package's real baskets. Raises what the stages raise.
    """
    demo, began = Demo(settings, console(), plan or TrainingPlan(), at, keep), time.perf_counter()
    say(demo.screen, "From purchases to answers. The first time takes minutes, the next ones use what is there.")
    say(demo.screen, SENTENCE)
    steps.run(demo, "tables", planted(demo, source), Asides(people, pooled, by_place))
    say(demo.screen, f"\nDone in {time.perf_counter() - began:.0f} s. All of it is in {settings.work}.")


def planted(demo: Demo, source: Path | None) -> Path:
    """The mapping file of the planted set; made now from the real baskets where it is not there."""
    settings = demo.settings
    _need_key(settings.work)
    folder = settings.work / PLANTED
    if not (folder / "dataset.toml").is_file():
        steps.heading(demo, "0 Real baskets, and what is planted on them")
        real = replace(settings, work=settings.work / REAL)
        with watched(demo.screen) as stages:
            with stages.stage("real baskets") as told:
                report = ingest(
                    real,
                    "complete-journey",
                    source,
                    loaded_at=demo.at,
                    progress=lambda what, share: stages.announce("real baskets", f"{what} ({share:.0%})"),
                )
                told(f"{report.rows['purchases']:,} purchases of {report.rows['stores']:,} stores")
            with stages.stage("planting") as told:
                made = plant(
                    real,
                    folder,
                    seed=SEED,
                    progress=lambda what, share: stages.announce("planting", f"{what} ({share:.0%})"),
                )
                counts = made.counts
                told(f"{counts['people']:,} people, {counts['baskets moved online']:,} baskets moved online,")
                told(f"{counts['lines lost to stock-outs']:,} lines lost to stock-outs")
    settings.planted.write_text(json.dumps({"sentence": SENTENCE}), encoding="utf-8")
    return folder / "dataset.toml"


def _need_key(work: Path) -> None:
    """The secret of the identifiers' hashes: that of the environment, else one of this work folder's own."""
    if os.environ.get(VARIABLE, "").strip():
        return
    path = work / "demonstration.key"
    work.mkdir(parents=True, exist_ok=True)
    if not path.is_file():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    os.environ[VARIABLE] = path.read_text().strip()


def people(demo: Demo, warehouse: Warehouse) -> None:
    """Who was found to be one customer, how right that is, and one of them before and after."""
    steps.heading(demo, "1b One customer in both channels")
    with watched(demo.screen) as stages, stages.stage("compare with the planted truth") as told:
        found = identity.study(demo.settings, Definition.load("identity").params, lambda _said: None)
        told("done")
    say(demo.screen, found.headline)
    demo.screen.print(table("How right that is", found.tables["accuracy"]))
    demo.screen.print(history(demo.settings, warehouse))


def pooled(demo: Demo) -> None:
    """What pooling adds, on a sample of people."""
    steps.heading(demo, "2b What pooling adds")
    with watched(demo.screen) as stages, stages.stage("five arms") as told:
        definition = Definition.load("pooling").with_params(POOLING)
        found = pooling.study(demo.settings, definition.params, lambda said: stages.announce("five arms", said))
        told("the same requests, answered by what each arm knows")
    say(demo.screen, found.headline)
    for name, rows in list(found.tables.items())[:1]:
        demo.screen.print(table(name, rows))
    say(demo.screen, "More people and trees, logged to MLflow: make experiment NAME=pooling")


def by_place(demo: Demo, serving: Running, past: Past) -> None:
    """Lists of one customer by channel and store, and how many customers' lists differ by them."""
    known = past.people()
    with contextlib.closing(connect(serving.host, serving.port)) as connection:
        lists, told = placed(connection, known.purchases, known.served)
    demo.screen.print(lists)
    say(demo.screen, told)


def main(given: list[str] | None = None) -> int:
    """0, or the exit code of the user's error."""
    parser = argparse.ArgumentParser(prog="python -m experiments.demonstration", description=__doc__)
    parser.add_argument("--work", type=Path, help="folder of data, models and tracking")
    parser.add_argument("--keep", action="store_true", help="leave the service and MLflow's pages running")
    arguments = parser.parse_args(given)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        run(Settings.load(arguments.work), datetime.now(UTC), keep=arguments.keep)
    except UserError as error:
        sys.stderr.write(f"omnishelf: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
