"""Requests, an answer and problems as the documentation shows them; a test holds them to the schemas."""

from typing import Any

from serving.web.problems import (
    BODY_TOO_LARGE,
    BODY_TOO_SLOW,
    CONFLICT,
    INTERNAL,
    INVALID_FIELD,
    MALFORMED_JSON,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    NOT_READY,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    UNSUPPORTED_MEDIA_TYPE,
    FieldError,
    Kind,
    ProblemError,
)

REQUEST_EXAMPLES: dict[str, dict[str, Any]] = {
    "home": {
        "summary": "The start page of a known customer",
        "value": {"placement": "home", "customer_id": "1057", "context": {"channel": "web"}, "page_size": 8},
    },
    "buy-again": {
        "summary": "What a customer is due to buy, in the store where they are",
        "value": {
            "placement": "buy-again",
            "customer_id": "1057",
            "context": {"channel": "store", "store_id": "367"},
            "exclude_item_ids": ["1082185"],
        },
    },
    "pdp-similar": {
        "summary": "An anonymous visitor on a product page",
        "value": {
            "placement": "pdp-similar",
            "visitor_id": "v-81",
            "context": {"channel": "web", "item_ids": ["1029743"], "cart_item_ids": ["995242"]},
            "page_size": 4,
            "new_only": True,
        },
    },
}

ASSORTMENT_REQUESTS: dict[str, dict[str, Any]] = {
    "category": {
        "summary": "A category, in every store that sells it",
        "value": {"category": "COFFEE", "horizon_weeks": 13, "rules": '[[must_carry]]\nsku = "1029743"\n'},
    },
}

ASSORTMENT_EXAMPLE: dict[str, Any] = {
    "id": "2026112508301512ab34cd",
    "state": "done",
    "stage": "done",
    "share": 1.0,
    "at": "2026-11-25T08:34:02Z",
    "asked_by": "ada",
    "request": {
        "category": "COFFEE",
        "stores": [],
        "rules": '[[must_carry]]\nsku = "1029743"\n',
        "horizon_weeks": 13,
        "cutoff": None,
        "party": None,
        "seed": 0,
    },
    "result": {
        "decisions": "/v1/assortments/2026112508301512ab34cd/decisions",
        "files": {"report.html": "/buyers/runs/2026112508301512ab34cd/report.html"},
    },
}

DECISION_EXAMPLE: dict[str, Any] = {
    "cluster": "city stores",
    "sku": "1029743",
    "decision": "delist",
    "reason": "Most of its buyers take another coffee of the same size.",
}

ANSWER_EXAMPLE: dict[str, Any] = {
    "recommendation_id": "r-0193527f2c6a7d1e9b0c4f5a6e7d8c9b",
    "model_version": "12",
    "items": [
        {
            "item_id": "1082185",
            "name": "Bananas",
            "position": 1,
            "score": 1.94,
            "reasons": [
                {
                    "code": "BUY_AGAIN",
                    "text": "You bought this 14 times, about every 9 days",
                    "evidence": {"baskets": 14, "last_bought_on": "2017-12-14", "interval_days": 9.1},
                }
            ],
            "source": "repeat",
        }
    ],
    "fallback": "none",
}

REQUEST_ID_EXAMPLE = "0193527f2c6a7d1e9b0c4f5a6e7d8c9b"

PROBLEM_EXAMPLES: dict[Kind, ProblemError] = {
    MALFORMED_JSON: ProblemError(MALFORMED_JSON, "Invalid JSON: EOF while parsing an object at line 1 column 1."),
    NOT_FOUND: ProblemError(NOT_FOUND, "There is nothing at /v2. The API is described at /docs."),
    UNAUTHORIZED: ProblemError(UNAUTHORIZED, "Send `Authorization: Bearer …` with a buyer's token."),
    CONFLICT: ProblemError(CONFLICT, "The assortment is running, not done."),
    METHOD_NOT_ALLOWED: ProblemError(METHOD_NOT_ALLOWED, "/v1/recommendations takes POST, not GET."),
    BODY_TOO_SLOW: ProblemError(BODY_TOO_SLOW, "The body was not here after 10 seconds."),
    BODY_TOO_LARGE: ProblemError(BODY_TOO_LARGE, "A body may have 262144 bytes at most."),
    UNSUPPORTED_MEDIA_TYPE: ProblemError(UNSUPPORTED_MEDIA_TYPE, "Send the body as `Content-Type: application/json`."),
    INVALID_FIELD: ProblemError(
        INVALID_FIELD,
        "page_size must be less than or equal to 100.",
        errors=(FieldError("page_size", "must be less than or equal to 100"),),
    ),
    TOO_MANY_REQUESTS: ProblemError(
        TOO_MANY_REQUESTS, "64 requests are already waiting for this worker. Try again shortly."
    ),
    INTERNAL: ProblemError(INTERNAL, f"The service failed; its log tells more about request {REQUEST_ID_EXAMPLE}."),
    NOT_READY: ProblemError(NOT_READY, "No model was promoted yet, or it cannot be loaded. See /readyz."),
}
