"""How MLflow loads a bundle: it takes a table of customers and gives a list of SKUs for each row.

MLflow finds `_load_pyfunc` by its name. For looking at a version and for batch jobs of others; the
service opens the bundle itself, which is ten times faster.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from serving.bundle.bundle import Bundle
from serving.recommender.answers import Query
from serving.recommender.recommender import Recommender

SIZE = 10


class Table(Protocol):
    """A data frame with the column customer_id and, if wanted, store_id and placement; nulls allowed."""

    def to_dict(self, orient: str) -> list[dict[str, object]]: ...


@dataclass(frozen=True, slots=True)
class TableModel:
    """Answers table by table; thread-safe, as the recommender is."""

    recommender: Recommender

    def predict(self, table: Table, params: Mapping[str, object] | None = None) -> list[list[str]]:
        """The recommended SKUs of each row, best first; a row without a customer is an anonymous visitor.

        `params`: `size` (default 10) and `new_only` (default false).
        """
        wanted = dict(params or {})
        size, new_only = int(str(wanted.get("size", SIZE))), bool(wanted.get("new_only", False))
        queries = (_query(row, size, new_only=new_only) for row in table.to_dict(orient="records"))
        return [[item.sku for item in self.recommender.recommend(query).items] for query in queries]


def _load_pyfunc(path: str) -> TableModel:
    return TableModel(Recommender(Bundle.open(Path(path))))


def _query(row: dict[str, object], size: int, *, new_only: bool) -> Query:
    return Query(
        placement=_text(row.get("placement")) or "home",
        customer_id=_text(row.get("customer_id")),
        store_id=_text(row.get("store_id")),
        size=size,
        new_only=new_only,
        explain=False,
    )


def _text(value: object) -> str | None:
    """Ids are text, or numbers taken as text; an empty text and every kind of null are nobody."""
    return str(value) if isinstance(value, str | int) and value != "" else None
