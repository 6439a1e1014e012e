"""The bodies of the storefront API: what a request may hold, and what an answer holds."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetPydanticSchema,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError, core_schema

from serving.recommender.answers import Answer, Item, Query
from serving.recommender.placements.placements import BY_NAME, PLACEMENTS
from serving.web.problems import from_validation

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
PlacementName = Annotated[str, GetPydanticSchema(lambda _type, _next: core_schema.literal_schema(list(BY_NAME)))]
"""The name of one of PLACEMENTS."""

MAX_ITEM_IDS = 100
MAX_CART_ITEM_IDS = 500
MAX_EXCLUDED_ITEM_IDS = 1000

LATER_FIELDS = frozenset({"fulfilment", "filter", "diversity", "cursor", "next_cursor", "page_token"})
"""Fields that the design of this API holds but this version does not: refused, never ignored."""

_BODY = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class Location(BaseModel):
    """Where the visitor is, in degrees."""

    model_config = _BODY

    lat: float = Field(ge=-90, le=90, description="Degrees north.")
    lon: float = Field(ge=-180, le=180, description="Degrees east.")


class Context(BaseModel):
    """What surrounds the list on the storefront."""

    model_config = _BODY

    channel: Literal["web", "store"] | None = Field(None, description="Where the visitor shops right now.")
    store_id: Id | None = Field(None, description="The store that the visitor is in or buys from.")
    item_ids: list[Id] = Field(
        default_factory=list,
        max_length=MAX_ITEM_IDS,
        description="The items on the page; at least one for "
        + ", ".join(f"`{placement.name}`" for placement in PLACEMENTS if placement.needs_items)
        + ".",
    )
    cart_item_ids: list[Id] = Field(
        default_factory=list, max_length=MAX_CART_ITEM_IDS, description="What lies in the cart; never recommended."
    )
    location: Location | None = Field(
        None, description="Checked, so that every page may send the same context; no placement of this version uses it."
    )


class RecommendationRequest(BaseModel):
    """One list to be made for one placement of a storefront."""

    model_config = _BODY

    placement: PlacementName = Field(description="Where on the storefront the list is shown.")
    visitor_id: Id | None = Field(
        None, description="The device or session. Anonymous visitors get a full list; nothing is learned from it yet."
    )
    customer_id: Id | None = Field(
        None,
        description="Who shops, where known: a customer's id, or an account or a loyalty card (`id`, `account:id` or "
        "`account:party:id`). An unknown one gets a full list too.",
    )
    context: Context = Field(default_factory=Context, description="What surrounds the list.")
    exclude_item_ids: list[Id] = Field(
        default_factory=list, max_length=MAX_EXCLUDED_ITEM_IDS, description="Items that must not be in the list."
    )
    page_size: int = Field(10, ge=1, le=100, description="How many items the list has at most.")
    explain: bool = Field(default=True, description="Whether each item says why it is shown.")
    new_only: bool = Field(default=False, description="Leave out what the customer has bought before.")
    debug: bool = Field(default=False, description="Add pool size and timings.")

    @model_validator(mode="after")
    def need_an_item_on_its_page(self) -> Self:
        if BY_NAME[self.placement].needs_items and not self.context.item_ids:
            raise PydanticCustomError("too_short", "needs at least one item", {"field": "context.item_ids"})
        return self


class ReasonBody(BaseModel):
    """Why an item is shown; the purchase history confirms the evidence."""

    code: str = Field(
        description="A stable name of the kind of reason: `SIMILAR_ITEM`, `BUY_AGAIN`, `BOUGHT_BEFORE`, "
        "`BOUGHT_TOGETHER`, `FAVOURITE_CATEGORY`, `POPULAR_IN_STORE`, `TRENDING`, `POPULAR`. Others may be added."
    )
    text: str = Field(description="A sentence for a shopper.")
    evidence: dict[str, Any] = Field(description="What the reason rests on.")


class ItemBody(BaseModel):
    """One item of the list."""

    item_id: str = Field(description="The item; a SKU.")
    name: str = Field(description="The item's name; the id where it has none.")
    position: int = Field(ge=1, description="1 is shown first.")
    score: float = Field(description="Comparable inside this list only.")
    reasons: list[ReasonBody] = Field(description="Empty where `explain` is false.")
    source: str = Field(description="The candidate source that proposed the item most strongly.")


class TimingBody(BaseModel):
    """Milliseconds that one answer took."""

    waiting: float = Field(ge=0, description="In the queue of the worker.")
    recommending: float = Field(ge=0, description="Finding, scoring and explaining the items.")


class DebugBody(BaseModel):
    """Answered where `debug` was asked for."""

    pool_size: int = Field(ge=0, description="How many candidates were ranked.")
    timing_ms: TimingBody


class RecommendationAnswer(BaseModel):
    """A list for one placement."""

    recommendation_id: str = Field(description="Names this very answer: no two answers share it.")
    model_version: str = Field(description="The version of the model that made the list.")
    items: list[ItemBody] = Field(description="The list, best first.")
    fallback: str = Field(
        description="`none`, or why the list is less personal than asked: `anonymous`, `unknown_customer`, "
        "`ambiguous_customer`, `no_consent`, `unknown_item`, `unknown_store`, `thin_history`, "
        "`few_similar`; several are joined by `+`."
    )
    debug: DebugBody | None = Field(None, description="Only where the request asked for it.")


def read_request(body: bytes) -> RecommendationRequest:
    """The request in a body. Raises ProblemError: 400 where it is no JSON, 422 where a field is off."""
    try:
        return RecommendationRequest.model_validate_json(body)
    except ValidationError as error:
        raise from_validation(error, LATER_FIELDS) from None


def query(request: RecommendationRequest, at_days: float) -> Query:
    """What the recommender is asked; items in the cart are excluded, as those that the caller excludes.

    `at_days` is the instant of the request in days since 1970-01-01 UTC: what becomes due, becomes due by it.
    """
    context = request.context
    return Query(
        placement=request.placement,
        customer_id=request.customer_id,
        store_id=context.store_id,
        channel=context.channel,
        item_ids=tuple(context.item_ids),
        exclude_item_ids=frozenset((*request.exclude_item_ids, *context.cart_item_ids)),
        size=request.page_size,
        new_only=request.new_only,
        explain=request.explain,
        at_days=at_days,
    )


def answer_body(answer: Answer, recommendation_id: str, model_version: str) -> dict[str, Any]:
    """The members of RecommendationAnswer as plain values: no model is built on the hot path."""
    return {
        "recommendation_id": recommendation_id,
        "model_version": model_version,
        "items": [_item_body(item) for item in answer.items],
        "fallback": answer.fallback,
    }


def debug_body(answer: Answer, waiting_ms: float, recommending_ms: float) -> dict[str, Any]:
    """The members of DebugBody."""
    return {
        "pool_size": answer.pool_size,
        "timing_ms": {"waiting": round(waiting_ms, 3), "recommending": round(recommending_ms, 3)},
    }


def _item_body(item: Item) -> dict[str, Any]:
    return {
        "item_id": item.sku,
        "name": item.name,
        "position": item.position,
        "score": item.score,
        "reasons": [{"code": each.code, "text": each.text, "evidence": each.evidence} for each in item.reasons],
        "source": item.source,
    }
