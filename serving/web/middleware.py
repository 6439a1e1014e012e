"""Every request passes this middleware, BentoML's own included.

It gives the request its id, bounds its body, counts it and its answer, and answers whatever was raised
behind it with a problem document, so that nothing internal leaks and nothing stalls.
"""

import logging
import re
import time
from dataclasses import dataclass
from typing import Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.web.identifiers import request_id as safe_request_id
from serving.web.problems import (
    BAD_REQUEST,
    BODY_TOO_LARGE,
    INTERNAL,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    ProblemError,
    response,
)

LOG = logging.getLogger("omnishelf.requests")

MAX_BODY_BYTES = 256 * 1024
"""The largest request there is, a thousand excluded ids of 200 characters, fits in."""

MAX_WORKBOOK_BYTES = 16 * 1024 * 1024
"""A buyer's edited workbook: it is read only after the buyer is known."""
_WORKBOOK = re.compile(r"/buyers/runs/[a-z0-9]+/workbook")

CLIENT_LEFT = 499
TIMED_OUT = 504

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_VISIT = "omnishelf.visit"


class CountsRequests(Protocol):
    """What is told of every request: its method, its route's template, the status of its answer, its seconds."""

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None: ...


@dataclass(slots=True)
class _Visit:
    """One request on its way through; `status` is 0 until the head of the answer is out."""

    request_id: str
    status: int = 0


class RequestMiddleware:
    """ASGI middleware. `own` answers the paths in `own_paths`; everything else goes on to `app`."""

    def __init__(self, app: ASGIApp, own: ASGIApp, own_paths: frozenset[str], counter: CountsRequests) -> None:
        self._app = app
        self._own = own
        self._own_paths = own_paths
        self._counter = counter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        visit = _Visit(safe_request_id(Headers(scope=scope).get("x-request-id", ""), time.time_ns()))
        scope[_VISIT] = visit
        app = self._own if scope["path"] in self._own_paths else self._app
        try:
            await answered(_bounded(app))(scope, receive, _stamped(send, visit))
        except ClientDisconnect:
            visit.status = CLIENT_LEFT
        finally:
            self._count(scope, visit, time.perf_counter() - started)

    def _count(self, scope: Scope, visit: _Visit, seconds: float) -> None:
        """A request that ends without a status was cancelled by the server's own time limit."""
        route = scope["route"].path_format if isinstance(scope.get("route"), Route) else "unmatched"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._counter.count_request(method, route, visit.status or TIMED_OUT, seconds)


def answered(app: ASGIApp) -> ASGIApp:
    """`app`, with a problem document for whatever it raises before its answer has begun.

    Afterwards all that is left is to break off, so that the caller sees that something is missing.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except ClientDisconnect:
            raise
        except Exception as error:
            visit: _Visit = scope[_VISIT]
            problem = _problem(error, scope, visit.request_id)
            if visit.status:
                raise
            await response(problem, visit.request_id)(scope, receive, send)

    return answer


def _problem(error: Exception, scope: Scope, request_id: str) -> ProblemError:
    """What the caller is told; a fault of ours is logged with the request id and told without its cause."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, HTTPException) and error.status_code == METHOD_NOT_ALLOWED.status:
        allowed = (error.headers or {}).get("Allow", "")
        return ProblemError(
            METHOD_NOT_ALLOWED, f"{scope['path']} takes {allowed}, not {scope['method']}.", headers={"Allow": allowed}
        )
    if isinstance(error, HTTPException) and error.status_code < INTERNAL.status:
        return ProblemError(BAD_REQUEST, error.detail)
    LOG.error("Request %s to %s failed", request_id, scope["path"], exc_info=error)
    return ProblemError(INTERNAL, f"The service failed; its log tells more about request {request_id}.")


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI app behind every path that nobody answers."""
    del receive, send
    raise ProblemError(NOT_FOUND, f"There is nothing at {scope['path'][:200]}. The API is described at /docs.")


def _bounded(app: ASGIApp) -> ASGIApp:
    """`app`, for bodies of a bounded size: raises ProblemError as soon as one is known to be longer."""

    async def bounded(scope: Scope, receive: Receive, send: Send) -> None:
        declared = Headers(scope=scope).get("content-length")
        most = MAX_WORKBOOK_BYTES if _WORKBOOK.fullmatch(scope["path"]) else MAX_BODY_BYTES
        if declared is None:
            await app(scope, _counted(receive, most), send)
        elif int(declared) > most:
            raise _too_large(most)
        else:
            await app(scope, receive, send)

    return bounded


def _counted(receive: Receive, most: int) -> Receive:
    """`receive` for a body that does not say how long it is."""
    received = 0

    async def receive_counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise _too_large(most)
        return message

    return receive_counted


def _too_large(most: int) -> ProblemError:
    return ProblemError(BODY_TOO_LARGE, f"A body may have {most} bytes at most.")


def _stamped(send: Send, visit: _Visit) -> Send:
    """`send`, which notes the status and puts the request id on the answer."""

    async def send_stamped(message: Message) -> None:
        if message["type"] == "http.response.start":
            visit.status = message["status"]
            headers = MutableHeaders(raw=message["headers"])
            headers["X-Request-Id"] = visit.request_id
            headers["X-Content-Type-Options"] = "nosniff"
        await send(message)

    return send_stamped
