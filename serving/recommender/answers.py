"""What the recommender is asked and what it answers; plain values, no web in them."""

from dataclasses import dataclass
from typing import Any

NOBODY = "\0"
"""A customer id that no customer has: who asks with it is answered like somebody unknown."""


@dataclass(frozen=True, slots=True)
class Query:
    """One list to be made.

    `at_days` is the instant of the request in days since 1970-01-01 UTC; None means the cutoff of
    the bundle, which is what backtests use.
    """

    placement: str = "home"
    customer_id: str | None = None
    store_id: str | None = None
    channel: str | None = None
    item_ids: tuple[str, ...] = ()
    exclude_item_ids: frozenset[str] = frozenset()
    size: int = 10
    new_only: bool = False
    explain: bool = True
    at_days: float | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item is shown: a code, a sentence, and evidence that the purchase history can confirm."""

    code: str
    text: str
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    sku: str
    name: str
    position: int
    score: float
    source: str
    """The candidate source that proposed the SKU most strongly."""
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    items: tuple[Item, ...]
    model_version: str
    fallback: str = "none"
    """`none`, or why the list is less than asked for; several are joined by `+`: `anonymous`, `unknown_customer`,
    `ambiguous_customer` (several have that id: write kind:id or kind:party:id), `no_consent`,
    `unknown_item`, `unknown_store`, `thin_history` (too little bought to fill `buy-again`), `few_similar`."""
    pool_size: int = 0
    """How many candidates were ranked."""
