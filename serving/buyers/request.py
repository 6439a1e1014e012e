"""What a buyer asks of an assortment run: one value, for the command line, the pages and the API."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from serving.web.problems import from_validation

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]

MOST_STORES = 10_000
LONGEST_RULES = 64 * 1024


class AssortmentRequest(BaseModel):
    """A category to be planned for some stores, under a buyer's rules."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)

    category: Name = Field(description="The category to plan: a category or subcategory of the catalogue.")
    stores: list[Name] = Field(
        default_factory=list, max_length=MOST_STORES, description="Store ids; empty for every store that sells it."
    )
    rules: Annotated[str, StringConstraints(max_length=LONGEST_RULES)] = Field(
        "", description="The buyer's rules in TOML: must-carry, bans, brand minimums, space, change limits."
    )
    horizon_weeks: int = Field(13, ge=1, le=52, description="Weeks that the plan is for.")
    cutoff: str | None = Field(
        None, description="ISO 8601: plan with what was known before; where absent, with everything."
    )
    party: Name | None = Field(None, description="Only the stores of this seller.")
    per: Literal["cluster", "store"] = Field(
        "cluster", description="Whether each store gets a list of its own, too; decisions are by cluster in any case."
    )
    seed: int = Field(0, ge=0, description="The same seed and data give the same plan.")


def read_assortment(body: bytes) -> AssortmentRequest:
    """The request in a body. Raises ProblemError: 400 where it is no JSON, 422 where a field is off."""
    try:
        return AssortmentRequest.model_validate_json(body)
    except ValidationError as error:
        raise from_validation(error) from None
