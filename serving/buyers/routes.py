"""/buyers: the pages for buyers, behind a sign-in; reports and workbooks are sent as they lie on disk."""

import asyncio
from datetime import UTC, datetime

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from features.settings import Settings
from serving.buyers import runs
from serving.buyers.accounts import Buyers
from serving.buyers.pages import PATH, run_page, runs_page
from serving.buyers.planning import Planning
from serving.buyers.request import AssortmentRequest
from serving.buyers.signing_in import file_of, form_of, html, sign_in_routes, signed
from serving.web.problems import BAD_REQUEST, NOT_FOUND, ProblemError, from_validation

_REPORT = {
    # the report is one file of our own making with its styles, pictures and script inside
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def routes(settings: Settings, buyers: Buyers) -> tuple[Route, ...]:
    planning = Planning(settings)

    async def every_run(_: Request, buyer: str) -> Response:
        return html(runs_page(buyer, await asyncio.to_thread(runs.listed, planning.folder, _now())))

    async def start(request: Request, buyer: str) -> Response:
        form = await form_of(request)
        run = await asyncio.to_thread(planning.start, _asked(form), buyer, _now())
        return RedirectResponse(f"{PATH}/runs/{run.id}", status_code=303)

    async def start_again(request: Request, buyer: str) -> Response:
        run_id = request.path_params["id"]
        try:
            book = await file_of(request, "workbook")
            run = await asyncio.to_thread(planning.start_again, run_id, book, buyer, _now())
        except ProblemError as error:
            if error.kind is not BAD_REQUEST:
                raise
            shown = await asyncio.to_thread(planning.find, run_id, _now())
            return html(run_page(buyer, shown, str(error.detail)), status=BAD_REQUEST.status)
        return RedirectResponse(f"{PATH}/runs/{run.id}", status_code=303)

    async def one_run(request: Request, buyer: str) -> Response:
        return html(run_page(buyer, await asyncio.to_thread(planning.find, request.path_params["id"], _now())))

    async def file(request: Request, _: str) -> Response:
        name = request.path_params["name"]
        if name not in runs.FETCHED:
            raise ProblemError(NOT_FOUND, f"A run has no file {name[:60]!r}; it has {', '.join(runs.REPORT_FILES)}.")
        run = await asyncio.to_thread(planning.finished, request.path_params["id"], _now())
        if not (run.report / name).is_file():
            raise ProblemError(NOT_FOUND, "This run made no lists of single stores.")
        shown = name == "report.html"
        download = None if shown else f"{run.id}-{name}"
        return FileResponse(
            run.report / name,
            media_type=runs.FETCHED[name],
            filename=download,
            headers=_REPORT if shown else {"Cache-Control": "no-store"},
        )

    return (
        Route(PATH, signed(buyers, every_run)),
        *sign_in_routes(buyers),
        Route(f"{PATH}/runs", signed(buyers, start), methods=["POST"]),
        Route(f"{PATH}/runs/{{id}}/workbook", signed(buyers, start_again), methods=["POST"]),
        Route(f"{PATH}/runs/{{id}}", signed(buyers, one_run)),
        Route(f"{PATH}/runs/{{id}}/{{name}}", signed(buyers, file)),
    )


def _asked(form: dict[str, str]) -> AssortmentRequest:
    weeks = form.get("horizon_weeks", "13")
    try:
        return AssortmentRequest.model_validate(
            {
                "category": form.get("category", "").strip(),
                "stores": [each.strip() for each in form.get("stores", "").split(",") if each.strip()],
                "rules": form.get("rules", "").replace("\r\n", "\n"),
                "per": "store" if form.get("per") == "store" else "cluster",
                "horizon_weeks": int(weeks) if weeks.isdecimal() else weeks,
            }
        )
    except ValidationError as error:
        raise from_validation(error) from None


def _now() -> datetime:
    return datetime.now(UTC)
