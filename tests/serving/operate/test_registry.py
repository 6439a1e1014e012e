"""Fetching the champion: what is on this machine after good days and bad ones."""

import json
import logging
import shutil
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from features.errors import StateError
from features.settings import Settings
from serving.bundle.bundle import read_manifest
from serving.operate import registry
from serving.operate.registry import RegistryDownError, address, fetch, shown, watch
from serving.storefront.champion import read_pointer
from tests.helpers.mlflow_store import looking, running, tracked

MODEL = "omnishelf-recommender"


def crown(settings, version):
    with looking(settings) as client:
        client.set_registered_model_alias(MODEL, "champion", version)


def pointer(settings):
    return read_pointer(settings.work / "serving" / "champion.json")


def cached(settings):
    """Bundles on this machine; a lock file is no bundle."""
    return {path.name for path in (settings.work / "serving" / "cache").iterdir() if path.is_dir()}


def answering(settings):
    """The version of the bundle that the pointer file leads to."""
    return read_manifest(pointer(settings).bundle)["version"]


class TestFetch:
    def test_it_brings_the_champion_and_points_at_it(self, settings, three_versions):
        crown(settings, "2")
        assert fetch(settings) == settings.work / "serving" / "cache" / "2"
        assert (pointer(settings).version, answering(settings), cached(settings)) == ("2", "b-2", {"2"})

    def test_again_it_changes_nothing(self, settings, three_versions):
        crown(settings, "1")
        fetch(settings)
        before = (settings.work / "serving" / "champion.json").stat().st_ino
        fetch(settings)
        assert (settings.work / "serving" / "champion.json").stat().st_ino == before

    def test_the_last_two_are_kept(self, settings, three_versions):
        for version in ("1", "2", "3"):
            crown(settings, version)
            fetch(settings)
        assert cached(settings) == {"2", "3"}

    def test_the_way_back_needs_no_second_download(self, settings, three_versions):
        for version in ("1", "2"):
            crown(settings, version)
            fetch(settings)
        kept = (settings.work / "serving" / "cache" / "1").stat().st_ino
        crown(settings, "1")
        fetch(settings)
        assert (settings.work / "serving" / "cache" / "1").stat().st_ino == kept
        assert (answering(settings), cached(settings)) == ("b-1", {"1", "2"})

    def test_a_moved_work_folder_still_answers(self, settings, three_versions):
        """The pointer is relative."""
        crown(settings, "1")
        fetch(settings)
        moved = Settings(work=settings.work.rename(settings.work.with_name("elsewhere")))
        assert answering(moved) == "b-1"

    def test_a_version_number_that_comes_back_with_other_content_is_another_bundle(self, settings, three_versions):
        crown(settings, "1")
        old = fetch(settings)
        with looking(settings) as client:
            client.delete_registered_model(MODEL)
        tracked(settings, "b-9")
        crown(settings, "1")
        new = fetch(settings)
        assert new != old
        assert (pointer(settings).version, answering(settings)) == ("1", "b-9")
        assert read_manifest(old)["version"] == "b-1"

    def test_a_bundle_lost_from_the_cache_is_brought_again(self, settings, three_versions):
        crown(settings, "1")
        shutil.rmtree(fetch(settings))
        fetch(settings)
        assert answering(settings) == "b-1"

    def test_a_bundle_that_lost_a_file_is_brought_again(self, settings, three_versions):
        crown(settings, "1")
        (fetch(settings) / "weights.bin").unlink()
        assert (fetch(settings) / "weights.bin").is_file()
        assert answering(settings) == "b-1"

    def test_a_bundle_that_rotted_in_the_cache_is_not_used_again(self, settings, three_versions):
        for version in ("1", "2"):
            crown(settings, version)
            fetch(settings)
        (settings.work / "serving" / "cache" / "1" / "weights.bin").write_bytes(b"rotten")
        crown(settings, "1")
        assert fetch(settings).name.startswith("1-")
        assert answering(settings) == "b-1"

    def test_what_a_killed_download_left_is_swept(self, settings, three_versions):
        litter = settings.work / "serving" / "cache" / "1.tmp" / "data"
        litter.mkdir(parents=True)
        crown(settings, "1")
        fetch(settings)
        assert cached(settings) == {"1"}

    @pytest.mark.parametrize("text", ["", "{", "[]", "null"])
    def test_a_damaged_pointer_is_replaced(self, settings, three_versions, text):
        file = settings.work / "serving" / "champion.json"
        file.parent.mkdir()
        file.write_text(text)
        crown(settings, "1")
        fetch(settings)
        assert answering(settings) == "b-1"


class TestABadDay:
    @pytest.fixture
    def first(self, three_versions):
        """Version 1 answers; version 2 is champion in the registry and not fetched yet."""
        crown(three_versions, "1")
        fetch(three_versions)
        crown(three_versions, "2")

    @pytest.fixture
    def stored(self, settings, first):
        """The registry's copy of the bundle of version 4, which is champion and not fetched yet."""
        crown(settings, tracked(settings, "b-4").model_version)
        with looking(settings) as client:
            uri = client.get_model_version_download_uri(MODEL, "4")
        return Path(unquote(urlsplit(uri).path)) / "data" / "b-4"

    def still_the_first(self, settings):
        return (pointer(settings).version, answering(settings), cached(settings)) == ("1", "b-1", {"1"})

    def test_a_damaged_bundle_is_refused(self, settings, stored):
        (stored / "weights.bin").write_bytes((stored / "weights.bin").read_bytes()[::-1])
        with pytest.raises(StateError, match=r"damaged: weights\.bin is not what was written"):
            fetch(settings)
        assert self.still_the_first(settings)

    def test_a_download_that_breaks_off_changes_nothing(self, settings, first, monkeypatch):
        from mlflow import artifacts

        real = artifacts.download_artifacts

        def breaks_off(uri, dst_path):
            if uri.endswith("manifest.json"):
                return real(uri, dst_path=dst_path)
            real(uri + "/weights.bin", dst_path=dst_path)
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(artifacts, "download_artifacts", breaks_off)
        with pytest.raises(StateError, match=r"version 2 .*No space left on device"):
            fetch(settings)
        assert self.still_the_first(settings)

    def test_artifacts_that_are_gone_change_nothing(self, settings, stored):
        shutil.rmtree(stored)
        with pytest.raises(StateError, match=r"The bundle of version 4 .* could not be downloaded"):
            fetch(settings)
        assert self.still_the_first(settings)

    def test_a_cache_that_cannot_be_written_changes_nothing(self, settings, first, monkeypatch):
        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(registry.cache, "admit", full)
        with pytest.raises(StateError, match=r"No space left on device.*goes on answering"):
            fetch(settings)
        assert self.still_the_first(settings)

    def test_no_champion_is_said_and_changes_nothing(self, settings, first):
        with looking(settings) as client:
            client.delete_registered_model_alias(MODEL, "champion")
        with pytest.raises(StateError, match=r"no version called @champion yet.*omnishelf promote"):
            fetch(settings)
        assert self.still_the_first(settings)

    def test_a_model_that_was_never_registered(self, settings):
        with pytest.raises(StateError, match="no version called @champion yet"):
            fetch(settings)

    def test_no_store_yet_makes_none(self, tmp_path):
        with pytest.raises(StateError, match="omnishelf train"):
            fetch(Settings(work=tmp_path))
        assert list(tmp_path.iterdir()) == []


class TestWatching:
    def test_a_champion_that_moves_is_picked_up_and_sigterm_ends_it(self, settings, three_versions, tmp_path):
        crown(settings, "1")
        log = tmp_path / "watch.log"
        with running(
            ["-m", "serving.operate.registry", "--work", str(settings.work), "--every", "0.1"], log
        ) as process:
            wait_until(lambda: pointer(settings) and pointer(settings).version == "1", process, log)
            crown(settings, "2")
            wait_until(lambda: pointer(settings).version == "2", process, log)
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 0
        said = log.read_text()
        assert answering(settings) == "b-2"
        assert said.count("answers: ") == 2
        assert said.rstrip().endswith("stopped")
        assert "Traceback" not in said

    def test_it_tells_an_outage_once_and_goes_on(self, settings, three_versions, monkeypatch, caplog):
        crown(settings, "1")
        looks = iter(["up", "down", "down, in other words", "down", "up", "odd", "odd", "up"])
        stop = threading.Event()

        def look(given, alias):
            state = next(looks, None)
            if state is None:
                stop.set()
            elif state.startswith("down"):
                raise RegistryDownError(f"{state} {time.monotonic()}")
            elif state == "odd":
                raise RuntimeError("nobody thought of this")
            return fetch(given, alias)

        monkeypatch.setattr(registry, "fetch", look)
        monkeypatch.setattr(registry, "SLOWEST_SECONDS", 0.01)
        with caplog.at_level(logging.INFO, logger="omnishelf.registry"):
            watch(settings, 0.01, stop)
        told = [
            record.message.partition(":")[0] for record in caplog.records if "is the champion now" not in record.message
        ]
        assert told == ["answers", "down", "answers", "trouble", "answers"]
        assert answering(settings) == "b-1"

    def test_it_starts_before_anything_was_trained(self, tmp_path, mlflow_template, caplog):
        """No schema is made by a watcher: it would race with the training that makes it."""
        stop = threading.Event()
        settings = Settings(work=tmp_path)
        watcher = threading.Thread(target=watch, args=(settings, 0.01, stop))
        watcher.start()
        try:
            time.sleep(0.2)
            assert list(tmp_path.iterdir()) == []
            shutil.copyfile(mlflow_template, tmp_path / "copy.db").rename(tmp_path / "mlflow.db")
            tracked(settings)
            crown(settings, "1")
            wait_until(lambda: pointer(settings) is not None)
        finally:
            stop.set()
            watcher.join()
        assert answering(settings) == "b-1"


def wait_until(done, process=None, log=None):
    until = time.monotonic() + 120
    while not done():
        assert process is None or process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text() if log else ""
        time.sleep(0.02)


class TestTheAddress:
    def test_it_is_a_file_of_the_work_folder_unless_the_user_says_otherwise(self, tmp_path):
        settings = Settings(work=tmp_path)
        assert address(settings) == f"sqlite:///{tmp_path}/mlflow.db"
        assert address(replace(settings, tracking_uri="http://tracking.example")) == "http://tracking.example"

    @pytest.mark.parametrize(
        ("uri", "printed"),
        [
            ("postgresql://mei:geheim@db.example:5432/mlflow", "postgresql://mei:***@db.example:5432/mlflow"),
            ("http://tracking.example:5000", "http://tracking.example:5000"),
            ("sqlite:////srv/work/mlflow.db", "sqlite:////srv/work/mlflow.db"),
        ],
    )
    def test_a_password_is_not_printed(self, uri, printed):
        assert shown(uri) == printed


def test_the_pointer_file_says_what_workers_need(settings, three_versions):
    crown(settings, "1")
    fetch(settings)
    said = json.loads((settings.work / "serving" / "champion.json").read_text())
    assert (said["version"], said["bundle"]) == ("1", "cache/1")
    assert said["source"].startswith("models:/m-")
