"""The combinations of the vector, in the order of its columns."""

from collections.abc import Mapping

from features.facts.facts import Floats
from features.vector.combinations import affinity, channel, frequency, popularity, price, rhythm, store
from features.vector.looked_up import Combination, LookedUp

COMBINATIONS: tuple[tuple[str, Mapping[str, Combination]], ...] = (
    ("rhythm", rhythm.INTERVALS),
    ("frequency", frequency.RATES),
    ("rhythm", rhythm.TRIPS),
    ("affinity", affinity.COMBINATIONS),
    ("popularity", popularity.COMBINATIONS),
    ("store", store.SHELF),
    ("price", price.COMBINATIONS),
    ("frequency", frequency.NEW),
    ("channel", channel.COMBINATIONS),
    ("store", store.PLACE),
)
"""Families and their combinations. New ones go last: a fitted ranker knows a column by its place."""

DERIVED_FROM = {name: family for family, combinations in COMBINATIONS for name in combinations}
"""Combinations, each with the family that it mostly speaks of."""

DERIVED = tuple(DERIVED_FROM)

_FUNCTIONS = tuple(function for _, combinations in COMBINATIONS for function in combinations.values())


def derive(found: LookedUp, out: Floats) -> None:
    """Fill `out`, (candidates, len(DERIVED)), with every combination of every candidate."""
    columns = out.T
    for at, function in enumerate(_FUNCTIONS):
        columns[at] = function(found)
