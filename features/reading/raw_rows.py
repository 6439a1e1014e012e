"""Rows as they lie in a user's files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawRows:
    """Raw rows of several files.

    rows       what stands after FROM; in file order, `_file` among the columns
    types      column -> DuckDB's type of it; all text in CSV
    is_typed   whether the files know types
    malformed  what stands after FROM for lines that are no rows (`_file`, `text`, `reason`)
    """

    rows: str
    types: dict[str, str]
    is_typed: bool
    malformed: str | None = None

    def named(self, name: str) -> str | None:
        """The column of that name as it is spelt in the files; case does not matter."""
        return next((column for column in self.types if column.lower() == name.lower()), None)
