"""The planted layer: one seed, one set; what is real is conserved; every dial goes down to none; the truth is apart."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.simulator.__main__ import main
from experiments.simulator.dials import Dials
from experiments.simulator.geography import draw_cities, settle
from experiments.simulator.plant import Planted, plant
from features.errors import StateError, UserError
from features.identity.keyed_hash import VARIABLE
from features.ingest import ingest
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from tests.helpers.datasets import LOADED_AT, ingested, settings_for
from tests.helpers.loads import rows
from tests.helpers.planted import planted, table, truth

RAW = ["email", "phone", "given_name", "family_name", "birth_date", "street", "postcode"]
LINE = ["sku", "units", "paid", "list_price"]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = settings_for(tmp_path_factory.mktemp("real") / "work")
    ingested(settings, days=200)
    return settings


@pytest.fixture(scope="module")
def full(real: Settings) -> Planted:
    return planted(real, "full")


@pytest.fixture(scope="module")
def bare(real: Settings) -> Planted:
    return planted(real, "bare", dials=Dials.none())


def real_lines(settings: Settings) -> pd.DataFrame:
    return pd.read_parquet(Warehouse.open(settings).purchases)


def sold(one: Planted) -> pd.DataFrame:
    """Lines of both channels: order_id, channel, at, line and what was bought."""
    web = table(one, "web_orders").rename(columns={"ordered_at": "bought_at", "account_id": "holder"})
    till = table(one, "till_receipts").rename(
        columns={"receipt_id": "order_id", "sold_at": "bought_at", "loyalty_id": "holder"}
    )
    return pd.concat([web.assign(channel="web"), till.assign(channel="store")], ignore_index=True)


def contents(one: Planted) -> dict[str, bytes]:
    """Every file: relative path -> its bytes."""
    files = sorted(path for path in one.dataset.parent.rglob("*") if path.is_file())
    return {str(path.relative_to(one.dataset.parent)): path.read_bytes() for path in files}


def as_text(one: Planted) -> dict[str, bytes]:
    """Every file: relative path -> its bytes, of a table its rows as text."""
    return {
        name: pd.read_parquet(one.dataset.parent / name).to_csv().encode() if name.endswith(".parquet") else found
        for name, found in contents(one).items()
    }


def test_one_seed_the_same_bytes_whatever_the_threads(real: Settings, full: Planted) -> None:
    again, other = planted(replace(real, threads=1), "again"), planted(real, "other", seed=8)
    assert contents(again) == contents(full)
    assert not sold(other).equals(sold(full))


def test_without_dials_the_real_purchases_remain(real: Settings, bare: Planted) -> None:
    of = ["channel", "bought_at", *LINE]
    lines, was = sold(bare)[of], real_lines(real)[of]
    assert lines.sort_values(of, ignore_index=True).equals(was.sort_values(of, ignore_index=True))


def test_purchases_are_real_less_lost_plus_festival(real: Settings, full: Planted) -> None:
    counts = full.counts
    assert counts["lines lost to stock-outs"] > 0
    assert counts["lines of the festival"] > 0
    expected = counts["real lines"] - counts["lines lost to stock-outs"] + counts["lines of the festival"]
    assert len(sold(full)) == expected
    assert counts["real lines"] == len(real_lines(real))


def test_every_real_line_is_sold_or_lost_with_what_was_paid(real: Settings, full: Planted) -> None:
    whose = truth(full, "baskets").query("origin == 'real'")[["order_id", "real_basket_id"]]
    kept = sold(full).merge(whose, on="order_id")
    lost = truth(full, "suppressed").rename(columns={"receipt_id": "order_id"}).merge(whose, on="order_id")
    of = ["real_basket_id", "line", "sku", "units", "paid"]
    both = pd.concat([kept[of], lost[of]]).sort_values(of, ignore_index=True)
    was = real_lines(real).rename(columns={"basket_id": "real_basket_id"})[of].sort_values(of, ignore_index=True)
    assert both.astype(str).equals(was.astype(str))


def test_the_planted_set_loads_without_a_bad_row(
    full: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "a key of a test, long enough")
    settings = settings_for(tmp_path / "fresh")
    report = ingest(settings, "tables", full.dataset, loaded_at=LOADED_AT)
    assert {one.table: one.rows for one in report.tables} == full.rows
    assert not settings.quarantine.exists()
    assert set(rows(Warehouse.open(settings).purchases, ["party"])) == {("web-shop",), ("store-chain",)}


def test_a_set_without_dials_loads_too(bare: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "a key of a test, long enough")
    settings = settings_for(tmp_path / "fresh")
    report = ingest(settings, "tables", bare.dataset, loaded_at=LOADED_AT)
    assert {one.table: one.rows for one in report.tables} == bare.rows
    assert not settings.quarantine.exists()


def test_without_dials_nothing_is_planted(real: Settings, bare: Planted) -> None:
    assert set(bare.rows) == {
        "web_orders",
        "till_receipts",
        "skus",
        "stores",
        "promotions",
        "accounts",
        "loyalty_cards",
    }
    assert {name: count for name, count in bare.counts.items() if count} == {
        "people": real_lines(real)["customer_id"].nunique(),
        "stores": 3,
        "real lines": len(real_lines(real)),
        "baskets": real_lines(real)["basket_id"].nunique(),
        "baskets without any link": int(real_lines(real).query("customer_id.isna()")["basket_id"].nunique()),
    }


def test_without_fragmentation_account_and_card_are_one_record(bare: Planted) -> None:
    accounts, cards = table(bare, "accounts"), table(bare, "loyalty_cards")
    joined = accounts.merge(cards, on="loyalty_id", suffixes=("", "_of_card"), validate="1:1")
    assert len(joined) == bare.counts["people"] == len(cards)
    assert all((joined[name] == joined[f"{name}_of_card"]).all() for name in RAW)


def test_identifiers_are_in_the_input_tables_alone(full: Planted) -> None:
    told = [pd.read_parquet(path) for path in full.truth.rglob("*.parquet")]
    assert all(not set(RAW) & set(frame.columns) for frame in told)
    emails = set(table(full, "accounts")["email"].dropna()) | set(table(full, "loyalty_cards")["email"].dropna())
    others = [text for name, text in as_text(full).items() if not name.startswith(("tables/accounts", "tables/loyal"))]
    assert emails
    assert [email for email in emails if any(email.encode() in text for text in others)] == []


def test_the_truth_is_apart(full: Planted) -> None:
    mapping = full.dataset.read_text()
    assert "truth" not in mapping
    seen = {name: set(table(full, name).columns) for name in full.rows}
    hidden = {"person", "web_chance", "bent", "origin", "was_web", "real_basket_id", "moved_from", "affinity"}
    assert {name: columns & hidden for name, columns in seen.items() if columns & hidden} == {}
    assert json.loads((full.truth / "planted.json").read_text())["counts"] == full.counts


def test_a_repeated_set_has_new_people_with_as_many_lines(real: Settings) -> None:
    twice = planted(real, "twice", scale=2, dials=Dials.none().turned({"repeats_changed": 0.5, "store_count": 5}))
    lines, baskets = sold(twice), truth(twice, "baskets")
    assert len(lines) == 2 * len(real_lines(real))
    assert baskets["order_id"].is_unique
    assert twice.counts["people"] == 2 * real_lines(real)["customer_id"].nunique()
    assert table(twice, "stores")["store_id"].tolist() == ["S3", "S4", "store-1", "store-2", "store-3"]
    assert {"S3", "S4"} <= set(lines["store_id"].dropna())
    first, second = (baskets[(baskets["person"] >= nth * 59) & (baskets["person"] < (nth + 1) * 59)] for nth in (0, 1))
    both = first.merge(second, on="real_basket_id")
    assert (both["bought_at_x"] != both["bought_at_y"]).mean() > 0.5


def test_blocks_of_customers_make_the_same_set(real: Settings, full: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.simulator.ground.LINES_AT_ONCE", 1000)
    blocks = planted(real, "blocks")
    assert len(list((blocks.truth / "baskets").glob("*.parquet"))) > 2
    for name in full.rows:
        one, other = (table(each, name).astype(str) for each in (full, blocks))
        by = list(one.columns)
        assert one.sort_values(by, ignore_index=True).equals(other.sort_values(by, ignore_index=True)), name


def test_a_folder_that_is_there_is_left_alone(real: Settings, full: Planted) -> None:
    with pytest.raises(UserError, match="there already"):
        plant(real, full.dataset.parent)
    assert full.dataset.is_file()


def test_no_scale_below_one(real: Settings, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="scale is 0"):
        plant(real, tmp_path / "out", scale=0)


def test_no_warehouse_no_planting(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="no purchases"):
        plant(settings_for(tmp_path / "empty"), tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_dial_has_its_range() -> None:
    with pytest.raises(UserError, match=r"web_share is 1\.5; it has to be from 0 to 1"):
        Dials().turned({"web_share": 1.5})
    assert Dials().turned({"browsing": 3.0}).browsing == 3


def test_the_command_says_what_it_planted(real: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--from", str(real.work), "--out", str(tmp_path / "out"), "--none", "--web-share", "0.3"]
    assert main(given) == 0
    said = capsys.readouterr().out
    assert "baskets moved online" in said
    assert str(tmp_path / "out" / "dataset.toml") in said
    assert main(given) == 2
    assert "there already" in capsys.readouterr().out


def test_stores_with_the_same_customers_stand_in_one_city() -> None:
    """Of four real stores two and two share customers; so do the stores of each group modelled on them."""
    shared = np.array([[9.0, 5, 0, 0], [5, 8, 0, 0], [0, 0, 7, 5], [0, 0, 5, 6]])
    random = np.random.default_rng(0)
    cities = draw_cities(random, 5, 2)
    city = settle(shared, 100, cities, random).reshape(25, 4)
    together = (city[:, 0] == city[:, 1]) & (city[:, 2] == city[:, 3])
    assert together.mean() > 0.8  # a full city sends the second store to the next one
    assert np.bincount(city.ravel()).max() <= np.ceil(100 * cities.weights[0])
    assert (city[:, 0] != city[:, 2]).any()
