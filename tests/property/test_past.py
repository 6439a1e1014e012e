"""Properties of the past, asserted on everything that buyers' models make of it.

The future, the order of rows, repeated loads and lines that came back whole change nothing; whom nobody may learn from
is anonymous.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from features.identity import resolve
from features.identity.keyed_hash import VARIABLE
from features.past import KNOWN_BEFORE, InHand, Past
from features.sql import parquet, write_parquet
from features.warehouse.warehouse import Warehouse
from tests.helpers.datasets import settings_for
from tests.helpers.tea_shop import CUTOFF, later, loaded, made, receipt, tables, with_more

Rows = dict[str, list[str]]
PastOf = Callable[[str], Past]
MadeOf = Callable[[str], dict[str, pd.DataFrame]]
BROUGHT_BACK: Rows = {
    "till_receipts": [
        receipt("r1", "west", "fresh", "2025-01-02T12:00:00", "L3", 2),  # before all others, in a store of its own
        receipt("r2", "north", "mint", "2025-02-20T12:00:00", "L1"),
        receipt("r3", "south", "gone", "2025-03-08T12:00:00", "L2"),
    ],
    "returns": ["r1,1,fresh,2025-01-20,1", "r1,1,fresh,2025-02-20,1", "r2,1,mint,2025-02-21,1",
                "r3,1,gone,2025-03-09T23:59:59.999999,1"],
}  # fmt: skip


def _without_cids_card() -> Rows:
    rows = tables()
    return rows | {"till_receipts": [line.replace(",L4,", ",,") for line in rows["till_receipts"]]}


SHOPS: dict[str, Callable[[], Rows]] = {
    "as it is": tables,
    "with what came later": lambda: with_more(later()),
    "in another order": lambda: {name: rows[::-1] for name, rows in tables().items()},
    "with what was brought back": lambda: with_more(BROUGHT_BACK),
    "without Cid's card": _without_cids_card,
    "with Cid's consent": lambda: with_more({"consents": ["loyalty_card,L4,training,2025-03-09T23:59:59.999999,"]}),
}


@pytest.fixture(scope="module", autouse=True)
def strong_keys() -> Iterator[None]:
    """Strong keys are enough here: Splink takes its seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, "a key of a test, long enough")
        patch.setattr(resolve, "probable_links", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def past_of(tmp_path_factory: pytest.TempPathFactory) -> PastOf:
    """The past of a shop by its name in SHOPS; each is loaded once."""

    @cache
    def found(name: str) -> Past:
        settings = settings_for(tmp_path_factory.mktemp("shop"))
        loaded(settings, SHOPS[name]())
        return Past.open(settings, CUTOFF)

    return found


@pytest.fixture(scope="module")
def made_of(past_of: PastOf) -> MadeOf:
    return cache(lambda name: made(past_of(name)))


def assert_same(
    found: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame], *, but: tuple[str, ...] = ()
) -> None:
    """Equal but for the last digits of sums."""
    assert found.keys() == expected.keys()
    for name in sorted(found.keys() - set(but)):
        pd.testing.assert_frame_equal(found[name], expected[name], rtol=1e-9, obj=name)


def test_there_is_something_to_be_the_same(made_of: MadeOf) -> None:
    """Each table has rows, so that the other tests are about something."""
    assert [name for name, rows in made_of("as it is").items() if rows.empty] == []


@pytest.mark.parametrize("name", ["with what came later", "in another order", "with what was brought back"])
def test_nothing_changes(made_of: MadeOf, name: str) -> None:
    assert_same(made_of(name), made_of("as it is"))


def test_what_came_later_is_in_the_warehouse(past_of: PastOf, made_of: MadeOf) -> None:
    """And changes what is made a week later: the test above is not about rows in quarantine."""
    then = past_of("with what came later").at(CUTOFF.plus_days(7))
    found, before = made(then), made_of("with what came later")
    for name in ("panel", "facings", "registry", "fresh", "loyal buyers", "order parts", "daily"):
        assert not found[name].equals(before[name]), name


@pytest.mark.parametrize("table", KNOWN_BEFORE)
def test_no_table_holds_what_came_later(past_of: PastOf, table: str) -> None:
    found, before = (_rows(past_of(name), table) for name in ("with what came later", "as it is"))
    assert before
    # a store that nobody brought is known by its purchases, as it is now
    assert [row for row in found if table != "stores" or "east" not in row] == before


def _rows(past: Past, table: str) -> list[tuple[object, ...]]:
    with past.session() as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()


def test_what_is_announced_for_the_plan_is_known(past_of: PastOf) -> None:
    past = past_of("with what came later")
    for days, counted in ((0.0, 2), (1e-6 / 86_400, 4)):
        with past.planned(days).session() as connection:
            (found,) = connection.execute("SELECT count(*) FROM promotions").fetchall()
        assert found == (counted,), days


def _shuffled(path: Path) -> str:
    return f"SELECT * FROM {parquet(path)} AS shelf ORDER BY md5(shelf::VARCHAR)"


def test_the_order_of_rows_in_a_file_changes_nothing(past_of: PastOf, made_of: MadeOf, tmp_path: Path) -> None:
    past, folder, purchases = past_of("as it is"), tmp_path / "warehouse", tmp_path / "purchases.parquet"
    folder.mkdir()
    with duckdb.connect() as connection:
        for path in past.warehouse.folder.glob("*.parquet"):
            write_parquet(connection, _shuffled(path), folder / path.name)
        write_parquet(connection, _shuffled(past.people().purchases), purchases)
    warehouse = Warehouse(folder, past.warehouse.manifest)
    shuffled = Past(past.settings, warehouse, CUTOFF, in_hand=InHand({CUTOFF: purchases}, tmp_path / "made"))
    assert_same(made(shuffled), made_of("as it is"))


def test_loading_twice_changes_nothing(tmp_path: Path, made_of: MadeOf) -> None:
    settings = settings_for(tmp_path)
    for _ in range(2):
        loaded(settings, tables())
    assert_same(made(Past.open(settings, CUTOFF)), made_of("as it is"))


def test_whom_nobody_may_learn_from_is_anonymous(made_of: MadeOf) -> None:
    assert_same(made_of("as it is"), made_of("without Cid's card"))


def test_customers_are_persons_who_permit_to_learn_from_them(
    made_of: MadeOf,
) -> None:
    found, asked = made_of("as it is"), made_of("with Cid's consent")
    loyal = [dict(each["loyal buyers"].to_numpy().tolist()) for each in (found, asked)]
    assert loyal[0]["black"] == loyal[1]["black"] == 1  # Ann, who bought one with each of their cards
    ends = [each["registry"].set_index("sku").loc["gone"] for each in (found, asked)]
    assert [(row["repeat_buyers"], row["continuing_buyers"]) for row in ends] == [(1, 1), (2, 2)]
    assert [len(each["buyers"]) for each in (found, asked)] == [1, 2]
    assert_same(found, asked, but=("registry", "buyers", "lines", "loyal buyers"))  # sums do not ask who bought
