"""How many classes, and how firm their outside option: what foretells choices that were kept aside best."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from training.assortments.choice.estimate import Prior, fit, run
from training.assortments.choice.latent_class import LatentClass, log_likelihood, probabilities
from training.assortments.choice.outside_option import LOGIT
from training.assortments.choice.panel import Codes, Flags, Floats, Panel

SHAPES = (0.5, LOGIT, 20.0)
"""Shapes of the outside option: at the low end some shoppers leave whatever is on the shelf, at the high end nearly all
have the same threshold."""
_FEW = 4
"""Classes with which shapes are first compared."""
_PATIENCE = 1
"""Numbers of classes that may gain nothing before the next is not tried."""
_WORTHWHILE = 2e-5
"""Another class has to gain so many nats a choice, or the next is not tried."""
_ALIKE = 1e-4
"""Nats a choice by which models foretell alike: the simplest of them is taken."""
_CLOSE = 0.002
"""Nats a choice by which a model may foretell worse than the best and still have a say, ..."""
_CLOSE_SHAPE = 0.0007
"""... if its shape, with its own best number of classes, foretells nearly as well as any."""

_PROPOSALS = 40
_TASTE, _CHANCE = 0.8, 0.4
"""Standard deviations of what a proposal is fonder of: for a standardised attribute, and for a SKU by itself."""
_SHARE = 0.3
"""The share of its parent's shoppers that a new class takes at first."""
_CYCLES = 30


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """What was found on choices kept aside.

    model      of the number of classes and the shape that foretold best, fitted on everything: for transfer and its
               intervals
    committee  those that foretold within `_CLOSE` of it, of every shape that can foretell within `_CLOSE_SHAPE`, fitted
               without what was kept aside. Plans are made for all of them at once (`attraction.averaged`): a search
               finds what one model overrates, and several seldom overrate the same. Shapes foretell alike on lists as
               they were and differ on better ones, so that each that may be right has its say
    held_out   log-likelihood of a choice kept aside, by number of classes tried, with the best of the shapes tried
    shapes     the same by shape of the outside option, with the best number of classes of those tried with it; where
               nobody counted those who left, the logit's alone
    """

    model: LatentClass
    committee: tuple[LatentClass, ...]
    held_out: Mapping[int, float]
    shapes: Mapping[float, float]


def kept_aside(panel: Panel, every: int = 4) -> Flags:
    """(R,) every fourth situation of each store, or every fourth household with all its trips."""
    if panel.household is not None:
        return np.asarray(panel.household % every == every - 1)
    order = np.argsort(panel.store, kind="stable")
    starts = np.searchsorted(panel.store[order], panel.store[order], side="left")
    nth = np.empty(len(order), dtype=np.int64)
    nth[order] = np.arange(len(order)) - starts
    return np.asarray(nth % every == every - 1)


class _Tried:
    """Models by number of classes and shape, fitted to what is seen, and what they make of the rest."""

    def __init__(self, panel: Panel, prior: Prior, frozen: Mapping[str, float]) -> None:
        aside = kept_aside(panel)
        self.seen, self.unseen = panel.part(~aside), panel.part(aside)
        self.prior, self.frozen = prior, frozen
        self.models: dict[tuple[int, float], LatentClass] = {}
        self.held_out: dict[tuple[int, float], float] = {}

    def nats(self, classes: int, shape: float) -> float:
        """Log-likelihood of a choice kept aside."""
        key = (classes, shape)
        if key not in self.models:
            self.models[key] = self._likeliest(classes, shape)
            self.held_out[key] = log_likelihood(self.models[key], self.unseen) / max(self.unseen.choices, 1.0)
        return self.held_out[key]

    @property
    def by_number(self) -> dict[int, float]:
        """Number of classes tried, ascending -> nats with the best of the shapes."""
        numbers = sorted({number for number, _ in self.held_out})
        return {each: max(nats for (number, _), nats in self.held_out.items() if number == each) for each in numbers}

    @property
    def by_shape(self) -> dict[float, float]:
        """Tried, ascending: nats with the best number of classes."""
        shapes = sorted({shape for _, shape in self.held_out})
        return {each: max(nats for (_, shape), nats in self.held_out.items() if shape == each) for each in shapes}

    def more_classes(self, most: int, shape: float) -> float:
        """Try one class more while that gains; the best found, nats."""
        best, idle = -np.inf, 0
        for classes in range(1, most + 1):
            found = self.nats(classes, shape)
            idle = 0 if found > best + _WORTHWHILE else idle + 1
            best = max(best, found)
            if idle > _PATIENCE:
                break
        return best

    @property
    def best(self) -> tuple[int, float]:
        """(classes, shape): the fewest classes among equals, and the logit's shape among those."""
        enough = max(self.held_out.values()) - _ALIKE
        equal = [key for key, nats in self.held_out.items() if nats >= enough]
        return min(equal, key=lambda key: (key[0], key[1] != LOGIT, key[1]))

    def close(self) -> tuple[LatentClass, ...]:
        """Those that foretell nearly as well as the best, itself among them."""
        best, by_shape = max(self.held_out.values()), self.by_shape
        return tuple(
            self.models[number, shape]
            for number, shape in sorted(self.models)
            if by_shape[shape] >= best - _CLOSE_SHAPE and self.held_out[number, shape] >= best - _CLOSE
        )

    def _likeliest(self, classes: int, shape: float) -> LatentClass:
        """From groups of stores, or with a class more than the model before."""
        model = fit(self.seen, classes, 0, self.prior, self.frozen, shape)
        fewer = self.models.get((classes - 1, shape))
        if fewer is None:
            return model
        other = grown(fewer, self.seen, self.prior, tuple(self.frozen))
        return max(model, other, key=lambda one: one.log_likelihood)


def choose(
    panel: Panel,
    most: int = 8,
    prior: Prior | None = None,
    frozen: Mapping[str, float] | None = None,
) -> Chosen:
    """One class more while that gains on choices kept aside, with each shape of the outside option.

    Shapes that foretell clearly worse with a few classes are not followed to more.
    """
    prior, frozen = prior or Prior(), frozen or {}
    tried = _Tried(panel, prior, frozen)
    shapes = SHAPES if panel.no_purchase is not None else (LOGIT,)
    few = {shape: tried.more_classes(min(most, _FEW), shape) for shape in shapes}
    for shape in shapes:
        if few[shape] >= max(few.values()) - _CLOSE:
            tried.more_classes(most, shape)
    return Chosen(run(tried.models[tried.best], panel, prior, frozen), tried.close(), tried.by_number, tried.by_shape)


def grown(model: LatentClass, panel: Panel, prior: Prior, frozen: Iterable[str] = ()) -> LatentClass:
    """The model with a class more, fitted to the panel; the same model and panel give the same.

    Classes that differ between stores show in what stores sell; those that are mixed alike everywhere show only in what
    sells when something else is gone. So a new class is proposed that is like one of the present ones but for a taste
    for attributes and chance; of many proposals that one is taken of which a first customer would raise the likelihood
    most (the directional derivative of Lindsay 1983, Annals of Statistics 11; for mixtures of logits, Jagabathula,
    Subramanian and Venkataraman 2020, Management Science 66). Then all classes are fitted together.
    """
    random = np.random.default_rng(model.classes)
    parents = random.choice(model.classes, _PROPOSALS, p=model.mix.mean(axis=0))
    proposals = model.utility[parents] + _tilts(panel, random)
    gains = _gains(model, panel, parents, proposals)
    best = int(np.argmax(gains))
    return run(_joined(model, int(parents[best]), proposals[best]), panel, prior, frozen, cycles=_CYCLES)


def _tilts(panel: Panel, random: np.random.Generator) -> Floats:
    """(proposals, n) what each likes more or less than its parent."""
    attributes = panel.attributes
    spread = attributes.std(axis=0)
    known = (attributes - attributes.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    taste = random.normal(0, _TASTE, (_PROPOSALS, known.shape[1]))
    return np.asarray(taste @ known.T + random.normal(0, _CHANCE, (_PROPOSALS, len(known))))


def _gains(model: LatentClass, panel: Panel, parents: Codes, proposals: Floats) -> Floats:
    """(proposals,) slope of the log-likelihood in the share of shoppers who leave a parent for a proposal."""
    shape = model.outside_shape if model.has_outside else None
    old, old_left = model.probabilities(panel.traits, panel.available)
    mix = model.mix.T[:, panel.store]
    expected = np.maximum(np.einsum("kr,krn->rn", mix, old), 1e-300)
    ratio = np.divide(panel.counts, expected, out=np.zeros_like(expected), where=panel.counts > 0)
    left = np.zeros(len(panel.store))
    if panel.no_purchase is not None:
        left = panel.no_purchase / np.maximum((mix * old_left).sum(axis=0), 1e-300)
    gains = []
    for parent, utility in zip(parents, proposals, strict=True):
        new, new_left = probabilities(utility[None], model.response[[parent]], panel.traits, panel.available, shape)
        each = ((new[0] - old[parent]) * ratio).sum(axis=1) + (new_left[0] - old_left[parent]) * left
        gains.append(float(mix[parent] @ each))
    return np.array(gains)


def _joined(model: LatentClass, parent: int, utility: Floats) -> LatentClass:
    is_first = model.classes == 1  # from here on classes are shrunk to it
    mix = np.column_stack([model.mix, _SHARE * model.mix[:, parent]])
    mix[:, parent] *= 1 - _SHARE
    return replace(
        model,
        utility=np.vstack([model.utility, utility]),
        response=np.vstack([model.response, model.response[parent]]),
        taste=np.column_stack([model.taste, model.taste[:, parent]]),
        steering=np.column_stack([model.steering, model.steering[:, parent]]),
        mix=mix,
        chain_utility=model.utility[0] if is_first else model.chain_utility,
        chain_response=model.response[0] if is_first else model.chain_response,
    )
