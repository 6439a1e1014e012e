"""GET /healthz: the process answers. GET /readyz: it can answer with a model."""

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.storefront.champion import ChampionHolder
from serving.storefront.storefront import not_ready

_HEADERS = {"Cache-Control": "no-store"}


def routes(champion: ChampionHolder) -> tuple[Route, Route]:
    async def healthz(_: Request) -> Response:
        return Response(b'{"status":"ok"}', media_type="application/json", headers=_HEADERS)

    async def readyz(_: Request) -> Response:
        current = champion.current
        if current is None:
            raise not_ready()
        body = orjson.dumps({"status": "ready", "model_version": current.version})
        return Response(body, media_type="application/json", headers=_HEADERS)

    return Route("/healthz", healthz), Route("/readyz", readyz)
