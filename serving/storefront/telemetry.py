"""What the service measures about itself, as Prometheus reads it, summed over its workers."""

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from serving.recommender.answers import Answer
from serving.storefront.champion import Champion, Outcome

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where it is set, workers keep their numbers in files of this folder, and each can answer for all.

prometheus_client reads it when it is imported: set it before.
"""

_SECONDS = (0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Telemetry:
    """Routes are labelled by their template and versions by name: no label takes what a caller makes up."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self._requests = Counter(
            "omnishelf_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "omnishelf_request_seconds",
            "Seconds from the head of a request to the end of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._errors = Counter(
            "omnishelf_errors", "Answers with a 4xx or 5xx status.", ("route", "status"), registry=registry
        )
        self._fallbacks = Counter(
            "omnishelf_fallbacks",
            "Lists by how they fell back; none: they did not.",
            ("placement", "fallback"),
            registry=registry,
        )
        self._reloads = Counter(
            "omnishelf_reloads", "Looks at a changed champion, by what came of it.", ("outcome",), registry=registry
        )
        self._bundle_workers = Gauge(
            "omnishelf_bundle_workers",
            "Workers that answer with this version.",
            ("version",),
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._bundle_age = Gauge(
            "omnishelf_bundle_age_seconds",
            "Seconds since the bundle that answers was made.",
            multiprocess_mode="livemostrecent",
            registry=registry,
        )

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if status >= 400:
            self._errors.labels(route, str(status)).inc()

    def count_answer(self, placement: str, answer: Answer) -> None:
        for fallback in answer.fallback.split("+"):
            self._fallbacks.labels(placement, fallback).inc()

    def count_reload(self, outcome: Outcome, champion: Champion | None, before: Champion | None) -> None:
        """`champion` answers now and `before` did until now; they may be the same."""
        self._reloads.labels(outcome).inc()
        if before is not None:
            self._bundle_workers.labels(before.version).set(0)
        if champion is not None:
            self._bundle_workers.labels(champion.version).set(1)

    def page(self, champion: Champion | None, now: float) -> bytes:
        """The text that Prometheus scrapes; `now` in seconds since 1970-01-01 UTC."""
        if champion is not None:
            self._bundle_age.set(now - champion.made_at)
        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def forget_dead_workers() -> None:
    """Drop from the sums the gauges of workers that died without saying so; counters stay."""
    if SHARED_FOLDER not in os.environ:
        return
    for file in Path(os.environ[SHARED_FOLDER]).glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not Path("/proc", str(pid)).exists():
            mark_process_dead(pid)  # type: ignore[no-untyped-call]


def forget_this_worker() -> None:
    """Drop the gauges of this worker from the sums: it is about to end."""
    if SHARED_FOLDER in os.environ:
        mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]
