"""Export: what is held of a person, as a JSON summary and a folder of tables, for whoever asks for it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from features.errors import StateError, UserError
from features.facts.facts import load
from features.files import whole_folder
from features.privacy.held import Held, held_of, write_rows
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from serving.bundle.bundle import MANIFEST, read_manifest
from training.privacy.erase import names_of


def export(settings: Settings, name: str, out: Path, at: datetime) -> dict[str, int]:
    """Write `person.json` and `tables/*.csv` to the folder `out`, whole or not at all; rows of each table.

    Raises UserError where nobody or more than one has the name, or `out` is there already; StateError where nothing is
    loaded or the folder cannot be written.
    """
    if out.exists():
        raise UserError(f"{out} is there already. Next: remove it, or name another folder with --out.")
    warehouse = Warehouse.open(settings)
    held = held_of(settings, warehouse, name)
    try:
        with whole_folder(out) as partial:
            counts = write_rows(settings, warehouse, held, partial / "tables")
            person = json.dumps(_person(settings, held, counts, at), indent=1)
            (partial / "person.json").write_text(person, encoding="utf-8")
    except OSError as error:
        raise StateError(f"{out} cannot be written: {error}. Next: free some space, or name another --out.") from error
    return counts


def _person(settings: Settings, held: Held, counts: dict[str, int], at: datetime) -> dict[str, Any]:
    when = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    return {
        "customer_id": held.person.customer_id,
        "exported_at": when.isoformat(),
        "accounts_and_cards": list(held.person.subjects),
        "ids": [{"kind": kind, "party": party, "id": identifier} for kind, party, identifier in held.ids],
        "rows": counts,
        "profiles": [profile for folder in _bundles(settings) if (profile := _profile(folder, held)) is not None],
    }


def _bundles(settings: Settings) -> list[Path]:
    return sorted(path.parent for path in settings.bundles.glob(f"*/{MANIFEST}") if not path.parent.suffix)


def _profile(folder: Path, held: Held) -> dict[str, Any] | None:
    """What a model knows of the person: the figures that its answers rest on, and their SKUs."""
    facts, manifest = load(folder / "facts"), read_manifest(folder)
    code = max(facts.customers.code(name) for name in names_of(held))
    if code < 0:
        return None
    history = facts.pairs["customer_sku"]
    rows = history.rows(code)
    return {
        "bundle": folder.name,
        "cutoff": manifest["cutoff"],
        "features": dict(zip(facts.customer.names, map(float, facts.customer.values[code]), strict=True)),
        "skus": {
            facts.skus.text(int(sku)): dict(zip(history.columns.names, map(float, values), strict=True))
            for sku, values in zip(history.keys[rows], history.columns.values[rows], strict=True)
        },
    }
