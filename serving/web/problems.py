"""Errors as RFC 9457 problem documents: what went wrong, at which field, under which request id."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"

MAX_ERRORS = 20
"""So many fields at fault are named; a hostile body can hold tens of thousands."""

MAX_FIELD_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of problem; `slug` is the last part of its `type` and its label in the metrics."""

    slug: str
    status: HTTPStatus
    title: str
    meaning: str
    """When it is answered and what the caller does about it, in the words of the documentation."""

    @property
    def type(self) -> str:
        """A relative reference to the documentation of this kind (RFC 9457, section 3.1.1)."""
        return f"/docs#problem-{self.slug}"


MALFORMED_JSON = Kind(
    "malformed-json",
    HTTPStatus.BAD_REQUEST,
    "The body is not JSON",
    "The body could not be read as JSON in UTF-8. The detail says at which line and column.",
)
BAD_REQUEST = Kind(
    "bad-request", HTTPStatus.BAD_REQUEST, "The request cannot be understood", "The request itself is broken."
)
UNAUTHORIZED = Kind(
    "unauthorized",
    HTTPStatus.UNAUTHORIZED,
    "Only buyers may see this",
    "Send `Authorization: Bearer …` with a token that `python -m serving.buyers token NAME` made.",
)
FORBIDDEN = Kind(
    "forbidden",
    HTTPStatus.FORBIDDEN,
    "This may not be done from there",
    "A form has to come from the service's own page.",
)
NOT_FOUND = Kind(
    "not-found", HTTPStatus.NOT_FOUND, "There is nothing at this address", "The path is not part of this API."
)
METHOD_NOT_ALLOWED = Kind(
    "method-not-allowed",
    HTTPStatus.METHOD_NOT_ALLOWED,
    "This address does not take this method",
    "The header `Allow` lists the methods that it takes.",
)
BODY_TOO_SLOW = Kind(
    "body-too-slow",
    HTTPStatus.REQUEST_TIMEOUT,
    "The body did not arrive in time",
    "The connection stalled before the whole body was here. Send it again.",
)
CONFLICT = Kind(
    "not-done",
    HTTPStatus.CONFLICT,
    "There is no result yet, or never will be",
    "The run is waiting, working or has failed; the detail says which. Ask for its state.",
)
BODY_TOO_LARGE = Kind(
    "body-too-large",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "The body is too large",
    "The detail names the limit in bytes. Send fewer ids.",
)
UNSUPPORTED_MEDIA_TYPE = Kind(
    "unsupported-media-type",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "The body has a media type that is not taken here",
    "Send `Content-Type: application/json`, in UTF-8 and without `Content-Encoding`.",
)
INVALID_FIELD = Kind(
    "invalid-field",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "A field of the body is not acceptable",
    "`errors` names every field at fault and what it should be. The same body will be refused again.",
)
TOO_MANY_REQUESTS = Kind(
    "too-many-requests",
    HTTPStatus.TOO_MANY_REQUESTS,
    "The service is busy",
    "The queue is full. Wait for as many seconds as `Retry-After` says, then send the request again.",
)
INTERNAL = Kind(
    "internal",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "The service failed",
    "A fault of the service, not of the request. It is logged under the `request_id` of the problem.",
)
NOT_READY = Kind(
    "not-ready",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "No model is loaded yet",
    "The service runs but has no model to answer with. Wait for as many seconds as `Retry-After` says.",
)

KINDS = (
    MALFORMED_JSON,
    BAD_REQUEST,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    BODY_TOO_SLOW,
    CONFLICT,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID_FIELD,
    TOO_MANY_REQUESTS,
    INTERNAL,
    NOT_READY,
)


@dataclass(frozen=True, slots=True)
class FieldError:
    """`field` is a path into the body, such as `context.item_ids[2]`; empty for the body itself."""

    field: str
    message: str


class ProblemError(Exception):
    """A request that is answered with a problem document."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})


def document(problem: ProblemError, request_id: str) -> dict[str, Any]:
    """The members of the problem document, in the order in which they are answered."""
    members: dict[str, Any] = {
        "type": problem.kind.type,
        "title": problem.kind.title,
        "status": problem.kind.status.value,
        "detail": problem.detail,
        "request_id": request_id,
    }
    if problem.errors:
        members["errors"] = [{"field": error.field, "message": error.message} for error in problem.errors]
    return members


def response(problem: ProblemError, request_id: str) -> Response:
    return Response(
        orjson.dumps(document(problem, request_id)),
        status_code=problem.kind.status.value,
        headers={**problem.headers, "Cache-Control": "no-store"},
        media_type=MEDIA_TYPE,
    )


def from_validation(error: ValidationError, later_fields: frozenset[str] = frozenset()) -> ProblemError:
    """The problem behind a body that pydantic refused: 400 where it is no JSON, else 422 by field.

    `later_fields` are known names that this version cannot honour: the message says so.
    """
    found = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return ProblemError(MALFORMED_JSON, f"{found[0]['msg']}.")
    errors = tuple(_field_error(each, later_fields) for each in found[:MAX_ERRORS])
    first = errors[0]
    more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
    return ProblemError(INVALID_FIELD, f"{first.field or 'the body'} {first.message}{more}.", errors=errors)


_PLAINER = {"extra_forbidden": "is not a field of this request", "missing": "is required"}


def _field_error(found: ErrorDetails, later_fields: frozenset[str]) -> FieldError:
    """One of pydantic's findings; a validator of ours names its field as `field` in the context."""
    field = found.get("ctx", {}).get("field") or _path(found["loc"])
    if found["type"] == "extra_forbidden" and field in later_fields:
        return FieldError(field, "is not supported by this version")
    return FieldError(field, _PLAINER.get(found["type"], _plain(found["msg"])))


def _path(parts: tuple[int | str, ...]) -> str:
    """`("context", "item_ids", 2)` -> `context.item_ids[2]`."""
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path if len(path) <= MAX_FIELD_LENGTH else f"{path[:MAX_FIELD_LENGTH]}…"


def _plain(message: str) -> str:
    """`Input should be a valid integer` -> `must be an integer`: the words of JSON, not of Python."""
    for long, short in (
        ("Input should", "must"),
        ("String should", "must"),
        ("List should", "must"),
        ("a valid integer", "an integer"),
        ("a valid ", "a "),
        (" after validation", ""),
    ):
        message = message.replace(long, short)
    return message
