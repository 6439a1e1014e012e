"""A part of the report that may be missing: its tables, or a sentence why there are none."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """`tables` by name; `missing` has a sentence for each table that is not there."""

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)


def without(why: str, *names: str) -> Part:
    """None of the tables, for one reason."""
    return Part(missing=dict.fromkeys(names, why))
