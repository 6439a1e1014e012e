"""A placement as a value: everything that anybody has to know of one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from serving.recommender.answers import Query
from serving.recommender.asked import Asked
from serving.recommender.ranked import Placed


@dataclass(frozen=True, slots=True)
class Placement:
    """Where on a storefront a list is shown, and how that list is made.

    name         what a request calls it
    purpose      what its list is for, as the documentation goes on after the name: "is for …", "holds …"
    place        makes the list
    summary      of `example`, in a few words
    example      the body of a request, as the documentation shows it
    touching     queries that touch everything that its answers touch; whom they are for is filled in
    needs_items  whether a request has to name the items on the page
    """

    name: str
    purpose: str
    place: Callable[[Asked], Placed]
    summary: str
    example: dict[str, Any]
    touching: tuple[Query, ...]
    needs_items: bool = False

    def queries(self, customer_id: str | None, item_ids: tuple[str, ...]) -> tuple[Query, ...]:
        """Queries to try it with, for a customer; about the items where it needs any."""
        items = item_ids if self.needs_items else ()
        return tuple(
            replace(query, placement=self.name, customer_id=customer_id, item_ids=items) for query in self.touching
        )
