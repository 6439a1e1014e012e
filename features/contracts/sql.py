"""Spelling of names and texts in SQL."""

from collections.abc import Iterable


def quoted(name: str) -> str:
    """A column or table name, whatever characters it has."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def literal(text: object) -> str:
    """A text as an SQL literal."""
    escaped = str(text).replace("'", "''")
    return f"'{escaped}'"


def listed(names: Iterable[str]) -> str:
    return ", ".join(quoted(name) for name in names)
