"""The part of the OpenAPI document that speaks of recommendations."""

from pydantic.json_schema import models_json_schema

from serving.recommender.placements.placements import PLACEMENTS
from serving.storefront.examples import ANSWER_EXAMPLE, REQUEST_EXAMPLES
from serving.storefront.payloads import RecommendationAnswer, RecommendationRequest
from serving.web.openapi_parts import HEADERS, Json, problems, ref
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

PATH = "/v1/recommendations"


def recommendation_paths() -> Json:
    return {PATH: {"post": _recommend()}}


def recommendation_schemas() -> Json:
    _, request = models_json_schema(
        [(RecommendationRequest, "validation")], ref_template="#/components/schemas/{model}"
    )
    _, answer = models_json_schema(
        [(RecommendationAnswer, "serialization")], ref_template="#/components/schemas/{model}"
    )
    return {**request["$defs"], **answer["$defs"]}


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
