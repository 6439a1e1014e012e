"""Properties of features as of a cutoff: the future, the order of rows and repeated loads change nothing."""

import shutil
from datetime import timedelta
from pathlib import Path
from random import Random

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.clock import Cutoff
from features.engine import duckdb_engine
from features.facts.grains import GRAINS
from features.facts.snapshot import write_snapshot
from features.ingest import ingest
from features.known import known_before
from features.sql import instant, parquet, write_parquet
from features.warehouse.warehouse import Warehouse
from tests.helpers.datasets import LOADED_AT, ingested, settings_for
from tests.helpers.worked_tables import Row, worked_grains

HEADER = "customer | basket | sku | store | channel | days_ago | units | paid | list_price"
PROMOTED = "sku | store | channel | from_days | to_days | display | mailer"
SKUS = """
    sku  | brand | department | category | subcategory
    tea  | Leaf  | Food       | Drinks   | Hot drinks
    milk | Farm  | Food       | Dairy    | Milk
    ale  |       |            |          |
"""
EDGES = (1 / 86_400, 0.5, 7, 7.25, 28, 28.5, 91, 92, 182, 183, 364, 365)
SKU = st.sampled_from(["tea", "milk", "ale"])
SHOP = st.sampled_from(["", "north", "south"])
AMOUNT = st.sampled_from(["", "0", "1", "2.5", "4"])


@st.composite
def lines(draw: st.DrawFn, customer: st.SearchStrategy[str], ages: st.SearchStrategy[float]) -> str:
    who, age, nth = draw(customer), draw(ages), draw(st.integers(0, 1))
    where, how = draw(SHOP), draw(st.sampled_from(["web", "store"]))
    fields = (who, f"{who or 'x'}:{age}:{nth}", draw(SKU), where, how, age, draw(st.integers(0, 3)), draw(AMOUNT))
    return " | ".join(map(str, (*fields, draw(AMOUNT))))


@st.composite
def promoted(draw: st.DrawFn, starts: st.SearchStrategy[int]) -> str:
    start, shown = draw(starts), draw(st.sampled_from(["aisle | ", " | page 1", " | "]))
    where, how = draw(SHOP), draw(st.sampled_from(["", "web", "store"]))
    return f"{draw(SKU)} | {where} | {how} | {start} | {start + draw(st.integers(1, 9))} | {shown}"


ANYBODY = st.sampled_from(["", "ann", "bob"])
PAST = st.lists(lines(ANYBODY, st.sampled_from(EDGES)), min_size=1, max_size=12)
FUTURE = st.lists(
    lines(st.sampled_from(["", "ann", "zoe"]), st.sampled_from([0.0, -1e-10, -3.0])), min_size=1, max_size=5
)
RUNNING = st.lists(promoted(st.integers(-9, -1)), max_size=4)
LATER = st.lists(promoted(st.integers(0, 9)), min_size=1, max_size=4)


def grains(purchases: list[str], promotions: list[str]) -> dict[str, list[Row]]:
    texts = {"purchases": [HEADER, *purchases], "promotions": [PROMOTED, *promotions]}
    found = worked_grains("\n".join(texts["purchases"]), skus=SKUS, promotions="\n".join(texts["promotions"]))
    return {grain: [_rounded(row) for row in rows] for grain, rows in found.items()}


def _rounded(row: Row) -> Row:
    """Sums of decimals depend on their order in the last digit."""
    return {name: pytest.approx(value) if isinstance(value, float) else value for name, value in row.items()}


@settings(max_examples=8)
@given(PAST, FUTURE, RUNNING, LATER)
def test_the_future_changes_nothing(past: list[str], future: list[str], running: list[str], later: list[str]) -> None:
    assert grains(past + future, running + later) == grains(past, running)


@settings(max_examples=6)
@given(PAST, RUNNING, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(past: list[str], running: list[str], random: Random) -> None:
    shuffled = random.sample(past, len(past)), random.sample(running, len(running))
    assert grains(*shuffled) == grains(past, running)


@settings(max_examples=6)
@given(PAST, st.lists(lines(st.just(""), st.sampled_from(EDGES)), min_size=1, max_size=6))
def test_anonymous_lines_sell_skus_and_make_no_customer(past: list[str], anonymous: list[str]) -> None:
    before, after = grains(past, []), grains(past + anonymous, [])
    for grain in ("customer_sku", "customer_subcategory", "customer_category", "customer_brand"):
        assert after[grain] == before[grain]
    assert [row["customer_id"] for row in after["customer"]] == [row["customer_id"] for row in before["customer"]]
    baskets = {tuple(line.split(" | ")[1:3]) for line in past + anonymous if float(line.split(" | ")[5]) <= 364}
    sold = {row["sku"]: row["sku_baskets_364"] for row in after["sku"] if row["sku_baskets_364"]}
    assert sold == {sku: sum(one == sku for _, one in baskets) for _, sku in baskets}


CUTOFF = Cutoff.parse("2025-04-15T13:00:00")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return ingested(settings_for(tmp_path_factory.mktemp("shop")))


def snapshot_of(tables: Path, scratch: Path) -> dict[str, pa.Table]:
    with duckdb_engine(scratch, "200MB", 1) as engine:
        folder = write_snapshot(engine, known_before(engine, tables, CUTOFF), scratch / "snapshot")
    return {grain: pq.read_table(folder / f"{grain}.parquet") for grain in GRAINS}


def test_lines_and_promotions_of_later_change_no_file_of_the_snapshot(shop: Warehouse, tmp_path: Path) -> None:
    rewritten = tmp_path / "tables"
    shutil.copytree(shop.folder, rewritten)
    purchases, promotions = parquet(shop.purchases), parquet(shop.promotions)
    moved = " UNION ALL ".join(
        f"SELECT * REPLACE ('{nth}-' || basket_id AS basket_id, {instant(CUTOFF.at + later)} AS bought_at) "
        f"FROM {purchases}"
        for nth, later in enumerate([timedelta(0), timedelta(microseconds=1), timedelta(days=3)])
    )
    announced = f"""SELECT * REPLACE ({instant(CUTOFF.at)} AS "from", {instant(CUTOFF.at + timedelta(7))} AS "to")"""
    with duckdb.connect() as connection:
        unsorted = "(TABLE past UNION ALL TABLE later) ORDER BY hash(basket_id, line)"
        query = f"WITH past AS (FROM {purchases} WHERE bought_at < {instant(CUTOFF.at)}), later AS ({moved}) {unsorted}"
        write_parquet(connection, query, rewritten / "purchases.parquet")
        query = f"{announced} FROM {promotions} UNION ALL FROM {promotions}"
        write_parquet(connection, query, rewritten / "promotions.parquet")
    expected, found = snapshot_of(shop.folder, tmp_path / "one"), snapshot_of(rewritten, tmp_path / "two")
    assert expected["customer_sku"].num_rows > 300
    for grain in GRAINS:
        _assert_same(found[grain], expected[grain])


def test_loading_the_same_files_twice_changes_no_file_of_the_snapshot(shop: Warehouse, tmp_path: Path) -> None:
    again = settings_for(tmp_path / "again")
    dataset = shop.folder.parent.parent / "tiny" / "dataset.toml"
    twice = [ingest(again, "tables", dataset, loaded_at=LOADED_AT + timedelta(days=nth)) for nth in range(2)]
    assert [report.changed for report in twice] == [True, False]
    expected = snapshot_of(shop.folder, tmp_path / "one")
    found = snapshot_of(Warehouse.open(again).folder, tmp_path / "two")
    for grain in GRAINS:
        assert found[grain].equals(expected[grain]), grain


def _assert_same(found: pa.Table, expected: pa.Table) -> None:
    """Equal but for the last digits of sums."""
    assert found.schema == expected.schema
    assert found.num_rows == expected.num_rows
    for name in expected.column_names:
        values = expected[name].to_pylist()
        about = [pytest.approx(value, rel=1e-12) if isinstance(value, float) else value for value in values]
        assert found[name].to_pylist() == about, name
