"""Signing in to the buyers' pages: a password gives a cookie; every form has to come from a page of our own."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from serving.buyers.accounts import SESSION_SECONDS, Buyers
from serving.buyers.pages import PATH, sign_in_page
from serving.web.bodies import body_of
from serving.web.frame import CONTENT_SECURITY_POLICY
from serving.web.problems import BAD_REQUEST, BODY_TOO_SLOW, FORBIDDEN, ProblemError

COOKIE = "omnishelf_buyer"
GUESS_SECONDS = 1.0
"""A wrong password is answered so much later."""

_PAGE = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_FORM = "application/x-www-form-urlencoded"
_FILE_FORM = "multipart/form-data"
UPLOAD_SECONDS = 120.0

Signed = Callable[[Request, str], Awaitable[Response]]
"""Answers a request of a buyer, who is named."""


def signed(buyers: Buyers, answer: Signed) -> Callable[[Request], Awaitable[Response]]:
    """The page for a buyer who signed in; the form for anybody else."""

    async def answered(request: Request) -> Response:
        buyer = buyers.by_session(request.cookies.get(COOKIE, ""), time.time())
        if buyer is None:
            return html(sign_in_page(is_set_up=not buyers.is_empty), status=401)
        return await answer(request, buyer)

    return answered


def sign_in_routes(buyers: Buyers) -> tuple[Route, ...]:
    async def sign_in(request: Request) -> Response:
        if request.method == "GET":
            return RedirectResponse(PATH, status_code=303)
        form = await form_of(request)
        name, password = form.get("name", ""), form.get("password", "")
        if not await asyncio.to_thread(buyers.by_password, name, password):
            await asyncio.sleep(GUESS_SECONDS)
            return html(sign_in_page("Name or password is wrong.", is_set_up=not buyers.is_empty), status=401)
        answer = RedirectResponse(PATH, status_code=303)
        answer.set_cookie(
            COOKIE,
            buyers.session(name, time.time()),
            max_age=SESSION_SECONDS,
            path=PATH,
            httponly=True,
            samesite="strict",
            secure=request.headers.get("x-forwarded-proto", request.url.scheme) == "https",
        )
        return answer

    async def sign_out(request: Request) -> Response:
        _require_own_page(request)
        answer = RedirectResponse(PATH, status_code=303)
        answer.delete_cookie(COOKIE, path=PATH)
        return answer

    return (
        Route(f"{PATH}/sign-in", sign_in, methods=["GET", "POST"]),
        Route(f"{PATH}/sign-out", sign_out, methods=["POST"]),
    )


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form of our own pages. Raises ProblemError for anything else."""
    _require_own_page(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise ProblemError(BAD_REQUEST, f"Send a form: `Content-Type: {_FORM}`.")
    try:
        fields = parse_qs((await body_of(request)).decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise ProblemError(BAD_REQUEST, f"The form cannot be read: {error}.") from None
    return {name: values[-1] for name, values in fields.items()}


async def file_of(request: Request, field: str) -> bytes:
    """What a form of our own pages sends as a file; empty where none was chosen. Raises ProblemError otherwise."""
    _require_own_page(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FILE_FORM:
        raise ProblemError(BAD_REQUEST, f"Send a form with a file: `Content-Type: {_FILE_FORM}`.")
    try:
        async with asyncio.timeout(UPLOAD_SECONDS), request.form(max_files=1, max_fields=1) as form:
            sent = form.get(field)
            return b"" if sent is None or isinstance(sent, str) else await sent.read()
    except TimeoutError:
        raise ProblemError(BODY_TOO_SLOW, f"The file was not here after {UPLOAD_SECONDS:.0f} seconds.") from None


def _require_own_page(request: Request) -> None:
    """Another site may not send forms in a buyer's name: browsers say where a form comes from."""
    came = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    foreign = came not in {None, "same-origin", "none"}
    if foreign or (origin not in {None, "null"} and origin.partition("://")[2] != request.headers.get("host")):
        raise ProblemError(FORBIDDEN, "This form was sent by a page of another site.")


def html(text: str, status: int = 200) -> Response:
    return Response(text, status, _PAGE, "text/html")
