"""One answer of the storefront, whatever carried the request here."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from features.clock import DAY_SECONDS, Cutoff
from serving.recommender.answers import NOBODY, Query
from serving.storefront.champion import ChampionHolder
from serving.storefront.payloads import RecommendationRequest, answer_body, debug_body, query
from serving.storefront.queue import AnswerQueue
from serving.storefront.suppressed import Suppressed
from serving.storefront.telemetry import Telemetry
from serving.web.identifiers import recommendation_id
from serving.web.problems import NOT_READY, ProblemError


class Storefront:
    """Answers requests with the champion of the moment, one at a time, and counts what it answered."""

    def __init__(
        self,
        champion: ChampionHolder,
        queue: AnswerQueue,
        telemetry: Telemetry,
        suppressed: Path | None = None,
        as_of: str = "",
    ) -> None:
        """`suppressed` is the file of names that get no personal answer; it need not be there.

        `as_of` is the instant that every answer is made for, in place of the request's own.
        """
        self._as_of_days = Cutoff.parse(as_of).days if as_of else None
        self._suppressed = Suppressed(suppressed) if suppressed else None
        self._champion = champion
        self._queue = queue
        self._telemetry = telemetry

    async def recommend(self, request: RecommendationRequest, now_ns: int) -> dict[str, Any]:
        """The members of a RecommendationAnswer; `now_ns`: the instant of the request in ns since 1970-01-01 UTC.

        The champion is taken once: an exchange in the middle of an answer does not touch it. Raises
        ProblemError where no champion is loaded or the queue is full.
        """
        arrived = time.perf_counter()
        async with self._queue:
            champion = self._champion.current
            if champion is None:
                raise not_ready()
            started = time.perf_counter()
            at_days = now_ns / 1e9 / DAY_SECONDS if self._as_of_days is None else self._as_of_days
            answer = champion.recommender.recommend(self._query(request, at_days, started))
            ended = time.perf_counter()
        self._telemetry.count_answer(request.placement, answer)
        body = answer_body(answer, recommendation_id(now_ns), champion.version)
        if request.debug:
            body["debug"] = debug_body(answer, (started - arrived) * 1e3, (ended - started) * 1e3)
        return body

    def _query(self, request: RecommendationRequest, at_days: float, steady: float) -> Query:
        """What the recommender is asked; `steady` is in seconds of the clock that suppressed names are looked at by."""
        asked = query(request, at_days)
        if self._suppressed is None or not self._suppressed.holds(asked.customer_id, steady):
            return asked
        return replace(asked, customer_id=NOBODY)


def not_ready() -> ProblemError:
    return ProblemError(
        NOT_READY, "No model was promoted yet, or it cannot be loaded. See /readyz.", headers={"Retry-After": "5"}
    )
