"""Answers are made one at a time, in order of arrival; a queue that grows too long is cut."""

import asyncio
from types import TracebackType
from typing import Self

from serving.web.problems import TOO_MANY_REQUESTS, ProblemError


class AnswerQueue:
    """Lets one caller through at a time; whoever would stand behind `limit` others is turned away with a 429.

    An answer is a few milliseconds of pure computation, so two at once on one worker gain nothing and
    threads only add switches. Between two holders the event loop turns once: it reads its sockets,
    counts who is waiting and answers health checks, however long the queue is.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = asyncio.Lock()
        self._inside = 0

    async def __aenter__(self) -> Self:
        """Raises ProblemError where the queue is full."""
        if self._inside > self._limit:
            raise ProblemError(
                TOO_MANY_REQUESTS,
                f"{self._limit} requests are already waiting for this worker. Try again shortly.",
                headers={"Retry-After": "1"},
            )
        self._inside += 1
        try:
            await self._lock.acquire()
        except BaseException:
            self._inside -= 1
            raise
        await self._let_the_loop_turn()
        return self

    async def _let_the_loop_turn(self) -> None:
        """Without this a holder never pauses, so all who are ready run in one turn and nobody ever waits."""
        try:
            await asyncio.sleep(0)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inside -= 1
        self._lock.release()
