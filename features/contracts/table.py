"""A contract table: one declaration says its columns, types, units, checks and key."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a value is; every kind has one type in stored tables."""

    ID = "id"
    TEXT = "text"
    INSTANT = "instant"
    DATE = "date"
    MONEY = "amount of money"
    UNITS = "number of units"
    NUMBER = "number"
    WHOLE = "whole number"
    BOOLEAN = "yes or no"


SQL_TYPES: dict[Kind, str] = {
    Kind.ID: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.INSTANT: "TIMESTAMP",
    Kind.DATE: "DATE",
    Kind.MONEY: "DECIMAL(18,4)",
    Kind.UNITS: "DOUBLE",
    Kind.NUMBER: "DOUBLE",
    Kind.WHOLE: "INTEGER",
    Kind.BOOLEAN: "BOOLEAN",
}


@dataclass(frozen=True, slots=True)
class Check:
    """A condition that a row has to meet: SQL over the converted columns, and what is wrong where it fails.

    `{value}` stands for the column that carries the check, `{loaded_at}` for the instant of the load.
    A condition that is null (an optional value is missing) is met.
    """

    condition: str
    fault: str


NOT_NEGATIVE = Check("{value} >= 0", "negative")
POSITIVE = Check("{value} > 0", "not above 0")
NOT_FUTURE = Check("{value} <= {loaded_at}", "in the future")
SHARE = Check("{value} BETWEEN 0 AND 1", "not between 0 and 1")
LATITUDE = Check("{value} BETWEEN -90 AND 90", "not between -90 and 90")
LONGITUDE = Check("{value} BETWEEN -180 AND 180", "not between -180 and 180")


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What stands in a column that the source does not have, provided that it has the columns `given`.

    `sql` is an expression over the converted columns; `{zone}` stands for the time zone of the data,
    `_file` for the file that the row came from. It may be a window.
    """

    sql: str
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column: optional unless `required`, where neither the source nor an `otherwise` may leave it null.

    `made_from` names the identifier of a person that is brought in its place: the column holds a keyed hash.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    unit: str = ""
    checks: tuple[Check, ...] = ()
    otherwise: tuple[Otherwise, ...] = ()
    made_from: str = ""

    @property
    def sql_type(self) -> str:
        return SQL_TYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as our users bring it or as we write it.

    row         what one row is
    key         the columns that name a row: a later row with the same key replaces an earlier one
    capability  what the table switches on
    checks      conditions on several columns at once
    apart       rows that are alike in these columns have intervals, "from" to "to", that do not overlap
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    capability: str = ""
    checks: tuple[Check, ...] = ()
    apart: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = (set(self.key) | set(self.apart)) - set(self.names)
        if unknown:
            message = f"{self.name}: key or apart names columns that are not declared: {sorted(unknown)}"
            raise ValueError(message)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def content(self) -> tuple[str, ...]:
        """The columns that are not part of the key."""
        return tuple(name for name in self.names if name not in self.key)

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Identifiers of persons that may be brought; what is stored is made from them."""
        return tuple(dict.fromkeys(column.made_from for column in self.columns if column.made_from))

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)
