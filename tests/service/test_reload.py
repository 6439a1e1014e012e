"""A new champion is picked up by a running service: no request is dropped, no damage gets through."""

import json
import threading
import time

import httpx
import pytest

from tests.helpers.tiny_bundle import DAMAGES, damage, write_bundle

PATH = "/v1/recommendations"
CALLERS = 4


@pytest.fixture(autouse=True)
def version_1_before_and_after(shop):
    shop.point_at("1")
    shop.wait_for("1")
    yield
    shop.point_at("1")
    shop.wait_for("1")


class Callers:
    """Shoppers who ask without pause, each on a connection of its own, until told to stop."""

    def __init__(self, url):
        self._url = url
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(CALLERS)]
        self.answers = []
        self.failures = []

    def _ask(self):
        with httpx.Client(base_url=self._url, timeout=30, trust_env=False) as client:
            while not self._stop.is_set():
                try:
                    answer = client.post(PATH, json={"placement": "home", "page_size": 5})
                    self.answers.append((answer.status_code, answer.json().get("model_version")))
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, count=50):
        enough = len(self.answers) + count
        until = time.monotonic() + 30
        while len(self.answers) < enough:
            assert time.monotonic() < until, f"{len(self.answers)} answers, {self.failures[:3]}"
            time.sleep(0.01)


def test_two_flips_under_load_drop_no_request(shop):
    loaded = shop.metric("omnishelf_reloads_total", outcome="loaded")
    returned = shop.metric("omnishelf_reloads_total", outcome="returned")
    with Callers(shop.url) as callers:
        callers.wait_for_more()
        for version in ("2", "1"):
            shop.point_at(version)
            shop.wait_for(version)
            callers.wait_for_more()
    assert callers.failures == []
    assert {status for status, _ in callers.answers} == {200}
    assert {version for _, version in callers.answers} == {"1", "2"}
    flips = shop.metric("omnishelf_reloads_total", outcome="loaded") - loaded
    flips += shop.metric("omnishelf_reloads_total", outcome="returned") - returned
    assert flips == 2


def test_the_metrics_say_which_version_answers_and_how_old_it_is(shop):
    for version, other in (("2", "1"), ("1", "2")):
        shop.point_at(version)
        shop.wait_for(version)
        assert shop.metric("omnishelf_bundle_workers", version=version) == 1
        assert shop.metric("omnishelf_bundle_workers", version=other) == 0
        assert shop.metric("omnishelf_bundle_age_seconds") > 0


def wait_until_refused(shop, before):
    until = time.monotonic() + 15
    while shop.metric("omnishelf_reloads_total", outcome="refused") == before:
        assert time.monotonic() < until, "the service never looked at the damaged bundle"
        time.sleep(0.05)


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_bundle_is_refused_and_counted_and_the_old_one_answers_on(shop, facts, tmp_path, how):
    before = shop.metric("omnishelf_reloads_total", outcome="refused")
    shop.point_at("9", str(damage(write_bundle(facts, tmp_path / "9", "9"), how)))
    wait_until_refused(shop, before)
    assert shop.version() == "1"
    assert shop.client.post(PATH, json={"placement": "home"}).json()["model_version"] == "1"


def test_a_damaged_pointer_file_is_refused_and_the_old_bundle_answers_on(shop):
    before = shop.metric("omnishelf_reloads_total", outcome="refused")
    (shop.work / "serving" / "champion.json").write_text(json.dumps({"version": "2"}), encoding="utf-8")
    wait_until_refused(shop, before)
    assert shop.version() == "1"
    assert shop.client.post(PATH, json={"placement": "home"}).status_code == 200
