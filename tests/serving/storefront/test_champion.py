import json

import pytest

from features.errors import StateError
from serving.storefront.champion import RETRY_SECONDS, Champion, ChampionHolder, read_pointer, warm_up
from tests.helpers.recommenders import CountingRecommender


class Loads:
    """Loads whatever the pointer names, except bundles that are named as damaged; remembers each load."""

    def __init__(self, damaged=()):
        self.loaded = []
        self.damaged = set(damaged)

    def __call__(self, pointer):
        self.loaded.append(pointer.version)
        if pointer.version in self.damaged:
            raise StateError(f"{pointer.bundle} is damaged")
        return Champion(pointer.version, pointer.bundle, 0.0, CountingRecommender())


@pytest.fixture
def pointer(tmp_path):
    return tmp_path / "champion.json"


def point_at(pointer, version):
    fresh = pointer.with_suffix(".tmp")
    fresh.write_text(json.dumps({"version": version, "bundle": f"cache/{version}"}))
    fresh.replace(pointer)


def test_without_a_pointer_file_there_is_no_champion(pointer):
    holder = ChampionHolder(pointer, Loads())
    assert not holder.is_due(0.0)
    assert holder.refresh(0.0) == "absent"
    assert holder.current is None


def test_the_bundle_counts_from_the_folder_of_the_pointer_file(pointer, tmp_path):
    point_at(pointer, "3")
    found = read_pointer(pointer)
    assert (found.version, found.bundle) == ("3", tmp_path / "cache" / "3")


def test_a_new_pointer_is_due_once_and_loaded(pointer):
    holder = ChampionHolder(pointer, Loads())
    point_at(pointer, "1")
    assert holder.is_due(0.0)
    assert holder.refresh(0.0) == "loaded"
    assert holder.current.version == "1"
    assert not holder.is_due(1e9)


def test_the_same_pointer_written_again_loads_nothing(pointer):
    loads = Loads()
    holder = ChampionHolder(pointer, loads)
    for _ in range(2):
        point_at(pointer, "1")
        holder.refresh(0.0)
    assert loads.loaded == ["1"]


def test_a_rollback_takes_the_version_before_from_memory(pointer):
    loads = Loads()
    holder = ChampionHolder(pointer, loads)
    outcomes = []
    for version in ("1", "2", "1", "2"):
        point_at(pointer, version)
        outcomes.append(holder.refresh(0.0))
        assert holder.current.version == version
    assert outcomes == ["loaded", "loaded", "returned", "returned"]
    assert loads.loaded == ["1", "2"]


def test_a_damaged_bundle_is_refused_and_the_old_one_goes_on(pointer):
    holder = ChampionHolder(pointer, Loads(damaged={"2"}))
    point_at(pointer, "1")
    holder.refresh(0.0)
    point_at(pointer, "2")
    assert holder.refresh(10.0) == "refused"
    assert holder.current.version == "1"
    point_at(pointer, "3")
    assert holder.refresh(20.0) == "loaded"
    assert (holder.current.version, holder.previous.version) == ("3", "1")


def test_a_refused_bundle_is_tried_again_after_a_while_and_not_before(pointer):
    loads = Loads(damaged={"1"})
    holder = ChampionHolder(pointer, loads)
    point_at(pointer, "1")
    holder.refresh(100.0)
    assert not holder.is_due(100.0 + RETRY_SECONDS - 1)
    assert holder.is_due(100.0 + RETRY_SECONDS)
    loads.damaged.clear()
    assert holder.refresh(100.0 + RETRY_SECONDS) == "loaded"
    assert not holder.is_due(1e9)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"1"', '{"version": "1"}', '{"version": "1", "bundle": 3}', "\x00\xff"]
)
def test_a_damaged_pointer_file_is_refused_with_the_next_step(pointer, text):
    pointer.write_text(text, encoding="latin-1")
    holder = ChampionHolder(pointer, Loads())
    with pytest.raises(StateError, match="omnishelf promote"):
        read_pointer(pointer)
    assert holder.refresh(0.0) == "refused"


def test_a_pointer_file_that_vanishes_changes_nothing(pointer):
    holder = ChampionHolder(pointer, Loads())
    point_at(pointer, "1")
    holder.refresh(0.0)
    pointer.unlink()
    assert holder.is_due(1.0)
    assert holder.refresh(1.0) == "absent"
    assert holder.current.version == "1"
    assert not holder.is_due(2.0)


def test_a_warm_up_asks_every_placement_for_a_stranger_and_for_somebody_known():
    recommender = CountingRecommender()
    warm_up(recommender, "c-1")
    asked = {(query.customer_id, query.placement, query.item_ids, query.new_only) for query in recommender.queries}
    assert asked == {
        (customer, *question)
        for customer in (None, "c-1")
        for question in (
            ("home", (), False),
            ("home", (), True),
            ("buy-again", (), False),
            ("pdp-similar", ("sku-1",), False),
        )
    }


def test_a_bundle_that_cannot_answer_its_warm_up_is_refused(pointer):
    def load(named):
        def fail(_):
            raise ValueError("no such tensor")

        recommender = CountingRecommender(fail)
        warm_up(recommender)
        return Champion(named.version, named.bundle, 0.0, recommender)

    point_at(pointer, "1")
    holder = ChampionHolder(pointer, load)
    assert holder.refresh(0.0) == "refused"
    assert holder.current is None
