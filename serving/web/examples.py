"""Problems as the documentation shows them; a test holds them to the schemas."""

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
