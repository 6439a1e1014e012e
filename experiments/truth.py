"""The truth of a planted set, for studies alone: whose each basket, account and card is.

The simulator writes it to a folder apart (`truth/`), which nothing but an experiment reads.
"""

from collections.abc import Mapping
from pathlib import Path

from experiments.simulator.accounts import STORE_CHAIN, WEB_SHOP
from features.contracts.columns import STORE, WEB
from features.errors import StateError
from features.settings import Settings
from features.sql import literal


def find(settings: Settings, params: Mapping[str, object]) -> Path:
    """The folder that the parameter `truth` names, from the work folder. Raises StateError where it is not there."""
    folder = settings.work / str(params["truth"])
    if not (folder / "planted.json").is_file():
        at = folder.parent
        raise StateError(
            f"There is no truth in {folder}: this needs a planted set. Next: `python -m experiments.simulator "
            f"--from WORK --out {at}`, then `omnishelf ingest tables --dataset {at / 'dataset.toml'} --work "
            f"{settings.work}`; or name another folder with --set truth=…"
        )
    return folder


def baskets(folder: Path) -> str:
    """A query of basket_id (as `purchases` has it), channel, bought_at and person, of baskets that somebody bought."""
    party = f"CASE channel WHEN {literal(WEB)} THEN {literal(WEB_SHOP)} ELSE {literal(STORE_CHAIN)} END"
    name = f"{party} || '/' || CASE channel WHEN {literal(WEB)} THEN {literal(WEB)} ELSE {literal(STORE)} END || ':'"
    return (
        f"SELECT {name} || order_id AS basket_id, channel, bought_at, person "
        f"FROM read_parquet({literal(folder / 'baskets' / '*.parquet')}) WHERE person IS NOT NULL"
    )


def subjects(folder: Path) -> str:
    """A query of subject (kind:party:id) and person."""
    return (
        "SELECT kind || ':' || party || ':' || id AS subject, person "
        f"FROM read_parquet({literal(folder / 'records' / '*.parquet')})"
    )
