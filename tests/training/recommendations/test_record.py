"""A record kept in a folder is the record."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.helpers.records import training_record
from training.recommendations.record import TABLES, TrainingRecord, load, save


@pytest.fixture
def record(tmp_path):
    return training_record(tmp_path / "bundles" / "b-1")


def test_every_field_comes_back(record, tmp_path):
    back = load(save(record, tmp_path / "kept"))
    for field in fields(TrainingRecord):
        was, is_now = getattr(record, field.name), getattr(back, field.name)
        if field.name in TABLES:
            pd.testing.assert_frame_equal(is_now, was)
        else:
            assert is_now == was


def test_every_table_is_kept(record):
    assert set(TABLES) == {field.name for field in fields(TrainingRecord) if field.type is pd.DataFrame}


def test_empty_tables_come_back_empty(record, tmp_path):
    back = load(save(replace(record, per_customer=pd.DataFrame(), curve=record.curve.iloc[:0]), tmp_path / "kept"))
    assert back.per_customer.empty
    assert list(back.curve.columns) == list(record.curve.columns)


def test_numbers_may_be_of_numpy(record, tmp_path):
    metrics = {"all.ndcg_at_10": np.float32(0.5), "customers": np.int64(7)}
    back = load(save(replace(record, metrics=metrics, params={"seed": np.int64(3)}), tmp_path / "kept"))
    assert (back.metrics, back.params) == ({"all.ndcg_at_10": 0.5, "customers": 7}, {"seed": 3})


def test_a_later_record_replaces_the_folder_whole(record, tmp_path):
    folder = save(record, tmp_path / "kept")
    (folder / "of_an_older_version.parquet").touch()
    save(replace(record, cutoff="2026-04-01T00:00:00"), folder)
    assert load(folder).cutoff == "2026-04-01T00:00:00"
    assert not (folder / "of_an_older_version.parquet").exists()


def test_what_an_interrupted_save_left_is_no_trouble(record, tmp_path):
    (tmp_path / "kept.0123abcd.partial" / "half").mkdir(parents=True)
    save(record, tmp_path / "kept")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_paths_do_not_depend_on_where_it_was_run(record, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    back = load(save(replace(record, bundle=Path("bundles/b-1")), tmp_path / "kept"))
    assert back.bundle == tmp_path / "bundles" / "b-1"
