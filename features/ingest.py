"""Ingest: a source's tables checked, merged into those loaded before, and one purchase history made of them.

A load either happens whole or leaves everything as it was: the new warehouse is written beside the
old one, and the pointer moves last. The same load again changes nothing. Where tables speak of persons, customers are
resolved before the pointer moves, for the new warehouse alone.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from features.contracts.extract import Extract
from features.contracts.inputs import INPUTS, PURCHASE_INPUTS
from features.contracts.table import Table
from features.engine import session
from features.errors import DataError, UserError
from features.files import put
from features.identity.customers import resolution, resolve_customers
from features.identity.keyed_hash import KeyedHash
from features.identity.ledger import resolved
from features.loading.concealment import concealed, identity_key, key_check
from features.loading.faults import readable, writable
from features.loading.manifest import digest, facts, fingerprint, id_types, integer_ids, is_repeated
from features.loading.merge import Merged, merge
from features.loading.quarantine import write_quarantine
from features.loading.report import IngestReport, TableReport, nothing_new, report, table_report
from features.loading.staging import Staged, stage
from features.privacy.suppression import Suppression, withhold
from features.privacy.suppression import find as suppressed
from features.settings import Settings
from features.sources import complete_journey, tables
from features.sql import parquet
from features.warehouse.assemble import assemble, link
from features.warehouse.scratch import scratch_folder
from features.warehouse.warehouse import SCHEMA, Warehouse, only_load, publish, write_manifest

Progress = Callable[[str, float], None]
"""Called with what is being done next and the share of the load that is behind, 0 to 1."""

Source = Callable[[DuckDBPyConnection, Path | None, Path], tuple[Extract, ...]]

SOURCES: dict[str, Source] = {"complete-journey": complete_journey.extracts, "tables": tables.extracts}


@dataclass(frozen=True, slots=True)
class _Job:
    source: str
    loaded_at: datetime
    replace: bool
    progress: Progress
    scratch: Path
    before: Warehouse | None
    key: KeyedHash | None = None
    suppressed: Suppression | None = None


def silent(_what: str, _share: float) -> None:
    """Progress that nobody watches."""


def ingest(
    settings: Settings,
    source: str,
    dataset: Path | None = None,
    *,
    loaded_at: datetime,
    replace: bool = False,
    progress: Progress = silent,
) -> IngestReport:
    """Load a source (a name in SOURCES) into the warehouse.

    dataset    `tables`: the mapping file; `complete-journey`: a folder to take the place of the package's
    loaded_at  the instant of the load (UTC where it has no zone): purchases after it are bad rows
    replace    start from nothing: earlier loads, and what of them is in quarantine, are dropped

    Raises UserError for an unknown source or a wrong mapping, DataError for data that cannot be used,
    StateError where another load is running or the work folder cannot be written. The warehouse that
    was there stays as it was then.
    """
    if source not in SOURCES:
        message = f"There is no source {source!r}. Sources: {', '.join(SOURCES)}"
        raise UserError(message)
    at = loaded_at.astimezone(UTC).replace(tzinfo=None) if loaded_at.tzinfo else loaded_at
    with writable(settings.work), only_load(settings), scratch_folder(settings.warehouse) as scratch:
        before = None if replace else Warehouse.find(settings)
        job = _Job(source, at, replace, progress, scratch, before, suppressed=suppressed(settings))
        with session(settings, scratch / "spill") as connection:
            progress("Looking at the files", 0.0)
            done = _load(connection, settings, job, SOURCES[source](connection, dataset, scratch / "raw"))
        return _with_customers(done, settings)


def _load(connection: DuckDBPyConnection, settings: Settings, job: _Job, extracts: tuple[Extract, ...]) -> IngestReport:
    job = replace(job, key=identity_key(extracts))
    check = _need_same_key(job)
    mark = fingerprint(job.source, extracts)
    if job.before and is_repeated(job.before, mark):
        return nothing_new(job.before)
    _need_purchases(job.before, extracts)
    read = [_staged(connection, job, extract, nth / len(extracts)) for nth, extract in enumerate(extracts)]
    _need_rows([one for one, _ in read])
    staged = [withhold(connection, one, known, job.suppressed) for one, known in read]
    job.progress("Merging with earlier loads", 0.6)
    new, inputs = job.scratch / "new", job.scratch / "new" / "inputs"
    reports = tuple(table_report(one, _merged(connection, job, one, inputs)) for one in staged)
    _keep_other_inputs(job.before, inputs)
    currency = _need_one_currency(connection, inputs)
    name = digest(connection, inputs)
    _write_quarantine(staged, None if job.replace else settings.quarantine, job.scratch / "quarantine")
    if job.before and name == job.before.digest:
        _move_quarantine(job, settings.quarantine)
        return report(job.before, job.source, reports, changed=False)
    rows = assemble(connection, inputs, new, lambda what: job.progress(what, 0.7))
    known = integer_ids(job.before, staged)
    manifest = {"schema": SCHEMA, "digest": name, "rows": rows, "integer_ids": known, "id_types": id_types(known)}
    manifest |= {"currency": currency, "identity_key": check}
    manifest |= facts(connection, new / "purchases.parquet") | _history(job, mark, reports)
    write_manifest(new, manifest)
    job.progress("Resolving customers", 0.8)
    resolve_customers(settings, inputs, name, job.before.digest if job.before else None)
    publish(new, settings, name)
    _move_quarantine(job, settings.quarantine)
    job.progress("Done", 1.0)
    return report(Warehouse.open(settings), job.source, reports, changed=True)


def _with_customers(done: IngestReport, settings: Settings) -> IngestReport:
    """The report with how many customers the accounts and cards are; as it is where nothing speaks of persons."""
    version = resolution(settings, Warehouse.open(settings))
    if version is None:
        return done
    said = resolved(version)
    return replace(done, subjects=said["subjects"], customers=said["customers"])


def _need_purchases(before: Warehouse | None, extracts: tuple[Extract, ...]) -> None:
    if before is None and not any(extract.table in PURCHASE_INPUTS for extract in extracts):
        message = "There are no purchases: bring web_orders or till_receipts. Next: map one of them in dataset.toml."
        raise DataError(message)


def _need_same_key(job: _Job) -> str | None:
    """What tells the key of the hashes apart from others, None where nothing was ever hashed."""
    held = job.before.manifest.get("identity_key") if job.before else None
    if job.key is None:
        return held
    if held and held != key_check(job.key):
        message = (
            "Identifiers were hashed under another key before, and hashes of two keys never match. Next: set the key "
            "of that load, or load every table again with `omnishelf ingest --replace`."
        )
        raise UserError(message)
    return key_check(job.key)


def _need_rows(staged: Sequence[Staged]) -> None:
    """Purchases that come out empty are a mistake, not a load."""
    bought = [one for one in staged if one.table in PURCHASE_INPUTS]
    if bought and not any(one.rows for one in bought):
        what = "; ".join(f"{one.table.name} has {one.read:,} rows{_why(one)}" for one in bought)
        message = f"There are no purchases to load: {what}. Next: mend the file or its mapping, then load again."
        raise DataError(message)


def _why(staged: Staged) -> str:
    return "".join(f", {times:,} of them bad ({reason})" for reason, times in staged.bad.by_reason().items())


def _staged(connection: DuckDBPyConnection, job: _Job, extract: Extract, share: float) -> tuple[Staged, Extract]:
    job.progress(f"Reading {extract.table.name}", share * 0.6)
    with readable(extract.files, job.scratch):
        known = concealed(connection, extract, job.key, job.scratch / "raw") if job.key else extract
        return stage(connection, known, job.scratch / "staged", job.loaded_at, _held(job, extract.table)), known


def _merged(connection: DuckDBPyConnection, job: _Job, staged: Staged, inputs: Path) -> Merged:
    return merge(connection, staged, _held(job, staged.table), inputs / staged.path.name)


def _held(job: _Job, table: Table) -> Path | None:
    """The table as loaded before, None where it was not."""
    held = job.before.input(table.name) if job.before else None
    return held if held and held.is_file() else None


def _need_one_currency(connection: DuckDBPyConnection, inputs: Path) -> str | None:
    """The currency that amounts are in, None where no row says."""
    files = [inputs / f"{table.name}.parquet" for table in PURCHASE_INPUTS]
    said = " UNION ".join(f"SELECT currency FROM {parquet(path)}" for path in files if path.is_file())
    found = connection.execute(
        f"SELECT DISTINCT currency FROM ({said}) WHERE currency IS NOT NULL ORDER BY 1"
    ).fetchall()
    currencies = [str(row[0]) for row in found]
    if len(currencies) > 1:
        message = (
            f"web_orders and till_receipts have amounts in {' and '.join(currencies)}. Next: bring paid and list_price "
            'in one currency (convert them, or with sql = "…" in dataset.toml), and say so in currency.'
        )
        raise DataError(message)
    return currencies[0] if currencies else None


def _keep_other_inputs(before: Warehouse | None, inputs: Path) -> None:
    for table in INPUTS:
        path = inputs / f"{table.name}.parquet"
        if before and not path.is_file() and before.input(table.name).is_file():
            link(before.input(table.name), path)


def _write_quarantine(staged: Sequence[Staged], held: Path | None, folder: Path) -> None:
    for one in staged:
        if one.bad.by_reason():
            name = f"{one.table.name}.parquet"
            write_quarantine(one.bad, held / name if held else None, folder / name)


def _move_quarantine(job: _Job, folder: Path) -> None:
    """Put the finished files in their place: nothing can fill up here any more."""
    if job.replace:
        shutil.rmtree(folder, ignore_errors=True)
    for path in (job.scratch / "quarantine").iterdir():
        folder.mkdir(parents=True, exist_ok=True)
        put(path, folder / path.name)


def _history(job: _Job, mark: str, reports: tuple[TableReport, ...]) -> dict[str, object]:
    load = {
        "source": job.source,
        "loaded_at": job.loaded_at.isoformat(),
        "fingerprint": mark,
        "tables": [one.as_json() for one in reports],
    }
    earlier = job.before.manifest["loads"] if job.before else []
    return {"source": job.source, "loaded_at": job.loaded_at.isoformat(), "loads": [*earlier, load]}
