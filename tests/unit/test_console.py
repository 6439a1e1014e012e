"""What the console shows fits into 80 columns and says what it was given."""

from dataclasses import replace
from datetime import datetime
from io import StringIO

from rich.console import Console

from features.contracts.inputs import INPUTS
from features.doctor import TableStatus
from training.console import examined, next_steps

OFF = tuple(TableStatus(table.name, table.row, table.capability, 0, None, None, {}, "add it") for table in INPUTS)
MANY = replace(OFF[0], rows=123_456_789, latest=datetime(2025, 5, 1, 12), loaded_at=datetime(2025, 6, 1), next_step="")


def printed(found: tuple[TableStatus, ...]) -> str:
    """The table as a screen of 80 columns has it."""
    file = StringIO()
    Console(file=file, width=80, highlight=False).print(examined(found))
    return file.getvalue()


def line_of(text: str, table: str) -> str:
    return next(line for line in text.splitlines() if line.split()[:1] == [table])


def test_every_table_has_one_line_of_80_columns() -> None:
    text = printed((MANY, *OFF[1:]))
    assert max(map(len, text.splitlines())) <= 80
    for status in OFF:
        assert status.capability in line_of(text, status.table)


def test_what_is_there_is_told_from_what_is_not() -> None:
    text = printed((MANY, *OFF[1:]))
    assert line_of(text, "web_orders").split()[1:5] == ["123,456,789", "2025-05-01", "0", "✓"]
    assert line_of(text, "stock").split()[1:5] == ["–", "–", "0", "·"]


def test_bad_rows_are_counted_and_their_reasons_told() -> None:
    bad = replace(MANY, quarantined={"paid is negative": 1200, "sku is empty": 34}, next_step="look at [x].parquet")
    assert line_of(printed((bad,)), "web_orders").split()[3] == "1,234"
    assert next_steps((bad,)) == [
        "Next, web_orders: 1,200 rows, paid is negative; 34 rows, sku is empty; look at [x].parquet."
    ]


def test_tables_that_are_not_there_are_named_once() -> None:
    assert next_steps((MANY, OFF[1], OFF[2])) == [
        "Next: add any of [till_receipts], [returns] to dataset.toml to switch it on."
    ]
    assert next_steps((MANY,)) == []
