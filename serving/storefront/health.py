"""GET /healthz: the process answers. GET /readyz: it can answer with a model."""

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.storefront.champion import ChampionHolder
from serving.storefront.storefront import not_ready
from serving.web.described import Described
from serving.web.openapi_parts import Json, plain, problems
from serving.web.problems import INTERNAL, METHOD_NOT_ALLOWED, NOT_READY

_HEADERS = {"Cache-Control": "no-store"}


def api(champion: ChampionHolder) -> Described:
    async def healthz(_: Request) -> Response:
        return Response(b'{"status":"ok"}', media_type="application/json", headers=_HEADERS)

    async def readyz(_: Request) -> Response:
        current = champion.current
        if current is None:
            raise not_ready()
        body = orjson.dumps({"status": "ready", "model_version": current.version})
        return Response(body, media_type="application/json", headers=_HEADERS)

    return Described(
        (Route("/healthz", healthz), Route("/readyz", readyz)),
        {"/healthz": {"get": _healthz()}, "/readyz": {"get": _readyz()}},
    )


def _healthz() -> Json:
    return {
        "operationId": "healthz",
        "tags": ["Operation"],
        "summary": "Whether the process answers",
        "description": "Restart the worker where this fails.",
        "responses": {
            "200": plain("It does.", {"status": {"const": "ok"}}, {"status": "ok"}),
            **problems(METHOD_NOT_ALLOWED, INTERNAL),
        },
    }


def _readyz() -> Json:
    fields = {"status": {"const": "ready"}, "model_version": {"type": "string"}}
    return {
        "operationId": "readyz",
        "tags": ["Operation"],
        "summary": "Whether a model is loaded",
        "description": "Send shoppers here only once this succeeds.",
        "responses": {
            "200": plain("It is.", fields, {"status": "ready", "model_version": "12"}),
            **problems(METHOD_NOT_ALLOWED, INTERNAL, NOT_READY),
        },
    }
