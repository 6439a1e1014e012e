"""One class more, where the likelihood asks for it.

Classes that differ between stores show in what stores sell; those that are mixed alike everywhere show only in what
sells when something else is gone. So a new class is proposed that is like one of the present ones but for a taste for
attributes and chance; of many proposals that one is taken of which a first customer would raise the likelihood most
(the directional derivative of Lindsay 1983, Annals of Statistics 11; for mixtures of logits, Jagabathula, Subramanian
and Venkataraman 2020, Management Science 66). Then all classes are fitted together.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from training.assortments.choice.estimate import Prior, run
from training.assortments.choice.latent_class import LatentClass, probabilities
from training.assortments.choice.panel import Codes, Floats, Panel

_PROPOSALS = 40
_TASTE, _CHANCE = 0.8, 0.4
"""Standard deviations of what a proposal is fonder of: for a standardised attribute, and for a SKU by itself."""
_SHARE = 0.3
"""Of the shoppers of the class that it is like, those that the new class takes at first."""
_CYCLES = 30


def grown(model: LatentClass, panel: Panel, prior: Prior, frozen: Iterable[str] = ()) -> LatentClass:
    """The model with a class more, fitted to the panel; the same model and panel give the same."""
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
