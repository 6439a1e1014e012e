"""Parts that every operation of the OpenAPI document is made of."""

from typing import Any

from serving.web.examples import PROBLEM_EXAMPLES, REQUEST_ID_EXAMPLE
from serving.web.problems import MEDIA_TYPE, NOT_READY, TOO_MANY_REQUESTS, Kind, document

Json = dict[str, Any]

HEADERS: Json = {"X-Request-Id": {"description": "The caller's own id, or a new one.", "schema": {"type": "string"}}}
RETRY_AFTER: Json = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}}


def plain(description: str, fields: Json, example: Json) -> Json:
    schema = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    return {
        "description": description,
        "headers": HEADERS,
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def problems(*kinds: Kind) -> Json:
    return {str(kind.status.value): _problem(kind) for kind in kinds}


def _problem(kind: Kind) -> Json:
    retries = kind in {TOO_MANY_REQUESTS, NOT_READY}
    return {
        "description": f"{kind.title}. {kind.meaning}",
        "headers": {**HEADERS, **RETRY_AFTER} if retries else HEADERS,
        "content": {
            MEDIA_TYPE: {"schema": ref("Problem"), "example": document(PROBLEM_EXAMPLES[kind], REQUEST_ID_EXAMPLE)}
        },
    }


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
