"""Requests for lists and an answer, as the documentation shows them; a test holds them to the schemas."""

from typing import Any

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
