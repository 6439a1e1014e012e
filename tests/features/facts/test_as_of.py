"""Prepare: facts are made once, by one process, and again where they are damaged; labels of a window."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from features.errors import StateError
from features.facts import as_of
from features.facts.facts import Facts
from features.past import Past
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from tests.helpers.worked_tables import CUTOFF, write_warehouse

PURCHASES = """
    customer | sku  | store | basket | days_ago
    ann      | tea  | north | a1     | 20
    bob      | milk | north | b1     | 10
    ann      | milk | north | a2     | 1
    ann      | tea  | north | a3     | 0
    ann      | tea  | north | a4     | -1
    bob      | ale  | north | b2     | -2
    bob      | rum  | north | b2     | -2
    bob      | milk | north | b3     | -6.99999
    bob      | tea  | north | b4     | -7
    zoe      | tea  | north | z1     | -3
             | milk | north | x1     | -3
"""
PROMOTIONS = """
    sku | store | from_days | to_days | display
    tea | north | 1         | 5       | aisle
"""


def shop_in(work: Path) -> tuple[Settings, Warehouse]:
    settings = Settings(work=work, memory_limit="100MB", threads=1)
    return settings, write_warehouse(settings.warehouse / "0123456789abcdef", PURCHASES, promotions=PROMOTIONS)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Warehouse]:
    """A shop whose facts are there."""
    shop = shop_in(tmp_path_factory.mktemp("prepared"))
    Past(*shop, CUTOFF).facts()
    return shop


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Settings, Warehouse]:
    return shop_in(tmp_path)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, prepared: tuple[Settings, Warehouse]) -> list[Path]:
    """The snapshots that are made while a test runs: copies, for the expressions take their time."""
    folders: list[Path] = []

    def copied(_engine: object, _known: object, folder: Path) -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        folders.append(folder)
        return Path(shutil.copytree(Past(*prepared, CUTOFF).folder(), folder, ignore=lambda *_: {"facts"}))

    monkeypatch.setattr(as_of, "write_snapshot", copied)
    return folders


def assert_whole(facts: Facts) -> None:
    assert [facts.customers.text(code) for code in range(len(facts.customers))] == ["ann", "bob"]
    assert facts.pairs["customer_sku"].columns["baskets"].tolist() == [1, 1, 1]
    assert facts.cutoff_days == CUTOFF.days


def test_facts_are_made_once(shop: tuple[Settings, Warehouse], made: list[Path]) -> None:
    assert_whole(Past(*shop, CUTOFF).facts())
    assert_whole(Past(*shop, CUTOFF).facts())
    folder = Past(*shop, CUTOFF).folder()
    assert made == [folder]
    left = {path.name for path in folder.parent.iterdir()} | {path.name for path in folder.glob("facts*")}
    assert left == {folder.name, f"{folder.name}.lock", "facts"}


def test_another_cutoff_and_another_plan_have_facts_of_their_own(prepared: tuple[Settings, Warehouse]) -> None:
    today, planned = Past(*prepared, CUTOFF).facts(), Past(*prepared, CUTOFF, 7).facts()
    later = Past(*prepared, CUTOFF.plus_days(1e-6)).facts()
    tea = today.skus.code("tea")
    assert [facts.sku["display_stores"][tea] for facts in (today, planned)] == [0, 1]
    # tea was bought again at the cutoff itself
    assert [one.pairs["customer_sku"].columns["baskets"].tolist() for one in (today, later)] == [[1, 1, 1], [1, 2, 1]]


def test_another_warehouse_has_a_folder_of_its_own(prepared: tuple[Settings, Warehouse]) -> None:
    settings, warehouse = prepared
    other = Warehouse(warehouse.folder, {"digest": "fedcba9876543210"})
    asked = [(one, CUTOFF.plus_days(days), plan) for one in (warehouse, other) for days in (0, 1) for plan in (0, 7)]
    assert len({Past(settings, *each).folder() for each in asked}) == len(asked)


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("facts.json", lambda path: path.unlink()),
        ("facts.json", lambda path: path.write_text('{"cutoff_')),
        ("facts.json", lambda path: path.write_text("{}")),
        ("customer_sku.npy", lambda path: path.write_bytes(path.read_bytes()[:-4])),
        ("skus.npy", lambda path: path.write_bytes(b"")),
        ("store.json", lambda path: path.unlink()),
        ("", shutil.rmtree),
    ],
)
def test_damaged_facts_are_made_again(
    shop: tuple[Settings, Warehouse], made: list[Path], file: str, damage: object
) -> None:
    Past(*shop, CUTOFF).facts()
    damage(Past(*shop, CUTOFF).folder() / "facts" / file)
    assert_whole(Past(*shop, CUTOFF).facts())
    assert len(made) == 2


def test_what_a_killed_process_left_behind_is_not_taken_for_facts(
    shop: tuple[Settings, Warehouse], made: list[Path]
) -> None:
    folder = Past(*shop, CUTOFF).folder()
    (folder / "facts.0123abcd.partial").mkdir(parents=True)
    (folder / "facts.0123abcd.partial" / "facts.json").write_text("{}")
    assert_whole(Past(*shop, CUTOFF).facts())
    assert made == [folder]
    assert not list(folder.rglob("*.partial"))


def test_who_comes_at_the_same_time_waits_and_finds_them_made(
    shop: tuple[Settings, Warehouse], made: list[Path]
) -> None:
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(lambda _: Past(*shop, CUTOFF).facts(), range(3)))
    for facts in found:
        assert_whole(facts)
    assert len(made) == 1


def test_too_little_memory_is_told_and_leaves_nothing(shop: tuple[Settings, Warehouse]) -> None:
    settings, warehouse = shop
    little = Settings(work=settings.work, memory_limit="1MB", threads=1)
    with pytest.raises(StateError, match=r"(?s)as of 2025-06-01T09:20:00 .*OMNISHELF_MEMORY_LIMIT=1MB"):
        Past(little, warehouse, CUTOFF).facts()
    assert [path.suffix for path in settings.snapshots.iterdir()] == [".lock"]


def test_a_folder_that_cannot_be_written_is_told(shop: tuple[Settings, Warehouse]) -> None:
    settings, warehouse = shop
    settings.snapshots.write_text("a file")
    with pytest.raises(StateError, match="could not be written"):
        Past(settings, warehouse, CUTOFF).facts()


def test_labels_begin_at_the_cutoff_and_end_before_the_end(prepared: tuple[Settings, Warehouse]) -> None:
    facts = Past(*prepared, CUTOFF).facts()
    customer, sku = Past(*prepared, CUTOFF).labels_until(facts, CUTOFF.plus_days(7))
    ann, bob, milk, tea = 0, 1, facts.skus.code("milk"), facts.skus.code("tea")
    # ann's tea twice is one label; bob's ale and rum are SKUs that nobody sold before; zoe is new, one is nobody
    assert list(zip(customer.tolist(), sku.tolist(), strict=True)) == [(ann, tea), (bob, -1), (bob, -1), (bob, milk)]
    assert customer.dtype == sku.dtype == np.int32


def test_a_window_in_which_nobody_bought_has_no_labels(prepared: tuple[Settings, Warehouse]) -> None:
    past = Past(*prepared, CUTOFF)
    customer, sku = past.labels_until(past.facts(), CUTOFF)
    assert (len(customer), len(sku)) == (0, 0)
