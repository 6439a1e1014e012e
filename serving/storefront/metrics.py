"""GET /metrics: the service's own measurements, for Prometheus."""

import time

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.storefront.champion import ChampionHolder
from serving.storefront.telemetry import Telemetry
from serving.web.described import Described
from serving.web.openapi_parts import HEADERS, Json, problems
from serving.web.problems import INTERNAL, METHOD_NOT_ALLOWED


def api(champion: ChampionHolder, telemetry: Telemetry) -> Described:
    async def metrics(_: Request) -> Response:
        return Response(
            telemetry.page(champion.current, time.time()), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )

    return Described((Route("/metrics", metrics),), {"/metrics": {"get": _metrics()}})


def _metrics() -> Json:
    return {
        "operationId": "metrics",
        "tags": ["Operation"],
        "summary": "Measurements for Prometheus",
        "description": "Requests, seconds and errors by route; fallbacks by placement; version and age of the model; "
        "exchanges of the model. Summed over the workers.",
        "responses": {
            "200": {
                "description": "The text format of Prometheus, version 0.0.4.",
                "headers": HEADERS,
                "content": {"text/plain": {"schema": {"type": "string"}}},
            },
            **problems(METHOD_NOT_ALLOWED, INTERNAL),
        },
    }
