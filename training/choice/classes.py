"""How many classes: as many as foretell choices that were kept aside best."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from training.choice.estimate import Prior, best_of, fit
from training.choice.latent_class import LatentClass, log_likelihood
from training.choice.panel import Flags, Panel

_WORTHWHILE = 2e-5
"""Nats a choice that another class has to gain."""
_CLOSE = 0.01
"""Nats a choice by which a model may foretell worse than the best and still have a say."""


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """What was found on choices kept aside.

    model      of the number of classes that foretold best, fitted on everything: for transfer and its intervals
    committee  the models that foretold within `_CLOSE` of the best, fitted without what was kept aside. Plans are made
               for all of them at once (`attraction.averaged`): a search finds what one model overrates, and several
               seldom overrate the same
    held_out   log-likelihood of a choice kept aside, by number of classes tried
    """

    model: LatentClass
    committee: tuple[LatentClass, ...]
    held_out: Mapping[int, float]


def kept_aside(panel: Panel, every: int = 4) -> Flags:
    """(R,) every fourth situation of each store, or every fourth household with all its trips."""
    if panel.household is not None:
        return np.asarray(panel.household % every == every - 1)
    order = np.argsort(panel.store, kind="stable")
    starts = np.searchsorted(panel.store[order], panel.store[order], side="left")
    nth = np.empty(len(order), dtype=np.int64)
    nth[order] = np.arange(len(order)) - starts
    return np.asarray(nth % every == every - 1)


def choose(
    panel: Panel,
    most: int = 8,
    starts: int = 3,
    prior: Prior | None = None,
    frozen: Mapping[str, float] | None = None,
) -> Chosen:
    """One class more while that gains on choices kept aside, then the likeliest of several starts on everything."""
    aside = kept_aside(panel)
    seen, unseen = panel.part(~aside), panel.part(aside)
    held_out: dict[int, float] = {}
    models: dict[int, LatentClass] = {}
    for classes in range(1, most + 1):
        models[classes] = fit(seen, classes, 0, prior, frozen)
        held_out[classes] = log_likelihood(models[classes], unseen) / max(unseen.choices, 1.0)
        if classes > 1 and held_out[classes] < held_out[classes - 1] + _WORTHWHILE:
            break
    best = max(held_out, key=lambda classes: held_out[classes])
    committee = tuple(models[classes] for classes in models if held_out[classes] >= held_out[best] - _CLOSE)
    return Chosen(best_of(panel, best, starts, prior, frozen), committee, held_out)
