"""The OpenAPI document is put together from what each route brings."""

import asyncio
from unittest.mock import Mock

import httpx
import pytest
from starlette.responses import Response
from starlette.routing import Route, Router

from features.settings import Settings
from serving.app import web_routes
from serving.docs.openapi import openapi_document
from serving.storefront.telemetry import Telemetry
from serving.web.described import Described

PAGES = ("/docs", "/openapi.json", "/assets/", "/buyers")


@pytest.fixture(scope="module")
def routes():
    return web_routes(Mock(), Mock(), Telemetry(), Settings())


def test_every_route_of_the_api_is_documented_with_its_methods_and_nothing_else_is(routes):

    async def scenario():
        transport = httpx.ASGITransport(Router(routes))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return (await client.get("/openapi.json")).json()

    document = asyncio.run(scenario())
    served = {
        route.path: {method.lower() for method in route.methods} - {"head"}
        for route in routes
        if route.path != "/" and not route.path.startswith(PAGES)
    }
    assert {path: set(operations) for path, operations in document["paths"].items()} == served
    assert len(served) == 7


def test_a_part_is_in_the_document_as_it_describes_itself():
    part = Described((Route("/v1/hats", lambda _: Response()),), {"/v1/hats": {"get": {}}}, {"Hat": {"type": "object"}})
    document = openapi_document("1", (part,))
    assert document["paths"] == part.paths
    assert document["components"]["schemas"].keys() == {"Hat", "Problem"}
