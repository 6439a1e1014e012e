"""The bodies of the storefront API: what a request may hold, and what an answer holds."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from serving.answers import Answer, Item, Query

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Placement = Literal["home", "buy-again", "pdp-similar"]

MAX_ITEM_IDS = 100
MAX_CART_ITEM_IDS = 500
MAX_EXCLUDED_ITEM_IDS = 1000

LATER_FIELDS = ("fulfilment", "filter", "diversity", "cursor", "next_cursor", "page_token")
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
        description="The items on the page; `pdp-similar` needs at least one.",
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

    placement: Placement = Field(description="Where on the storefront the list is shown.")
    visitor_id: Id | None = Field(
        None, description="The device or session. Anonymous visitors get a full list; nothing is learned from it yet."
    )
    customer_id: Id | None = Field(None, description="Who shops, where known. An unknown one gets a full list too.")
    context: Context = Field(default_factory=Context, description="What surrounds the list.")
    exclude_item_ids: list[Id] = Field(
        default_factory=list, max_length=MAX_EXCLUDED_ITEM_IDS, description="Items that must not be in the list."
    )
    page_size: int = Field(10, ge=1, le=100, description="How many items the list has at most.")
    explain: bool = Field(default=True, description="Whether each item says why it is shown.")
    new_only: bool = Field(default=False, description="Leave out what the customer has bought before.")
    debug: bool = Field(default=False, description="Add pool size, timings and counts of defaulted inputs.")

    @model_validator(mode="before")
    @classmethod
    def refuse_later_fields(cls, body: Any) -> Any:  # noqa: ANN401 - whatever JSON the caller sent
        """A field of a later version would be silently dropped: say so, by name."""
        later = next((name for name in LATER_FIELDS if isinstance(body, dict) and name in body), None)
        if later is not None:
            raise PydanticCustomError("later_field", "is not supported by this version", {"field": later})
        return body

    @field_validator("context")
    @classmethod
    def need_an_item_on_its_page(cls, context: Context, info: ValidationInfo) -> Context:
        if info.data.get("placement") == "pdp-similar" and not context.item_ids:
            raise PydanticCustomError("item_ids_missing", "pdp-similar needs at least one item", {"field": "item_ids"})
        return context
