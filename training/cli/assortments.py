"""Verbs of the command line for buyers: plan what stores carry."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.errors import UserError
from features.settings import Settings
from training.cli.options import Work

if TYPE_CHECKING:
    from serving.buyers.request import AssortmentRequest


def assort(
    category: Annotated[str | None, typer.Option(help="Category to plan, as skus name it.")] = None,
    stores: Annotated[str, typer.Option(help="Store ids, separated by commas; every store where left out.")] = "",
    rules: Annotated[Path | None, typer.Option(help="Rules in TOML: must-carry, bans, brand minimums, …")] = None,
    overrides: Annotated[Path | None, typer.Option(help="A run's report.xlsx with your overrides in it.")] = None,
    weeks: Annotated[int, typer.Option(min=1, max=52, help="Weeks that the plan is for.")] = 13,
    cutoff: Annotated[str | None, typer.Option(help="Plan with what was known before this instant, UTC.")] = None,
    party: Annotated[str | None, typer.Option(help="Only the stores of this seller.")] = None,
    per_store: Annotated[bool, typer.Option("--per-store", help="Make a list for each store, too.")] = False,
    run: Annotated[str | None, typer.Option(help="Work on a run that was asked for over HTTP.", hidden=True)] = None,
    work: Work = None,
) -> None:
    """Plan what each cluster of stores carries, and write the buyer's report (HTML, Excel, Parquet)."""
    from serving.buyers import runs
    from training.assortments.work import work as work_on
    from training.cli.console import console, say, watched

    settings, screen = Settings.load(work), console()
    folder = settings.assortments
    if run:
        found = runs.find(folder, run, _now())
        if found is None:
            raise UserError(f"There is no run {run!r} in {folder}.")
        given = found.folder / runs.OVERRIDES
        overrides = given if given.is_file() else None
    else:
        told = {
            "category": category,
            "stores": [each.strip() for each in stores.split(",") if each.strip()],
            "horizon_weeks": weeks,
            "cutoff": cutoff,
            "party": party,
            "per": "store" if per_store else "cluster",
        }
        found = runs.ask(folder, _asked(settings, told, rules, overrides), "command line", _now())
    with watched(screen) as stages:
        where = work_on(settings, found, _now, stages, overrides)
    for name in runs.FETCHED:
        if (found.report / name).is_file():
            say(screen, f"{found.report / name}")
    say(screen, f"MLflow: {where}")


def _now() -> datetime:
    return datetime.now(UTC)


def _asked(
    settings: Settings, told: Mapping[str, object], rules: Path | None, overrides: Path | None
) -> "AssortmentRequest":
    """What a run is to plan: as told, or as the run asked that the workbook came from.

    Raises UserError where nothing says which category, or where that run is gone.
    """
    from training.assortments.request import again, asked

    if overrides:
        return again(settings.assortments, overrides, rules, _now())
    if not told["category"]:
        raise UserError("Which category? Next: omnishelf assort --category NAME, as it stands in skus.")
    return asked(told, rules)
