"""The OpenAPI 3.1 document: what the parts of the API say of themselves, under one head."""

from collections.abc import Iterable

from serving.web.described import Described
from serving.web.openapi_parts import Json

DESCRIPTION = """\
Lists of items for the places of a storefront, each with its reasons.

Every answer names the `model_version` that made it. The list is made for the instant of the request: what
was not due yesterday may be due today. Anonymous visitors, unknown customers, unknown items and unknown
stores get a full list too, and `fallback` says what happened.

Send an `X-Request-Id` to find a request in your own logs and in ours; without one, the service makes one
and answers it. Every error is an RFC 9457 problem document."""


def openapi_document(version: str, api: Iterable[Described]) -> Json:
    """The whole document; `version` is the version of the API's software."""
    parts = tuple(api)
    schemas = {name: schema for part in parts for name, schema in part.schemas.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Omnishelf storefront API", "version": version, "description": DESCRIPTION},
        "servers": [{"url": "/", "description": "This service"}],
        "tags": [
            {"name": "Recommendations", "description": "What to show to whom, where."},
            {"name": "Assortments", "description": "For buyers' own tools: what each store should carry, and why."},
            {"name": "Operation", "description": "For whoever runs the service."},
        ],
        "paths": {path: operations for part in parts for path, operations in part.paths.items()},
        "components": {"schemas": {**schemas, "Problem": _PROBLEM_SCHEMA}},
    }


_PROBLEM_SCHEMA: Json = {
    "type": "object",
    "description": "An RFC 9457 problem document.",
    "properties": {
        "type": {"type": "string", "description": "Names the kind of problem and leads to its documentation."},
        "title": {"type": "string", "description": "The kind in words; the same for every problem of the kind."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599, "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What is wrong with this very request."},
        "request_id": {"type": "string", "description": "The `X-Request-Id` of this request."},
        "errors": {
            "type": "array",
            "description": "The fields at fault, the first 20 of them.",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string", "description": "A path into the body: `context.item_ids[2]`."},
                    "message": {"type": "string", "description": "What the field should be."},
                },
                "required": ["field", "message"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["type", "title", "status", "detail", "request_id"],
    "additionalProperties": False,
}
