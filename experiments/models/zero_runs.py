"""Availability from runs of weeks without sales, for those who keep no stock table: a guess, and marked as one.

A SKU is on the shelf or not, week after week, as a hidden Markov chain (Rabiner 1989, Proc. IEEE 77(2), equations 19 to
27 and 37): on the shelf it sells like a negative binomial around its usual rate, out of it nothing. What the chain
thinks of a week is its chance of having been on the shelf. It sees whole weeks only, and next to nothing where a SKU
sells less than about one unit a week: a slow seller's zero is no news.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import Cutoff
from training.assortments.demand.censoring import Doubles, Primary, untruncated
from training.assortments.demand.cube import Cube, cube

ROUNDS = 8
FIRST_LEAVES, FIRST_RETURNS = 0.05, 0.5
"""Chances per week of running out and of coming back, to begin with; they are learned."""
_LEAST = 1e-12


def availability(panel: pd.DataFrame, cutoff: Cutoff) -> pd.DataFrame:
    """The panel with `available_share` filled where nobody counted: the chance that the SKU was on the shelf.

    Counted shares stay as they are. Raises DataError where the panel cannot be used.
    """
    sold = cube(panel.assign(available_share=np.float32(np.nan)), cutoff)
    known = slice(0, sold.known)
    units, listed = sold.units[:, known].astype(np.float64), sold.is_listed[:, known] > 0
    leaves, returns = FIRST_LEAVES, FIRST_RETURNS
    share = np.ones(units.shape)
    for _ in range(ROUNDS):
        primary = untruncated(_with(sold, share), rounds=15)
        silence = _chance_of_nothing(primary)
        share, leaves, returns = _on_shelf(np.where(units > 0, 0.0, silence), units > 0, listed, leaves, returns)
    rows = pd.DataFrame({"row": np.repeat(np.arange(len(sold.pairs)), sold.known), "share": share.ravel()})
    guessed = sold.pairs.iloc[rows["row"]].reset_index(drop=True)
    guessed["week"] = np.tile(sold.weeks[known], len(sold.pairs))
    guessed["guess"] = rows["share"].astype(np.float32)
    filled = panel[["store_id", "sku", "week"]].merge(guessed, on=["store_id", "sku", "week"], how="left")["guess"]
    return panel.assign(available_share=panel["available_share"].fillna(filled.set_axis(panel.index)))


def _with(sold: Cube, share: Doubles) -> Cube:
    """The cube with another availability."""
    exposure = sold.exposure.copy()
    exposure[:, : sold.known] = share * (sold.is_listed[:, : sold.known] > 0)
    return replace(sold, exposure=exposure)


def _chance_of_nothing(primary: Primary) -> Doubles:
    """That a pair on the shelf sells nothing in a week: negative binomial."""
    return np.asarray((1 + primary.expected / primary.shape) ** -primary.shape)


def _on_shelf(
    silence: Doubles, is_sold: NDArray[np.bool_], listed: NDArray[np.bool_], leaves: float, returns: float
) -> tuple[Doubles, float, float]:
    """Forward and backward: the chance of each week, and the chain's chances as re-estimated from all pairs.

    `silence`: chance of no sale on the shelf where there was none, 0 where there was one.
    """
    weeks = silence.shape[1]
    seen_on = np.where(is_sold, 1.0, silence)
    seen_out = np.where(is_sold, 0.0, 1.0)
    step = np.array([[1 - leaves, leaves], [returns, 1 - returns]])
    start = np.array([returns, leaves]) / (returns + leaves)
    emit = np.where(listed[:, :, None], np.stack([seen_on, seen_out], axis=2), 1.0)
    forward, backward = np.empty_like(emit), np.ones_like(emit)
    forward[:, 0] = _scaled(start * emit[:, 0])
    for week in range(1, weeks):
        forward[:, week] = _scaled(forward[:, week - 1] @ step * emit[:, week])
    for week in range(weeks - 2, -1, -1):
        backward[:, week] = _scaled((emit[:, week + 1] * backward[:, week + 1]) @ step.T)
    chance = _scaled(forward * backward)
    moves = np.einsum("ptg,gh,pth->ptgh", forward[:, :-1], step, emit[:, 1:] * backward[:, 1:])
    moves /= np.maximum(moves.sum(axis=(2, 3), keepdims=True), _LEAST)
    moved = moves[listed[:, :-1] & listed[:, 1:]].sum(axis=0)
    left, back = (moved[one, 1 - one] / max(moved[one].sum(), _LEAST) for one in (0, 1))
    return chance[:, :, 0], float(np.clip(left, 1e-4, 0.5)), float(np.clip(back, 0.02, 0.98))


def _scaled(chances: Doubles) -> Doubles:
    return np.asarray(chances / np.maximum(chances.sum(axis=-1, keepdims=True), _LEAST))
