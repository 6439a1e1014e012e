"""Reads the bodies of requests: JSON alone, and only for so long."""

import asyncio

from starlette.requests import Request

from serving.web.problems import BODY_TOO_SLOW, UNSUPPORTED_MEDIA_TYPE, ProblemError

BODY_SECONDS = 10.0
JSON = "application/json"


def require_json(request: Request) -> None:
    """Raises ProblemError for any other media type, charset or encoding than plain JSON in UTF-8."""
    media_type, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.strip().removeprefix("charset=").strip('"')
    encoding = request.headers.get("content-encoding", "identity").lower()
    if media_type.strip() != "application/json" or charset not in {"", "utf-8", "utf8"}:
        raise ProblemError(
            UNSUPPORTED_MEDIA_TYPE, "Send the body as `Content-Type: application/json`.", headers={"Accept-Post": JSON}
        )
    if encoding != "identity":
        raise ProblemError(UNSUPPORTED_MEDIA_TYPE, "Send the body without `Content-Encoding`.")


async def body_of(request: Request) -> bytes:
    """Read the body. Raises ProblemError where it stalls: a slow caller may not hold a connection for ever."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.body()
    except TimeoutError:
        raise ProblemError(BODY_TOO_SLOW, f"The body was not here after {BODY_SECONDS:.0f} seconds.") from None
