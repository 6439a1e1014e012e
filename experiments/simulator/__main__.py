"""`python -m experiments.simulator --from WORK --out DIR --seed 7 --scale 1 [dials]`: plant, and say what there is."""

import argparse
import sys
from dataclasses import fields
from pathlib import Path

from rich.console import Console
from rich.table import Table

from experiments.simulator.dials import Dials
from experiments.simulator.plant import Planted, plant
from features.errors import UserError
from features.settings import Settings


def main(given: list[str] | None = None) -> int:
    """0, or the exit code of the user's error."""
    arguments, console = _parser().parse_args(given), Console(highlight=False)
    told = {name: value for name, value in vars(arguments).items() if value is not None}
    chosen = {field.name: told[field.name] for field in fields(Dials) if field.name in told}
    try:
        with console.status("Planting") as status:
            planted = plant(
                Settings.load(arguments.work),
                arguments.out,
                seed=arguments.seed,
                scale=arguments.scale,
                dials=Dials.none().turned(chosen) if arguments.none else Dials().turned(chosen),
                progress=lambda what, share: status.update(f"{what} ({share:.0%})"),
            )
    except UserError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        return error.exit_code
    show(console, planted)
    return 0


def show(console: Console, planted: Planted) -> None:
    """Print what was planted as a table."""
    table = Table("planted", "how many")
    table.columns[1].justify = "right"
    for name, count in planted.counts.items():
        table.add_row(name, f"{count:,}")
    table.add_section()
    for name, count in planted.rows.items():
        table.add_row(name, f"{count:,}")
    console.print(table)
    console.print(f"The truth is in {planted.truth}; nothing but experiments may read it.", soft_wrap=True)
    console.print(f"Next: omnishelf ingest tables --dataset {planted.dataset}", soft_wrap=True, markup=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.simulator",
        description="Plant an omnichannel layer on real baskets. experiments/simulator/dials.py explains each dial.",
    )
    parser.add_argument("--from", dest="work", type=Path, help="work folder with the real baskets")
    parser.add_argument("--out", type=Path, required=True, help="folder to make")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scale", type=int, default=1, help="how many times the customers are repeated")
    parser.add_argument("--none", action="store_true", help="dials that are not given are 0")
    for field in fields(Dials):
        kind = type(field.default)
        name = f"--{field.name.replace('_', '-')}"
        parser.add_argument(name, type=kind, metavar=kind.__name__, help=f"{field.default} where not given")
    return parser


if __name__ == "__main__":
    sys.exit(main())
