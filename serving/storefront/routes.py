"""POST /v1/recommendations: a list of items for one placement."""

import time

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.storefront.openapi import PATH, recommendation_paths, recommendation_schemas
from serving.storefront.payloads import read_request
from serving.storefront.storefront import Storefront
from serving.web.bodies import body_of, require_json
from serving.web.described import Described


def api(storefront: Storefront) -> Described:
    async def recommend(request: Request) -> Response:
        require_json(request)
        body = await storefront.recommend(read_request(await body_of(request)), time.time_ns())
        return Response(
            orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY),
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    return Described((Route(PATH, recommend, methods=["POST"]),), recommendation_paths(), recommendation_schemas())
