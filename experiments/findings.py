"""What a study found: figures, tables, pictures and goals, whatever it studied. The runner prints and logs them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd
from matplotlib.figure import Figure

from features.settings import Settings

Say = Callable[[str], None]
"""Called with a sentence about what a study is doing."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that a study was to show.

    found   what came out, with its unit
    asked   what was asked for
    """

    name: str
    found: str
    asked: str
    is_met: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """What a study has to tell.

    headline  a sentence that a reader takes away, also where the answer is no
    metrics   name (letters, digits, `_`, `.`) -> number
    tables    name -> rows, in the order in which to show them; columns are words that a person reads
    figures   name -> picture
    goals     what was to be shown, and whether it was
    """

    headline: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)
    goals: tuple[Goal, ...] = ()


Study = Callable[[Settings, Mapping[str, object], Say], Findings]
"""A study: settings, its parameters as they stand in its definition, and someone to tell. Same parameters, same
findings (times aside)."""
