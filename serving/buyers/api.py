"""/v1/assortments: buyers' own tools start runs, follow them and read their decisions."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from features.settings import Settings
from serving.buyers import runs
from serving.buyers.accounts import Buyers
from serving.buyers.openapi import PATH, SCHEMAS, assortment_paths
from serving.buyers.planning import Planning
from serving.buyers.request import read_assortment
from serving.buyers.runs import AssortmentRun
from serving.web.bodies import body_of, require_json
from serving.web.described import Described
from serving.web.problems import INVALID_FIELD, UNAUTHORIZED, FieldError, ProblemError

_HEADERS = {"Cache-Control": "no-store"}

MOST_ROWS = 1000


def api(settings: Settings, buyers: Buyers) -> Described:
    planning = Planning(settings)

    async def collection(request: Request) -> Response:
        buyer = await asyncio.to_thread(buyer_of, request, buyers)
        if request.method != "POST":
            found = await asyncio.to_thread(runs.listed, planning.folder, _now())
            return _json({"assortments": [run_body(run) for run in found]})
        require_json(request)
        asked = read_assortment(await body_of(request))
        run = await asyncio.to_thread(planning.start, asked, buyer, _now())
        return _json(run_body(run), status=202, headers={"Location": f"{PATH}/{run.id}"})

    async def one(request: Request) -> Response:
        await asyncio.to_thread(buyer_of, request, buyers)
        return _json(run_body(await asyncio.to_thread(planning.find, request.path_params["id"], _now())))

    async def decisions(request: Request) -> Response:
        await asyncio.to_thread(buyer_of, request, buyers)
        run = await asyncio.to_thread(planning.finished, request.path_params["id"], _now())
        rows = await asyncio.to_thread(runs.decisions, run)
        start, size = _number(request, "cursor", 0, len(rows)), _number(request, "page_size", 100, MOST_ROWS)
        end = start + max(size, 1)
        cursor = str(end) if end < len(rows) else None
        return _json({"id": run.id, "decisions": rows[start:end], "next_cursor": cursor})

    routes = (
        Route(PATH, collection, methods=["GET", "POST"]),
        Route(PATH + "/{id}", one),
        Route(PATH + "/{id}/decisions", decisions),
    )
    return Described(routes, assortment_paths(), SCHEMAS)


def buyer_of(request: Request, buyers: Buyers) -> str:
    """Who asks, by their token. Raises ProblemError where nobody is known by it."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    name = buyers.by_token(token.strip()) if scheme.lower() == "bearer" and token else None
    if name is None:
        raise ProblemError(
            UNAUTHORIZED,
            "Send `Authorization: Bearer …` with a buyer's token.",
            headers={"WWW-Authenticate": 'Bearer realm="assortments"'},
        )
    return name


def run_body(run: AssortmentRun) -> dict[str, Any]:
    """The members of AssortmentRun."""
    body: dict[str, Any] = {
        "id": run.id,
        "state": run.state.state,
        "stage": run.state.stage,
        "share": run.state.share,
        "at": f"{run.state.at}Z",
        "asked_by": run.state.by,
        "request": run.request.model_dump(),
    }
    if run.state.error:
        body["error"] = run.state.error
    if run.state.state == runs.DONE:
        files = {name: f"/buyers/runs/{run.id}/{name}" for name in runs.REPORT_FILES}
        body["result"] = {"decisions": f"{PATH}/{run.id}/decisions", "files": files}
    return body


def _number(request: Request, name: str, default: int, most: int) -> int:
    """A whole number of the query, 0 to `most`."""
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or int(text) > most:
        error = FieldError(name, f"must be a whole number from 0 to {most}")
        raise ProblemError(INVALID_FIELD, f"{name} {error.message}.", errors=(error,))
    return int(text)


def _now() -> datetime:
    return datetime.now(UTC)


def _json(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, {**_HEADERS, **(headers or {})}, "application/json")
