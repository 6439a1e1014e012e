"""A real service in front of real bundles, for tests to talk to."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from features.settings import Settings
from serving.operate.launch import free_port, started
from tests.helpers.tiny_bundle import TinyShop, write_bundle

VERSIONS = ("1", "2")


@dataclass(frozen=True, slots=True)
class Shop:
    """A running service: its address, its work folder, and a client that talks to it."""

    url: str
    work: Path
    client: httpx.Client

    def point_at(self, version: str, bundle: str | None = None) -> None:
        """Promote: replace the pointer file in one step."""
        point_at(self.work, version, bundle)

    def wait_for(self, version: str, within_seconds: float = 15.0) -> None:
        """Until the service answers with the version."""
        until = time.monotonic() + within_seconds
        while (found := self.version()) != version:
            assert time.monotonic() < until, f"version {found} answers, not {version}"
            time.sleep(0.05)

    def version(self) -> str | None:
        found: str | None = self.client.get("/readyz").json().get("model_version")
        return found

    def metric(self, name: str, **labels: str) -> float:
        return metric(self.client.get("/metrics").text, name, **labels)


def metric(page: str, name: str, **labels: str) -> float:
    """The sum of the samples of that name with those labels; 0 where there are none."""
    samples = (sample for family in text_string_to_metric_families(page) for sample in family.samples)
    return sum(each.value for each in samples if each.name == name and labels.items() <= each.labels.items())


def point_at(work: Path, version: str, bundle: str | None = None) -> None:
    folder = work / "serving"
    fresh = folder / f"champion.{version}.tmp"
    fresh.write_text(json.dumps({"version": version, "bundle": bundle or f"cache/{version}"}), encoding="utf-8")
    fresh.replace(folder / "champion.json")


def work_with_bundles(work: Path, shop: TinyShop) -> Path:
    """A work folder whose cache holds a bundle of each of VERSIONS; nothing is promoted."""
    for version in VERSIONS:
        write_bundle(shop, work / "serving" / "cache" / version, version)
    return work


@contextmanager
def served_shop(work: Path, shop: TinyShop) -> Iterator[Shop]:
    """A ready service with version 1; nothing syncs, so that the pointer file is the test's."""
    work_with_bundles(work, shop)
    point_at(work, VERSIONS[0])
    with (
        started(Settings(work=work), port=free_port(), sync=False, log=work / "service.log") as address,
        httpx.Client(base_url=address.url, timeout=30, trust_env=False) as client,
    ):
        served = Shop(address.url, work, client)
        served.wait_for(VERSIONS[0])
        yield served
