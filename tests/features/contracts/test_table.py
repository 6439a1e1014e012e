"""Contract tables: declarations that hold together, and one declaration being enough."""

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from features.contracts.extract import Extract, Value
from features.contracts.inputs import ACCOUNTS, INPUTS, LOYALTY_CARDS
from features.contracts.outputs import OUTPUTS
from features.contracts.table import NOT_NEGATIVE, Column, Kind, Otherwise, Table
from features.identity.entry import HASH_COLUMNS, RAW_COLUMNS
from features.loading.staging import stage
from tests.helpers.loads import rows

STOCK = Table(
    name="stock",
    row="units of a SKU on hand in a store at an instant",
    columns=(
        Column("store_id", Kind.ID, "The store", required=True),
        Column("sku", Kind.ID, "The SKU", required=True),
        Column("as_of", Kind.INSTANT, "When it was counted", required=True),
        Column("units", Kind.UNITS, "Units on hand", required=True, checks=(NOT_NEGATIVE,)),
        Column("counted_by", Kind.TEXT, "How", otherwise=(Otherwise("'system'"),)),
    ),
    key=("store_id", "sku", "as_of"),
)


@pytest.mark.parametrize("table", [*INPUTS, *OUTPUTS], ids=lambda table: table.name)
def test_declarations_hold_together(table: Table) -> None:
    assert len(set(table.names)) == len(table.names)
    for column in table.columns:
        for otherwise in column.otherwise:
            assert set(otherwise.given) <= set(table.names)


def test_every_hash_of_an_identifier_has_its_column() -> None:
    """What is hashed on entry and what the tables of persons declare is one list, and no table stores what is raw."""
    for table in (ACCOUNTS, LOYALTY_CARDS):
        assert tuple(name for name in table.names if name.endswith("_hash")) == HASH_COLUMNS
        assert table.identifiers == RAW_COLUMNS
    tables_with_tokens = [table.name for table in INPUTS if "payment_token" in table.identifiers]
    assert tables_with_tokens == [table.name for table in INPUTS if "payment_token" in table.names]
    assert not any(set(RAW_COLUMNS) & set(table.names) for table in INPUTS if table.identifiers)


def test_a_key_of_undeclared_columns_is_refused() -> None:
    with pytest.raises(ValueError, match=r"stock.*\['shelf'\]"):
        Table(name="stock", row="", columns=STOCK.columns, key=("store_id", "shelf"))


def test_a_new_table_needs_one_declaration_only(tmp_path: Path) -> None:
    values = "('s1', 'a', 1.0), ('s1', 'b', -2.0), ('s1', NULL, 4.0), ('s1', 'a', 1.0)"
    extract = Extract(
        table=STOCK,
        rows=f"(SELECT *, 'counts.csv' AS _file FROM (VALUES {values}) t(shop, article, n))",
        values={
            "store_id": Value("shop"),
            "sku": Value("article"),
            "as_of": Value("TIMESTAMP '2025-01-01'"),
            "units": Value("n"),
        },
        raw_columns=("shop", "article", "n"),
        files=(),
    )
    with duckdb.connect() as connection:
        staged = stage(connection, extract, tmp_path, datetime(2025, 6, 1))
        reasons = staged.bad.by_reason()
    assert rows(staged.path) == [("s1", "a", datetime(2025, 1, 1), 1.0, "system")]
    assert (staged.read, staged.rows, staged.duplicates) == (4, 1, 1)
    assert reasons == {"sku is empty": 1, "units is negative": 1}
