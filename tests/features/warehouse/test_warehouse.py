"""The warehouse: found through its pointer, refused where it is damaged."""

from datetime import datetime
from pathlib import Path

import pytest

from features.errors import StateError
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from tests.helpers.datasets import ingested, settings_for


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_for(tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def warehouse(settings: Settings) -> Warehouse:
    return ingested(settings, customers=8, skus=12, days=40)


def test_before_the_first_load_the_next_step_is_said(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"no purchases in .* yet. Next: `omnishelf ingest complete-journey`"):
        Warehouse.open(Settings(work=tmp_path))
    assert Warehouse.find(Settings(work=tmp_path)) is None


def test_the_pointer_names_the_folder_by_digest(settings: Settings, warehouse: Warehouse) -> None:
    assert (settings.warehouse / "current").read_text().strip() == warehouse.digest
    assert warehouse.folder == settings.warehouse / warehouse.digest


def test_all_tables_are_there(warehouse: Warehouse) -> None:
    for path in (warehouse.purchases, warehouse.skus, warehouse.stores, warehouse.promotions):
        assert path.is_file()
        assert warehouse.rows[path.stem] > 0
    assert warehouse.rows["skus"] == 12


def test_first_and_last_purchase_are_known(warehouse: Warehouse) -> None:
    assert datetime(2025, 1, 1) <= warehouse.first < warehouse.last < datetime(2025, 2, 10)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("manifest.json", None, "No such file"),
        ("manifest.json", "{", "Expecting property name"),
        ("manifest.json", '{"schema": 0, "rows": {}}', "has layout 0"),
        ("skus.parquet", None, "skus.parquet is missing"),
    ],
)
def test_damage_is_said_with_the_next_step(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    settings = settings_for(tmp_path)
    damaged = ingested(settings, customers=3, skus=12, days=20).folder / name
    damaged.unlink()
    if text is not None:
        damaged.write_text(text)
    with pytest.raises(StateError, match=f"is damaged: .*{message}.* --replace"):
        Warehouse.open(settings)
    assert ingested(settings, customers=3, skus=12, days=20, replace=True).rows["skus"] == 12
