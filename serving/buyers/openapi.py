"""The part of the OpenAPI document that speaks of assortments."""

from pydantic.json_schema import models_json_schema

from serving.buyers.examples import ASSORTMENT_EXAMPLE, ASSORTMENT_REQUESTS, DECISION_EXAMPLE
from serving.buyers.request import AssortmentRequest
from serving.web.openapi_parts import HEADERS, Json, problems, ref
from serving.web.problems import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    CONFLICT,
    INTERNAL,
    INVALID_FIELD,
    MALFORMED_JSON,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    UNSUPPORTED_MEDIA_TYPE,
)

PATH = "/v1/assortments"
_TEXT: Json = {"type": "string"}

_RUN: Json = {
    "type": "object",
    "description": "One run: what was asked, how far it is, and where its results are.",
    "properties": {
        "id": {"type": "string", "description": "Names the run; ids sort by time."},
        "state": {"enum": ["queued", "running", "done", "failed"], "description": "How far it is."},
        "stage": {"type": "string", "description": "What is being done, in words."},
        "share": {"type": "number", "minimum": 0, "maximum": 1, "description": "How much of it is behind."},
        "at": {"type": "string", "description": "When this was so; UTC."},
        "asked_by": {"type": "string", "description": "The buyer who asked."},
        "request": ref(AssortmentRequest.__name__),
        "error": {"type": "string", "description": "What to do about it; only a failed run has it."},
        "result": {
            "type": "object",
            "description": "Where the results are; only a finished run has it.",
            "properties": {
                "decisions": {"type": "string", "description": "Where the decisions are."},
                "files": {
                    "type": "object",
                    "description": "File name to the page that sends it to a buyer who signed in.",
                    "additionalProperties": _TEXT,
                },
            },
            "required": ["decisions", "files"],
            "additionalProperties": False,
        },
    },
    "required": ["id", "state", "stage", "share", "at", "asked_by", "request"],
    "additionalProperties": False,
}
_DECISIONS: Json = {
    "type": "object",
    "description": "A page of decisions, in the order of the report. Amounts of money are whole cents.",
    "properties": {
        "id": _TEXT,
        "decisions": {
            "type": "array",
            "items": {
                "type": "object",
                "description": "One SKU in one cluster of stores; the report names its columns.",
            },
        },
        "next_cursor": {"anyOf": [_TEXT, {"type": "null"}], "description": "Send it as `cursor` for the next page."},
    },
    "required": ["id", "decisions", "next_cursor"],
    "additionalProperties": False,
}
_LIST: Json = {
    "type": "object",
    "description": "Every run, the newest first.",
    "properties": {"assortments": {"type": "array", "items": ref("AssortmentRun")}},
    "required": ["assortments"],
    "additionalProperties": False,
}
_, _request = models_json_schema([(AssortmentRequest, "validation")], ref_template="#/components/schemas/{model}")
SCHEMAS: Json = {
    **_request["$defs"],
    "AssortmentRun": _RUN,
    "AssortmentRuns": _LIST,
    "AssortmentDecisions": _DECISIONS,
}


def assortment_paths() -> Json:
    return {
        PATH: {"post": _start(), "get": _list()},
        PATH + "/{id}": {"get": _one()},
        PATH + "/{id}/decisions": {"get": _decisions()},
    }


_TOKEN: Json = {
    "name": "Authorization",
    "in": "header",
    "required": True,
    "description": "`Bearer …`: a token that `python -m serving.buyers token NAME` made.",
    "schema": _TEXT,
}
_ID: Json = {"name": "id", "in": "path", "required": True, "description": "The run's `id`.", "schema": _TEXT}


def _start() -> Json:
    return {
        "operationId": "startAssortment",
        "tags": ["Assortments"],
        "summary": "Start a run",
        "description": "A run takes minutes. It is queued, and works on after the service is restarted; follow it at "
        "the address in `Location`.",
        "parameters": [_TOKEN],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": ref(AssortmentRequest.__name__), "examples": ASSORTMENT_REQUESTS}
            },
        },
        "responses": {
            "202": {
                "description": "The run is in the queue.",
                "headers": {**HEADERS, "Location": {"description": "Where the run is.", "schema": _TEXT}},
                "content": {"application/json": {"schema": ref("AssortmentRun"), "example": _QUEUED}},
            },
            **problems(
                MALFORMED_JSON,
                UNAUTHORIZED,
                METHOD_NOT_ALLOWED,
                BODY_TOO_SLOW,
                BODY_TOO_LARGE,
                UNSUPPORTED_MEDIA_TYPE,
                INVALID_FIELD,
                TOO_MANY_REQUESTS,
                INTERNAL,
            ),
        },
    }


_QUEUED = {name: value for name, value in ASSORTMENT_EXAMPLE.items() if name != "result"} | {
    "state": "queued",
    "stage": "waiting for its turn",
    "share": 0.0,
}


def _list() -> Json:
    return {
        "operationId": "listAssortments",
        "tags": ["Assortments"],
        "summary": "Every run",
        "description": "The newest first.",
        "parameters": [_TOKEN],
        "responses": {
            "200": _answer("The runs.", "AssortmentRuns", {"assortments": [ASSORTMENT_EXAMPLE]}),
            **problems(UNAUTHORIZED, METHOD_NOT_ALLOWED, INTERNAL),
        },
    }


def _one() -> Json:
    return {
        "operationId": "readAssortment",
        "tags": ["Assortments"],
        "summary": "How far a run is, and its results",
        "description": "`result` is there once `state` is `done`; `error` where it is `failed`.",
        "parameters": [_TOKEN, _ID],
        "responses": {
            "200": _answer("The run.", "AssortmentRun", ASSORTMENT_EXAMPLE),
            **problems(UNAUTHORIZED, NOT_FOUND, METHOD_NOT_ALLOWED, INTERNAL),
        },
    }


def _decisions() -> Json:
    number: Json = {"type": "integer", "minimum": 0}
    return {
        "operationId": "readDecisions",
        "tags": ["Assortments"],
        "summary": "What to keep, add, delist and swap",
        "description": "The same rows, to the cent, as in the report and the workbook.",
        "parameters": [
            _TOKEN,
            _ID,
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "From the page before.",
                "schema": number,
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "description": "Rows of a page: 100 where nothing is said, 1,000 at most.",
                "schema": number,
            },
        ],
        "responses": {
            "200": _answer(
                "A page.",
                "AssortmentDecisions",
                {"id": ASSORTMENT_EXAMPLE["id"], "decisions": [DECISION_EXAMPLE], "next_cursor": "100"},
            ),
            **problems(UNAUTHORIZED, NOT_FOUND, METHOD_NOT_ALLOWED, CONFLICT, INVALID_FIELD, INTERNAL),
        },
    }


def _answer(description: str, schema: str, example: Json) -> Json:
    return {
        "description": description,
        "headers": HEADERS,
        "content": {"application/json": {"schema": ref(schema), "example": example}},
    }
