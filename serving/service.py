"""The BentoML service: the storefront API, mounted, and its twin for BentoML's own clients.

BentoML imports this module in every worker: it is an entry point, reads the settings and makes the
parts. The settings were measured with small JSON on one worker: 795 µs of CPU a request by default,
237 µs as they are here.
"""

import asyncio
import contextlib
import gc
import os
import signal
import time

import bentoml
from bentoml.exceptions import BentoMLException

from features.settings import Settings
from serving.app import web_app, web_routes
from serving.storefront.champion import ChampionHolder, load_champion
from serving.storefront.payloads import RecommendationAnswer, RecommendationRequest
from serving.storefront.queue import AnswerQueue
from serving.storefront.storefront import Storefront
from serving.storefront.telemetry import Telemetry, forget_dead_workers, forget_this_worker
from serving.web.middleware import RequestMiddleware
from serving.web.problems import ProblemError

LOOK_SECONDS = 1.0
"""How often a worker looks whether the champion changed: one `stat`."""

WAITING_PER_WORKER = 64
"""At 8 ms an answer the last in the queue waits half a second; whoever comes next is told to come back."""

_telemetry = Telemetry()
_settings = Settings.load()
_champion = ChampionHolder(_settings.champion, load_champion)
_queue = AnswerQueue(WAITING_PER_WORKER)
_storefront = Storefront(_champion, _queue, _telemetry, _settings.suppressed, _settings.as_of)
_web = web_app(web_routes(_champion, _storefront, _telemetry, _settings))


@bentoml.service(
    name="omnishelf",
    workers=int(os.environ.get("OMNISHELF_WORKERS", "1")),
    # no max_concurrency: the queue answers overload with a problem document, BentoML without one
    traffic={"timeout": 30},
    metrics={"enabled": False},  # labelled by raw path, without bound; ours are at /metrics
    logging={"access": {"enabled": False}},
    tracing={"excluded_urls": [".*"]},  # a third of the time otherwise, even when nothing is sampled
)
@bentoml.asgi_app(_web)
class Omnishelf:
    """Lists of items for the places of a storefront. The API proper is under /v1; see /docs."""

    _watch: asyncio.Task[None]

    @bentoml.on_startup  # type: ignore[untyped-decorator]
    async def start(self) -> None:
        """Load the champion if there is one; without, the worker runs and says that it is not ready."""
        forget_dead_workers()
        await asyncio.to_thread(_refresh)
        gc.set_threshold(50_000, 20, 100)  # with the freeze: p99 47 ms under load, 205 without
        self._watch = asyncio.create_task(_keep_current(os.getppid()))

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    async def stop(self) -> None:
        self._watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watch
        forget_this_worker()

    @bentoml.api(route="/recommend")  # type: ignore[untyped-decorator]
    async def recommend(self, request: RecommendationRequest, /) -> RecommendationAnswer:
        """The twin of POST /v1/recommendations for BentoML's clients."""
        try:
            return RecommendationAnswer.model_validate(await _storefront.recommend(request, time.time_ns()))
        except ProblemError as problem:
            raise BentoMLException(problem.detail, error_code=problem.kind.status) from problem


Omnishelf.add_asgi_middleware(  # type: ignore[attr-defined] # the decorator made a bentoml.Service of it
    RequestMiddleware,
    own=_web,
    own_paths=frozenset({"/healthz", "/readyz"}),  # BentoML's own would be found before a mounted app
    counter=_telemetry,
)


def _refresh() -> None:
    """Bring the champion in line with the pointer file, then keep the collector away from what lasts."""
    before = _champion.current
    outcome = _champion.refresh(time.monotonic())
    _telemetry.count_reload(outcome, _champion.current, before)
    gc.collect()
    gc.freeze()


async def _keep_current(parent: int) -> None:
    """Follow the pointer file; end the worker where the process that started it is gone."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if _champion.is_due(time.monotonic()):
            await asyncio.to_thread(_refresh)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)
