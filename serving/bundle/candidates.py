"""The candidates of one request: the customer's pool, and what sells in the store and the chain."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from features.facts.facts import Codes, Floats, Grouped, load_array, load_grouped, save_grouped
from features.vector.shopper import Shopper


@dataclass(frozen=True, slots=True)
class Candidates:
    """Precomputed proposals.

    personal  group = customer: SKU codes with one score column per personal source
    stores    group = store: its best-selling SKUs (`score`)
    chain     the chain's best-selling SKUs, best first, and their scores
    """

    personal: Grouped
    stores: Grouped
    chain: Codes
    chain_scores: Floats

    @property
    def sources(self) -> tuple[str, ...]:
        return self.personal.columns.names

    def of(self, shopper: Shopper) -> tuple[Codes, Floats]:
        """SKU codes (n,), each once, and their scores (n, sources): 0 where only store or chain propose them."""
        rows = self.personal.rows(shopper.customer)
        own, scores = self.personal.keys[rows], self.personal.columns.values[rows]
        context = np.concatenate([self.stores.keys[self.stores.rows(shopper.store)], self.chain])
        extra = np.setdiff1d(context, own)
        blank = np.zeros((len(extra), len(self.sources)), dtype=np.float32)
        return np.concatenate([own, extra]).astype(np.int32), np.concatenate([scores, blank])

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        save_grouped(self.personal, folder, "personal")
        save_grouped(self.stores, folder, "stores")
        np.save(folder / "chain.npy", self.chain)
        np.save(folder / "chain_scores.npy", self.chain_scores)

    @classmethod
    def load(cls, folder: Path) -> "Candidates":
        return cls(
            load_grouped(folder, "personal"),
            load_grouped(folder, "stores"),
            load_array(folder, "chain"),
            load_array(folder, "chain_scores"),
        )
