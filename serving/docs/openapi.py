"""The OpenAPI 3.1 document of the storefront API, made from the payloads and the catalogue of problems."""

from pydantic.json_schema import models_json_schema

from serving.buyers.openapi import SCHEMAS as ASSORTMENT_SCHEMAS
from serving.buyers.openapi import assortment_paths
from serving.recommender.placements.placements import PLACEMENTS
from serving.storefront.examples import ANSWER_EXAMPLE, REQUEST_EXAMPLES
from serving.storefront.payloads import RecommendationAnswer, RecommendationRequest
from serving.web.openapi_parts import HEADERS, Json, plain, problems, ref
from serving.web.problems import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    INTERNAL,
    INVALID_FIELD,
    MALFORMED_JSON,
    METHOD_NOT_ALLOWED,
    NOT_READY,
    TOO_MANY_REQUESTS,
    UNSUPPORTED_MEDIA_TYPE,
)

DESCRIPTION = """\
Lists of items for the places of a storefront, each with its reasons.

Every answer names the `model_version` that made it: with the same version, the same request gets the
same items. Anonymous visitors, unknown customers, unknown items and unknown stores get a full list too,
and `fallback` says what happened.

Send an `X-Request-Id` to find a request in your own logs and in ours; without one, the service makes one
and answers it. Every error is an RFC 9457 problem document."""


def openapi_document(version: str) -> Json:
    """The whole document; `version` is the version of the API's software."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Omnishelf storefront API", "version": version, "description": DESCRIPTION},
        "servers": [{"url": "/", "description": "This service"}],
        "tags": [
            {"name": "Recommendations", "description": "What to show to whom, where."},
            {"name": "Assortments", "description": "For buyers' own tools: what each store should carry, and why."},
            {"name": "Operation", "description": "For whoever runs the service."},
        ],
        "paths": {
            "/v1/recommendations": {"post": _recommend()},
            **assortment_paths(),
            "/healthz": {"get": _healthz()},
            "/readyz": {"get": _readyz()},
            "/metrics": {"get": _metrics()},
        },
        "components": {"schemas": _schemas()},
    }


def _recommend() -> Json:
    return {
        "operationId": "recommend",
        "tags": ["Recommendations"],
        "summary": "A list of items for one placement",
        "description": "The placement says what the list is for: "
        + ", ".join(f"`{placement.name}` {placement.purpose}" for placement in PLACEMENTS)
        + ".",
        "parameters": [
            {
                "name": "X-Request-Id",
                "in": "header",
                "required": False,
                "description": "Up to 128 letters, digits and `.` `_` `:` `-`; anything else is replaced.",
                "schema": {"type": "string"},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": ref(RecommendationRequest.__name__), "examples": REQUEST_EXAMPLES}
            },
        },
        "responses": {
            "200": {
                "description": "The list, best first. It is shorter than `page_size` only where the placement has no "
                "more to offer.",
                "headers": HEADERS,
                "content": {
                    "application/json": {"schema": ref(RecommendationAnswer.__name__), "example": ANSWER_EXAMPLE}
                },
            },
            **problems(
                MALFORMED_JSON,
                METHOD_NOT_ALLOWED,
                BODY_TOO_SLOW,
                BODY_TOO_LARGE,
                UNSUPPORTED_MEDIA_TYPE,
                INVALID_FIELD,
                TOO_MANY_REQUESTS,
                INTERNAL,
                NOT_READY,
            ),
        },
    }


def _healthz() -> Json:
    return {
        "operationId": "healthz",
        "tags": ["Operation"],
        "summary": "Whether the process answers",
        "description": "Restart the worker where this fails.",
        "responses": {
            "200": plain("It does.", {"status": {"const": "ok"}}, {"status": "ok"}),
            **problems(METHOD_NOT_ALLOWED, INTERNAL),
        },
    }


def _readyz() -> Json:
    fields = {"status": {"const": "ready"}, "model_version": {"type": "string"}}
    return {
        "operationId": "readyz",
        "tags": ["Operation"],
        "summary": "Whether a model is loaded",
        "description": "Send shoppers here only once this succeeds.",
        "responses": {
            "200": plain("It is.", fields, {"status": "ready", "model_version": "12"}),
            **problems(METHOD_NOT_ALLOWED, INTERNAL, NOT_READY),
        },
    }


def _metrics() -> Json:
    return {
        "operationId": "metrics",
        "tags": ["Operation"],
        "summary": "Measurements for Prometheus",
        "description": "Requests, seconds and errors by route; fallbacks by placement; inputs that had to be "
        "defaulted; version and age of the model; exchanges of the model. Summed over the workers.",
        "responses": {
            "200": {
                "description": "The text format of Prometheus, version 0.0.4.",
                "headers": HEADERS,
                "content": {"text/plain": {"schema": {"type": "string"}}},
            },
            **problems(METHOD_NOT_ALLOWED, INTERNAL),
        },
    }


def _schemas() -> Json:
    _, request = models_json_schema(
        [(RecommendationRequest, "validation")], ref_template="#/components/schemas/{model}"
    )
    _, answer = models_json_schema(
        [(RecommendationAnswer, "serialization")], ref_template="#/components/schemas/{model}"
    )
    return {**request["$defs"], **answer["$defs"], **ASSORTMENT_SCHEMAS, "Problem": _PROBLEM_SCHEMA}


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
