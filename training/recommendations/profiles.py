"""Served: whom a bundle may speak to, and under which names they are found.

A training learns from those who permit it; a bundle holds the profiles of those among them who also permit
recommendations. Everybody else who is known keeps a name in the directory that says so, and nothing more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.facts.facts import Codes, Columns, Facts, Grouped, Ids
from features.facts.grains import CUSTOMER, pairs
from features.identity.customers import AsOf
from features.past import Past
from serving.bundle.bundle import Contents, Profiles
from serving.bundle.directory import NO_CONSENT, UNKNOWN, Directory
from serving.storefront.suppressed import Suppressed


def served(parts: Contents, past: Past) -> Contents:
    """The contents with the profiles of those who may be served, and the directory of names."""
    known = past.people()
    if known.folder is None:
        return parts
    ids = [parts.facts.customers.text(code) for code in range(len(parts.facts.customers))]
    keep = np.ones(len(ids), dtype=bool)
    if known.has_consents:
        permits = _pairs(known.folder / "served.parquet")
        keep = np.array([bool(permits.get(customer)) for customer in ids], dtype=bool)
    gone = Suppressed(past.settings.suppressed)
    keep &= ~np.array([gone.holds(customer, 0.0) for customer in ids], dtype=bool)
    facts, candidates, _ = kept((parts.facts, parts.candidates, parts.directory), keep)
    return replace(parts, facts=facts, candidates=candidates, directory=Directory.of(_names(known, ids, keep)))


def kept(profiles: Profiles, keep: NDArray[np.bool_]) -> Profiles:
    """The profiles of the chosen customers only, in the same order."""
    facts, candidates, directory = profiles
    if keep.all():
        return profiles
    codes: Codes = np.where(keep, np.cumsum(keep) - 1, UNKNOWN).astype(np.int32)
    personal = _groups(candidates.personal, keep)
    return only(facts, keep), replace(candidates, personal=personal), directory.recoded(codes)


def only(facts: Facts, keep: NDArray[np.bool_]) -> Facts:
    """Facts of the chosen customers; those of SKUs and stores stay as they are."""
    personal = {name: _groups(facts.pairs[name], keep) for name, (of, _) in pairs().items() if of == CUSTOMER}
    return replace(
        facts,
        customers=Ids(facts.customers.values[keep]),
        home_store=facts.home_store[keep],
        customer=Columns(facts.customer.names, facts.customer.values[keep]),
        pairs=facts.pairs | personal,
    )


def _groups(grouped: Grouped, keep: NDArray[np.bool_]) -> Grouped:
    sizes = np.diff(grouped.starts)
    rows = np.repeat(keep, sizes)
    starts = np.concatenate([[0], np.cumsum(sizes[keep])]).astype(np.int64)
    return Grouped(starts, grouped.keys[rows], Columns(grouped.columns.names, grouped.columns.values[rows]))


def _names(known: AsOf, ids: list[str], keep: NDArray[np.bool_]) -> Iterator[tuple[str, int]]:
    """Every name and whom it leads to; names of customers without purchases lead to nobody and are left out."""
    codes = dict(zip(ids, np.where(keep, np.cumsum(keep) - 1, NO_CONSENT).tolist(), strict=True))
    lost = NO_CONSENT if known.has_consents else UNKNOWN
    permits = _pairs(known.folder / "served.parquet") if known.folder else {}
    if known.folder is None or not (known.folder / "customers.parquet").is_file():
        yield from codes.items()
        yield from ((name, lost) for name, permitted in permits.items() if name not in codes and not permitted)
        return
    subjects = _pairs(known.folder / "customers.parquet")
    for subject, customer in {**{one: one for one in ids}, **subjects}.items():
        code = codes.get(str(customer), UNKNOWN if permits.get(str(customer)) else lost)
        if code != UNKNOWN:
            yield from ((name, code) for name in spellings(subject))


def spellings(subject: str) -> Iterable[str]:
    """The ways to write a subject, kind:party:id: in full, without the party, and the id alone."""
    kind, _, rest = subject.partition(":")
    identifier = rest.partition(":")[2]
    return (subject, f"{kind}:{identifier}", identifier)


def _pairs(path: Path) -> dict[str, object]:
    """The first column -> the second."""
    table: pa.Table = pq.read_table(path)
    return dict(zip(table.column(0).to_pylist(), table.column(1).to_pylist(), strict=True))
