"""What asks for assortments and what answers, as the documentation shows it; a test holds it to the schemas."""

from typing import Any

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
