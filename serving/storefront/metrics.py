"""GET /metrics: the service's own measurements, for Prometheus."""

import time

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.storefront.champion import ChampionHolder
from serving.storefront.telemetry import Telemetry


def route(champion: ChampionHolder, telemetry: Telemetry) -> Route:
    async def metrics(_: Request) -> Response:
        return Response(
            telemetry.page(champion.current, time.time()), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )

    return Route("/metrics", metrics)
