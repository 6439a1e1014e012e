"""Bundles on this machine: where they go, when they may, and what leaves."""

import json
import multiprocessing
import threading

import pytest

from features.errors import StateError
from features.files import locked
from serving.operate.cache import admit, place, point, pointed, prune
from tests.helpers.bundles import standin_bundle


def manifest(bundle):
    return (bundle / "manifest.json").read_bytes()


class TestPlace:
    def test_a_free_name_is_the_version(self, tmp_path):
        assert place(tmp_path, "7", b"{}") == (tmp_path / "7", False)

    def test_the_same_bundle_is_there(self, tmp_path):
        bundle = standin_bundle(tmp_path / "7")
        assert place(tmp_path, "7", manifest(bundle)) == (bundle, True)

    def test_other_content_gets_a_name_of_its_own_and_the_old_is_left_alone(self, tmp_path):
        old = standin_bundle(tmp_path / "7", "old")
        where, is_there = place(tmp_path, "7", b"another manifest")
        assert (where.name[:2], is_there, where.exists()) == ("7-", False, False)
        assert (old / "weights.bin").exists()

    def test_a_damaged_one_is_left_to_whoever_has_it_open(self, tmp_path):
        bundle = standin_bundle(tmp_path / "7")
        told = manifest(bundle)
        (bundle / "weights.bin").write_bytes(b"rotten")
        where, is_there = place(tmp_path, "7", told)
        assert (where.name[:2], is_there) == ("7-", False)
        assert bundle.exists()

    def test_where_both_names_hold_damage_the_second_is_cleared(self, tmp_path):
        told = manifest(standin_bundle(tmp_path / "7"))
        (tmp_path / "7" / "weights.bin").write_bytes(b"rotten")
        second, _ = place(tmp_path, "7", told)
        standin_bundle(second, content="something else")
        assert place(tmp_path, "7", told) == (second, False)
        assert not second.exists()
        assert [path.name for path in tmp_path.iterdir()] == ["7"]

    def test_the_second_name_is_found_again(self, tmp_path):
        standin_bundle(tmp_path / "7", "old")
        fresh = standin_bundle(tmp_path / "fresh", "new")
        where, _ = place(tmp_path, "7", manifest(fresh))
        fresh.rename(where)
        assert place(tmp_path, "7", manifest(where)) == (where, True)


class TestAdmit:
    def test_a_whole_bundle_gets_its_name(self, tmp_path):
        fresh = standin_bundle(tmp_path / "7.tmp" / "data")
        assert admit(fresh, tmp_path / "7") == tmp_path / "7"
        assert not fresh.exists()

    def test_a_damaged_one_does_not(self, tmp_path):
        fresh = standin_bundle(tmp_path / "7.tmp")
        (fresh / "weights.bin").unlink()
        with pytest.raises(StateError, match=r"weights\.bin is missing"):
            admit(fresh, tmp_path / "7")
        assert not (tmp_path / "7").exists()


class TestPointer:
    def test_it_says_what_was_said(self, tmp_path):
        point(tmp_path / "champion.json", {"version": "7", "bundle": "cache/7"})
        assert pointed(tmp_path / "champion.json") == {"version": "7", "bundle": "cache/7"}
        assert [path.name for path in tmp_path.iterdir()] == ["champion.json"]

    @pytest.mark.parametrize("text", [None, "", "{", "[]", "null", "7"])
    def test_where_it_is_absent_or_damaged_it_says_nothing(self, tmp_path, text):
        if text is not None:
            (tmp_path / "champion.json").write_text(text)
        assert pointed(tmp_path / "champion.json") == {}

    def test_a_reader_never_sees_half_of_it(self, tmp_path):
        """Thousands of looks while it is replaced again and again."""
        file = tmp_path / "champion.json"
        point(file, {"version": "0", "padding": "x" * 5000})
        stop = threading.Event()

        def replace_it():
            for number in range(100):
                point(file, {"version": str(number), "padding": "x" * 5000})
            stop.set()

        writer = threading.Thread(target=replace_it)
        writer.start()
        while not stop.is_set():
            assert len(json.loads(file.read_bytes())["padding"]) == 5000
        writer.join()


class TestPrune:
    def test_only_the_named_stay(self, tmp_path):
        for name in ("1", "2", "3", ".removed-0", "4.tmp"):
            (tmp_path / name / "inside").mkdir(parents=True)
        (tmp_path / ".lock").touch()
        prune(tmp_path, {"2", "3", ""})
        assert {path.name for path in tmp_path.iterdir()} == {"2", "3", ".lock"}

    def test_what_somebody_has_open_stays_readable_to_them(self, tmp_path):
        with (standin_bundle(tmp_path / "1") / "weights.bin").open("rb") as held:
            prune(tmp_path, set())
            assert held.read() == b"b-1: weights"


def test_the_lock_is_held_by_one_process_at_a_time(tmp_path):
    context = multiprocessing.get_context("spawn")
    inside = context.Event()
    with locked(tmp_path / "cache" / ".lock"):
        other = context.Process(target=_hold, args=(tmp_path / "cache" / ".lock", inside))
        other.start()
        assert not inside.wait(1.5)
    assert inside.wait(60)
    other.join()


def _hold(path, inside):
    with locked(path):
        inside.set()
