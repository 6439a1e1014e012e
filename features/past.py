"""The past of a cutoff: the one value through which models of shoppers and of buyers read history.

Everything in it was known before the cutoff. Purchases stand under the customers known then, those that nobody may
learn from are anonymous, and what came back before the cutoff is taken off:

    a purchase at the cutoff       is not in it
    a return at the cutoff         is not taken off yet
    a consent given at the cutoff  does not count yet; one taken back later, however late, never counts

Whoever judges a model asks for what came after the cutoff, too; there are two doors for it, `labels_until` and
`bought_until`, and no other.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.clock import Cutoff
from features.contracts.outputs import OUTPUTS, PURCHASES, RETURNS
from features.contracts.table import Table
from features.engine import Session, session
from features.facts.as_of import Recipe, facts_as_of
from features.facts.facts import Codes, Facts
from features.facts.freeze import codes
from features.facts.snapshot import code_version
from features.identity.customers import AsOf, customers_as_of, customers_name
from features.known import kept_before
from features.settings import Settings
from features.sql import instant, listed, parquet, quoted
from features.warehouse.assemble import ibis_table
from features.warehouse.warehouse import Warehouse

_BEGUN = '"from" < {horizon}'
_AS_THEY_ARE = "true"
KNOWN_BEFORE: Mapping[str, str] = {
    "purchases": "bought_at < {cutoff}",
    "returns": "returned_at < {cutoff}",
    "stock": "as_of < {cutoff}",
    "listings": _BEGUN,
    "prices": _BEGUN,
    "promotions": _BEGUN,
    "calendar": _BEGUN,
    # No instant says since when a row of these is known: they count as they are now.
    "skus": _AS_THEY_ARE,
    "stores": _AS_THEY_ARE,
    "suppliers": _AS_THEY_ARE,
    "supplier_terms": _AS_THEY_ARE,
}
"""Which rows of a table were known before a cutoff. Intervals that begin before `horizon`, the end of the plan, have
been announced; without a plan the horizon is the cutoff."""

PERSONAL = ("events", "accounts", "loyalty_cards", "payment_instruments", "consents")
"""Tables that name persons as a channel knows them: they are read where persons are resolved, and nowhere else."""


@dataclass(frozen=True, slots=True)
class InHand:
    """Purchases that a caller brings in place of the warehouse's, by cutoff, and where what is made of them lies."""

    purchases: Mapping[Cutoff, Path]
    folder: Path


@dataclass(frozen=True, slots=True)
class Past:
    """What was known before a cutoff; with `plan_days`, also what is announced for so many days after it."""

    settings: Settings
    warehouse: Warehouse
    cutoff: Cutoff
    plan_days: float = 0.0
    in_hand: InHand | None = None

    @classmethod
    def open(cls, settings: Settings, cutoff: Cutoff, plan_days: float = 0.0) -> "Past":
        """The past of the warehouse that counts. Raises StateError where there is none."""
        return cls(settings, Warehouse.open(settings), cutoff, plan_days)

    @classmethod
    def to_date(cls, settings: Settings) -> "Past":
        """The past of all that was bought: its cutoff is the instant after the last purchase."""
        warehouse = Warehouse.open(settings)
        return cls(settings, warehouse, Cutoff(warehouse.last + timedelta(microseconds=1)))

    def at(self, cutoff: Cutoff) -> "Past":
        """The past of the same history as of another cutoff."""
        return replace(self, cutoff=cutoff)

    def planned(self, days: float) -> "Past":
        """The same past with what is announced for so many days after the cutoff."""
        return replace(self, plan_days=days)

    def people(self) -> AsOf:
        """Who customers were, and who may be shown what they may like; made once for a cutoff."""
        if self.in_hand:
            return AsOf(self.in_hand.purchases[self.cutoff])
        return customers_as_of(self.settings, self.warehouse, self.cutoff)

    def folder(self) -> Path:
        """Where the snapshot lies: its Parquet tables, one a grain, and `facts/`."""
        if self.in_hand:
            return self.in_hand.folder / self.cutoff.slug
        plan = f"-plan{self.plan_days:g}" if self.plan_days else ""
        customers = customers_name(self.settings, self.warehouse)
        known = f"-{customers}" if customers else ""
        name = f"{self.cutoff.slug}-{self.warehouse.digest[:12]}-{code_version()}{known}{plan}"
        return self.settings.snapshots / name

    def facts(self) -> Facts:
        """The facts as of the cutoff, made once and reopened. Raises StateError where disk or memory do not suffice."""
        recipe = Recipe(
            self.settings, self.warehouse.folder, self.cutoff, self.plan_days, lambda: self.people().purchases
        )
        return facts_as_of(self.folder(), recipe)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A DuckDB session with a view of each table that names no person, as of the cutoff, by the table's name.

        A line of `purchases` is less what came back of it; one that came back whole is not there. A table that was not
        brought has no rows; a column that it lacks is null.
        """
        with session(self.settings) as connection:
            connection.execute("CREATE SCHEMA brought").fetchall()
            tables = [table for table in OUTPUTS if table.name in KNOWN_BEFORE]
            for table in tables:
                connection.execute(f"CREATE VIEW brought.{table.name} AS {self._brought(table)}").fetchall()
            for table in tables:
                connection.execute(f"CREATE VIEW {table.name} AS {self._known(table)}").fetchall()
            yield connection

    def bought(self, columns: tuple[str, ...], since: Cutoff | None = None) -> pa.Table:
        """Lines of `purchases` as `session` has them, bought from `since` on; sorted by bought_at, basket_id, line."""
        start = f"WHERE bought_at >= {instant(since.at)}" if since else ""
        query = f"SELECT {listed(columns)} FROM purchases {start} ORDER BY bought_at, basket_id, line"
        with self.session() as connection:
            return connection.sql(query).to_arrow_table()

    def bought_until(self, end: Cutoff, columns: tuple[str, ...]) -> pa.Table:
        """Lines bought from the cutoff until `end`, as they were bought, under the customers known at the cutoff."""
        window = [("bought_at", ">=", self.cutoff.at), ("bought_at", "<", end.at)]
        return pq.read_table(self.people().purchases, columns=list(columns), filters=window)

    def labels_until(self, facts: Facts, end: Cutoff) -> tuple[Codes, Codes]:
        """Who bought what from the cutoff until `end`: customer and SKU codes, a pair once, ascending.

        A SKU that was first sold after the cutoff has code −1: it is a label that nobody can propose, and a customer
        has as many of them as there are such SKUs. Customers without a past are left out.
        """
        bought = self.bought_until(end, ("customer_id", "sku"))
        bought = bought.filter(bought["customer_id"].is_valid()).group_by(["customer_id", "sku"]).aggregate([])
        customer, sku = codes(bought["customer_id"], facts.customers), codes(bought["sku"], facts.skus)
        warm = customer >= 0
        order = np.lexsort((sku[warm], customer[warm]))
        return customer[warm][order], sku[warm][order]

    def _brought(self, table: Table) -> str:
        """SQL: all rows of a table; purchases under the customers known at the cutoff."""
        path = self.people().purchases if table is PURCHASES else self.warehouse.table(table.name)
        columns = ", ".join(f"CAST(NULL AS {each.sql_type}) AS {quoted(each.name)}" for each in table.columns)
        nothing = f"SELECT {columns} WHERE false"
        return f"{nothing} UNION ALL BY NAME SELECT * FROM {parquet(path)}" if path.is_file() else nothing

    def _known(self, table: Table) -> str:
        """SQL: the rows of a table that were known before the cutoff."""
        rows = f"SELECT * FROM brought.{table.name}"
        if table is PURCHASES:
            rows = _netted(self.cutoff)
        if table is RETURNS:
            line = f"SELECT basket_id, line, customer_id FROM brought.{PURCHASES.name}"
            rows = (
                f"SELECT returned.* REPLACE (line.customer_id AS customer_id) FROM brought.{RETURNS.name} AS returned "
                f"LEFT JOIN ({line}) AS line USING (basket_id, line)"
            )
        cutoff, horizon = (instant(at.at) for at in (self.cutoff, self.cutoff.plus_days(self.plan_days)))
        return f"SELECT * FROM ({rows}) WHERE {KNOWN_BEFORE[table.name].format(cutoff=cutoff, horizon=horizon)}"


@lru_cache(maxsize=64)  # a session is opened often, and the query takes as long to write as to run
def _netted(cutoff: Cutoff) -> str:
    """SQL: purchased lines less what came back of them before the cutoff."""
    kept = str(ibis.to_sql(kept_before(ibis_table(PURCHASES), ibis_table(RETURNS), cutoff), dialect="duckdb"))
    for name in (PURCHASES.name, RETURNS.name):
        kept = kept.replace(quoted(name), f"brought.{name}")
    return kept
