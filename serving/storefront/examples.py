"""Requests for lists and an answer, as the documentation shows them; a test holds them to the schemas."""

from typing import Any

from serving.recommender.placements.placements import PLACEMENTS

REQUEST_EXAMPLES: dict[str, dict[str, Any]] = {
    placement.name: {"summary": placement.summary, "value": placement.example} for placement in PLACEMENTS
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
