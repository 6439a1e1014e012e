"""GET /, /docs and /openapi.json, with the style sheet and the script that they use.

All of it is made once, when the service starts, and none of it loads anything from elsewhere.
"""

from collections.abc import Iterable
from importlib.metadata import version

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.docs.landing import landing_page
from serving.docs.openapi import openapi_document
from serving.docs.reference import reference_page
from serving.web.described import Described
from serving.web.frame import CONTENT_SECURITY_POLICY, asset

_PAGE_HEADERS = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Referrer-Policy": "no-referrer"}


def routes(api: Iterable[Described]) -> tuple[Route, ...]:
    document = openapi_document(version("omnishelf"), api)
    return (
        _fixed("/", landing_page(), "text/html"),
        _fixed("/docs", reference_page(document), "text/html"),
        _fixed("/openapi.json", orjson.dumps(document).decode(), "application/json"),
        _fixed("/assets/page.css", asset("serving.web", "page.css"), "text/css"),
        _fixed("/assets/try.js", asset("serving.docs", "try.js"), "text/javascript"),
    )


def _fixed(path: str, text: str, media_type: str) -> Route:
    """A route whose answer never changes while the service runs."""
    body = text.encode()
    headers = {"Cache-Control": "no-cache", **(_PAGE_HEADERS if media_type == "text/html" else {})}

    async def answer(_: Request) -> Response:
        return Response(body, media_type=media_type, headers=headers)

    return Route(path, answer, name=path)
