"""Planted people: the same seed, the same people; dials that go down to none."""

import numpy as np

from experiments.simulator.people import Dials, plant_people


def test_one_seed_one_set():
    one, again, other = (plant_people(300, seed) for seed in (5, 5, 6))
    assert one.records.equals(again.records)
    assert one.truth.equals(again.truth)
    assert not one.records.equals(other.records)


def test_the_truth_is_kept_apart():
    planted = plant_people(300, 5)
    assert "person" not in planted.records.column_names
    assert planted.truth["account_id"].equals(planted.records["account_id"])
    assert set(planted.truth["person"].to_pylist()) == set(range(300))


def test_records_per_person():
    planted = plant_people(4000, 5, Dials(records_per_person=2.0))
    assert 1.9 < len(planted.truth) / 4000 < 2.1


def test_without_difficulty_a_persons_records_are_alike():
    planted = plant_people(200, 5, Dials.none())
    rows = planted.records.to_pandas().drop(columns=["account_id", "party", "created_at"])
    assert rows.notna().all(axis=None)
    assert (rows.groupby(planted.truth["person"].to_numpy()).nunique() == 1).all(axis=None)


def test_every_difficulty_is_there():
    planted = plant_people(3000, 5)
    rows = planted.records.to_pandas()
    people = rows.groupby(planted.truth["person"].to_numpy())
    assert (people["email"].nunique() > 1).any()
    assert (rows.isna().mean()[["email", "phone", "birth_date", "street"]] > 0.05).all()
    holders = rows.assign(person=planted.truth["person"].to_numpy()).groupby("phone")["person"].nunique()
    assert (holders > 1).sum() > 50
    assert np.isin(["Bob", "Robert"], rows["given_name"]).all()
