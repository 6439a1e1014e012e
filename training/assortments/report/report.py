"""The report of one assortment run as values: which run it is, how good its plan is proven to be, and its tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, slots=True)
class Run:
    """Which run this is, and everything that it takes to make it again.

    clusters, stores  how many
    cutoff, made_at   instants, ISO 8601, UTC
    parties           whose stores are planned; empty where there is one only
    rules             the buyer's rules as given: the text of the file
    data_hash         digest of the warehouse's tables
    real_or_planted   a sentence: which of the data are real, which are made
    overrides_of      the run whose workbook was fed back; empty otherwise
    """

    run_id: str
    category: str
    stores: int
    clusters: int
    cutoff: str
    made_at: str
    horizon_weeks: int
    currency: str
    data_hash: str
    model_version: str
    mlflow_run: str
    seed: int
    parties: tuple[str, ...] = ()
    rules: str = ""
    real_or_planted: str = ""
    overrides_of: str = ""

    @property
    def money_words(self) -> str:
        """The currency, where the data say which."""
        return self.currency or "units of money"


@dataclass(frozen=True, slots=True)
class Proof:
    """How good the plan is under the model, proven: no plan that keeps the rules earns more than `bound_cents`.

    gap_percent  (bound − value) / bound × 100
    audit        what the independent audit found, in a sentence; `audit_passed` whether it agrees with the plan
    """

    value_cents: int
    bound_cents: int
    gap_percent: float
    method: str
    seconds: float
    audit_passed: bool
    audit: str


@dataclass(frozen=True, slots=True)
class AssortmentReport:
    """One run: `tables` holds a frame for every declared table, empty where `missing` says in a sentence why.

    not_known    what the figures cannot say, a sentence each; it stands on the first screen
    store_lists  a row a store and SKU, where lists were made by store: in a file and, if they fit, a sheet of their own
    """

    run: Run
    proof: Proof
    tables: Mapping[str, pd.DataFrame]
    missing: Mapping[str, str] = field(default_factory=dict)
    not_known: tuple[str, ...] = ()
    store_lists: pd.DataFrame | None = None

    @property
    def decisions(self) -> pd.DataFrame:
        return self.tables["decisions"]
