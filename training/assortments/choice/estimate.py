"""Fitting the latent-class logit by expectation and maximisation, sped up by squared extrapolation.

Expectation: who of which class chose (Train 2009, ch. 14). Maximisation: one Newton step of each class's logit, and
mixes in closed form. Passes are extrapolated (SQUAREM, scheme S3 of Varadhan and Roland 2008) where that raises the
penalised likelihood. Stock-outs need no extra step: a logit given what was available is free of them, and
`primary.primary_demand` then says what would have been chosen first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from sklearn.cluster import KMeans

from training.assortments.choice.latent_class import LatentClass, expect, log_likelihood, softmax
from training.assortments.choice.outside_option import LOGIT, Pressure, pressure
from training.assortments.choice.panel import Flags, Floats, Panel

_LONGEST_STEP = 2.0
_SLACK = 1 / 9
"""Precision of what attributes and covariates are worth, around 0: a standard deviation of 3."""
_START_NOISE = 0.7
_OWN_GROUP = 0.6
"""Share of a store's own group in the mix that fitting starts from."""


@dataclass(frozen=True, slots=True)
class Prior:
    """How much is believed before anything was chosen.

    utility_spread   standard deviation of a utility around what attributes and the one-class model make of it
    response_spread  of a response to a trait around that of the one-class model, whose own is around 0
    mix_choices      choices that the mix foretold by covariates is worth in a store (Dirichlet)
    """

    utility_spread: float = 1.0
    response_spread: float = 1.0
    mix_choices: float = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """What a pass needs besides the model: B (n, ·) makes utilities, Z (S, ·) mixes; `free` (D,) traits to fit."""

    panel: Panel
    prior: Prior
    skus: Floats
    stores: Floats
    free: Flags


def fit(
    panel: Panel,
    classes: int,
    start: int = 0,
    prior: Prior | None = None,
    frozen: Mapping[str, float] | None = None,
    outside_shape: float = LOGIT,
) -> LatentClass:
    """The model of `classes` classes from one start; the same start gives the same model.

    `outside_shape` is that of `leaving`, the logit's unless told otherwise. `frozen` holds responses that are not
    fitted, by trait, such as that of log price from a causal stage. Start 0 sets out from groups of stores that sell
    alike, others from chance.
    """
    prior, frozen = prior or Prior(), frozen or {}
    one = run(_blank(panel, frozen, outside_shape), panel, prior, frozen)
    return one if classes == 1 else run(_begin(panel, one, classes, start), panel, prior, frozen)


def run(
    begin: LatentClass,
    panel: Panel,
    prior: Prior,
    frozen: Iterable[str] = (),
    cycles: int = 60,
    tolerance: float = 1e-7,
) -> LatentClass:
    """From `begin` until a cycle gains less than `tolerance` a choice; responses to `frozen` traits stay."""
    task = _Fit(
        panel,
        prior,
        skus=np.column_stack([np.ones(panel.shape[1]), panel.attributes, begin.chain_utility]),
        stores=np.column_stack([np.ones(panel.shape[2]), panel.covariates]),
        free=np.array([name not in frozen for name in panel.trait_names], dtype=bool),
    )
    model, before = begin, -np.inf
    for _ in range(cycles):
        model, height = _cycle(model, task)
        if height - before < tolerance * panel.choices:
            break
        before = height
    return replace(model, log_likelihood=log_likelihood(model, panel))


def _cycle(model: LatentClass, task: _Fit) -> tuple[LatentClass, float]:
    """Two passes, an extrapolation and a third; the height is that of the second pass's model at least."""
    model = replace(model, taste=_taste(model, task), steering=_steering(model, task))
    first, _ = _pass(model, task)
    second, height = _pass(first, task)
    start, middle, end = (_packed(one) for one in (model, first, second))
    change, bend = middle - start, end - 2 * middle + start
    length = -max(float(np.linalg.norm(change)) / max(float(np.linalg.norm(bend)), 1e-12), 1.0)
    leap = _unpacked(start - 2 * length * change + length**2 * bend, model)
    third, reached = _pass(leap, task)
    return (third, reached) if reached >= height else (second, height)


def _pass(model: LatentClass, task: _Fit) -> tuple[LatentClass, float]:
    """The model after one expectation and maximisation, and the penalised log-likelihood before it."""
    panel, prior = task.panel, task.prior
    chosen, nothing = model.probabilities(panel.traits, panel.available)
    who = expect(panel, chosen, nothing, model.mix)
    centre = (task.skus @ model.taste).T
    foretold = softmax(task.stores @ model.steering)
    height = who.log_likelihood + prior.mix_choices * float((foretold * np.log(np.maximum(model.mix, 1e-300))).sum())
    height -= 0.5 * float((((model.utility - centre) / prior.utility_spread) ** 2).sum())
    height -= 0.5 * float((((model.response - model.chain_response) / prior.response_spread) ** 2).sum())
    steps = [
        _newton(
            who.counts[k],
            chosen[k],
            pressure(who.counts[k].sum(axis=1), who.left[k], nothing[k], model.outside_shape),
            model.utility[k] - centre[k],
            model.response[k] - model.chain_response,
            task,
        )
        for k in range(model.classes)
    ]
    skus = model.utility.shape[1]
    response = model.response.copy()
    response[:, task.free] += np.array([step[skus:] for step in steps])
    mix = who.members + prior.mix_choices * foretold
    mix = mix / mix.sum(axis=1, keepdims=True)
    return replace(
        model, utility=model.utility + np.array([s[:skus] for s in steps]), response=response, mix=mix
    ), height


def _newton(counts: Floats, chosen: Floats, pressed: Pressure, odd: Floats, odd_response: Floats, task: _Fit) -> Floats:
    """(n + free traits,) a step uphill for one class, at most `_LONGEST_STEP` long in each part.

    The step is Newton's for the logit and Fisher's scoring for other ways of leaving. `odd` and `odd_response` are how
    far utilities and responses are from what is believed of them.
    """
    traits = task.panel.traits[:, :, task.free]
    expected = pressed.visits[:, None] * chosen
    over = counts - pressed.pull[:, None] * chosen
    mean = np.einsum("rn,rnd->rd", chosen, traits)
    weighed = expected[:, :, None] * traits
    bent = pressed.bend[:, None] * chosen
    skus, free = len(odd), traits.shape[2]
    curve = np.zeros((skus + free, skus + free))
    curve[:skus, :skus] = np.diag(expected.sum(axis=0)) - bent.T @ chosen
    cross = weighed.sum(axis=0) - bent.T @ mean
    curve[:skus, skus:], curve[skus:, :skus] = cross, cross.T
    flat, weighed_flat = (part.reshape(counts.size, free) for part in (traits, weighed))
    curve[skus:, skus:] = weighed_flat.T @ flat - (pressed.bend[:, None] * mean).T @ mean
    precision = np.append(
        np.full(skus, task.prior.utility_spread**-2.0), np.full(free, task.prior.response_spread**-2.0)
    )
    curve[np.diag_indices_from(curve)] += precision
    slope = np.append(over.sum(axis=0), over.ravel() @ flat)
    slope -= precision * np.append(odd, odd_response[task.free])
    step = np.linalg.solve(curve, slope)
    return np.asarray(step * min(1.0, _LONGEST_STEP / max(float(np.max(np.abs(step))), 1e-300)))


def _taste(model: LatentClass, task: _Fit) -> Floats:
    """(B, K) regression of each class's utilities on what is known of SKUs, shrunk to the one-class model's."""
    precision = task.prior.utility_spread**-2.0
    mean = np.zeros((task.skus.shape[1], 1))
    mean[-1] = 1.0
    square = precision * task.skus.T @ task.skus + _SLACK * np.eye(len(mean))
    return np.linalg.solve(square, precision * task.skus.T @ model.utility.T + _SLACK * mean)


def _steering(model: LatentClass, task: _Fit) -> Floats:
    """(Z + 1, K) a step of softmax regression of mixes on covariates, by the bound on its curvature (Böhning 1992)."""
    square = 0.5 * task.stores.T @ task.stores + _SLACK * np.eye(task.stores.shape[1])
    slope = task.stores.T @ (model.mix - softmax(task.stores @ model.steering))
    return model.steering + np.linalg.solve(square, slope - _SLACK * model.steering)


def _packed(model: LatentClass) -> Floats:
    logs = np.log(np.maximum(model.mix, 1e-12))
    return np.concatenate([model.utility.ravel(), model.response.ravel(), logs.ravel()])


def _unpacked(values: Floats, like: LatentClass) -> LatentClass:
    utility, response, logs = np.split(values, np.cumsum([like.utility.size, like.response.size]))
    return replace(
        like,
        utility=utility.reshape(like.utility.shape),
        response=response.reshape(like.response.shape),
        mix=softmax(logs.reshape(like.mix.shape)),
    )


def _blank(panel: Panel, frozen: Mapping[str, float], outside_shape: float) -> LatentClass:
    """One class that likes everything alike."""
    _, skus, stores = panel.shape
    return LatentClass(
        utility=np.zeros((1, skus)),
        response=np.array([[frozen.get(name, 0.0) for name in panel.trait_names]]).reshape(1, -1),
        taste=np.zeros((2 + panel.attributes.shape[1], 1)),
        steering=np.zeros((1 + panel.covariates.shape[1], 1)),
        mix=np.ones((stores, 1)),
        chain_utility=np.zeros(skus),
        chain_response=np.zeros(len(panel.trait_names)),
        has_outside=panel.no_purchase is not None,
        trait_names=panel.trait_names,
        log_likelihood=-np.inf,
        outside_shape=outside_shape,
    )


def _begin(panel: Panel, one: LatentClass, classes: int, start: int) -> LatentClass:
    """Classes apart: start 0 from what groups of stores sell more of than one class would, others from noise."""
    random = np.random.default_rng([start, classes])
    _, skus, stores = panel.shape
    mix = random.dirichlet(np.ones(classes), stores)
    tilt = random.normal(0, _START_NOISE, (classes, skus))
    if start == 0 and stores >= classes:
        over = _oversold(panel, one)
        groups = KMeans(classes, n_init=5, random_state=0).fit(over)
        tilt = 1.5 * groups.cluster_centers_ + 0.1 * tilt
        mix = (1 - _OWN_GROUP) / classes + _OWN_GROUP * np.eye(classes)[groups.labels_]
    return replace(
        one,
        utility=one.utility + tilt,
        response=np.repeat(one.response, classes, axis=0),
        taste=np.repeat(one.taste, classes, axis=1),
        chain_utility=one.utility[0],
        chain_response=one.response[0],
        steering=np.zeros((len(one.steering), classes)),
        mix=mix,
    )


def _oversold(panel: Panel, one: LatentClass) -> Floats:
    """(S, n) log of what each store sold over what the one-class model expects, shrunk to 0 where little was sold."""
    chosen, nothing = one.probabilities(panel.traits, panel.available)
    who = expect(panel, chosen, nothing, one.mix)
    expected = (who.counts[0].sum(axis=1) + who.left[0])[:, None] * chosen[0]
    sold, foreseen = np.zeros((2, panel.shape[2], panel.shape[1]))
    np.add.at(sold, panel.store, panel.counts)
    np.add.at(foreseen, panel.store, expected)
    return np.asarray(np.log((sold + 5) / (foreseen + 5)))
