"""What a source hands over: one contract table, converted but not yet checked, as SQL over raw rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from features.contracts.table import Table


@dataclass(frozen=True, slots=True)
class Value:
    """Where a contract column comes from.

    sql   an expression over a raw row, of the contract's type; null where the raw value is missing
          or cannot be read
    raw   the raw value as text, null where it is missing: tells "empty" from "cannot be read";
          None for a value that can always be read
    hint  the setting that mends values that cannot be read
    """

    sql: str
    raw: str | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Extract:
    """One contract table of one source.

    rows         what stands after FROM to read the raw rows, in file order, `_file` among their columns
    values       contract column -> where it comes from; columns without an entry are not brought
    raw_columns  the source's own columns, as they go to quarantine
    files        the files that the rows come from; their bytes tell whether the load was done before
    identifiers  identifier of a person -> its text, an expression over a raw row; only a keyed hash of it may be kept
    region       the country of phone numbers that name none, ISO 3166
    integer_ids  id columns that came as whole numbers
    untyped_ids  id columns whose source does not say (CSV, floats): whole numbers if all of them read so
    malformed    what stands after FROM to read lines that are no rows: `_file`, `text`, `reason`
    """

    table: Table
    rows: str
    values: Mapping[str, Value]
    raw_columns: tuple[str, ...]
    files: tuple[Path, ...]
    time_zone: str = "UTC"
    integer_ids: frozenset[str] = frozenset()
    untyped_ids: frozenset[str] = frozenset()
    malformed: str | None = None
    identifiers: Mapping[str, str] = field(default_factory=dict)
    region: str = ""


def shown(files: tuple[Path, ...]) -> str:
    """The first file, and how many more there are."""
    return str(files[0]) + (f" (and {len(files) - 1} more)" if len(files) > 1 else "")
