"""Ordered candidates, and what a placement makes of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.facts.facts import Codes, Floats


@dataclass(frozen=True, slots=True)
class Ranked:
    """Candidates in the order of the answer, best first."""

    skus: Codes
    scores: Floats
    sources: NDArray[np.object_]

    def take(self, keep: NDArray[np.bool_] | NDArray[np.int64] | slice) -> "Ranked":
        return Ranked(self.skus[keep], self.scores[keep], self.sources[keep])

    def then(self, others: "Ranked") -> "Ranked":
        """These, then those of the others that are not among them."""
        more = others.take(~np.isin(others.skus, self.skus))
        return Ranked(
            np.concatenate([self.skus, more.skus]),
            np.concatenate([self.scores, more.scores]),
            np.concatenate([self.sources, more.sources]),
        )


@dataclass(frozen=True, slots=True)
class Placed:
    """What a placement shows: its first `own` SKUs are what it is for, the rest fills the page.

    `lacking` is the fallback to report where the page had to be filled.
    """

    ranked: Ranked
    own: int
    lacking: str = ""
