"""What was chosen from what: counts by situation and SKU, with availability, and those who left without anything.

A situation is a store in a period, or one shopping trip of a household. Attributes and covariates stand beside.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.errors import DataError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]

_NEXT = "Next: choose a category, stores and weeks in which something was sold."


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """R situations, n SKUs, S stores. Make one with `checked`.

    counts       (R, n) units chosen
    available    (R, n) on the shelf: listed and not out of stock
    store        (R,) index of the store; a web shop's situations may name the store in whose catchment they are, so
                 that online shoppers inform its mix of classes
    traits       (R, n, D) what varies over situations: log price, display, mailer, …, in the order of `trait_names`;
                 of a SKU that is not available, anything
    no_purchase  (R,) visits that chose nothing; None where nobody counted them: then shares are known only among
                 those who bought, and the outside option's attraction is not identified
    household    (R,) index of the household whose trip it is; None where a situation is a store's period
    attributes   (n, A) of SKUs, A may be 0
    covariates   (S, Z) of stores, Z may be 0
    """

    counts: Floats
    available: Flags
    store: Codes
    traits: Floats
    trait_names: tuple[str, ...]
    no_purchase: Floats | None
    household: Codes | None
    attributes: Floats
    covariates: Floats

    @property
    def shape(self) -> tuple[int, int, int]:
        """R, n, S."""
        rows, skus = self.counts.shape
        return rows, skus, len(self.covariates)

    @property
    def choices(self) -> float:
        """Units and, where they were counted, visits without a purchase."""
        nothing = 0.0 if self.no_purchase is None else self.no_purchase.sum()
        return float(self.counts.sum() + nothing)

    def weighted(self, weight: Floats) -> "Panel":
        """Every situation counted `weight` (R,) times: a resample, or a part where weights are 0 and 1."""
        nothing = None if self.no_purchase is None else self.no_purchase * weight
        return replace(self, counts=self.counts * weight[:, None], no_purchase=nothing)

    def part(self, rows: Flags) -> "Panel":
        """The situations of `rows` (R,); stores keep their indices."""
        return replace(
            self,
            counts=self.counts[rows],
            available=self.available[rows],
            store=self.store[rows],
            traits=self.traits[rows],
            no_purchase=None if self.no_purchase is None else self.no_purchase[rows],
            household=None if self.household is None else self.household[rows],
        )


def plain(counts: Floats, available: Flags, store: Codes, no_purchase: Floats | None = None) -> Panel:
    """A panel without traits, attributes or covariates; as many stores as `store` names. `checked` comes after."""
    return Panel(
        counts=counts,
        available=available,
        store=store,
        traits=np.zeros((*counts.shape, 0)),
        trait_names=(),
        no_purchase=no_purchase,
        household=None,
        attributes=np.zeros((counts.shape[-1], 0)),
        covariates=np.zeros((int(store.max(initial=-1)) + 1, 0)),
    )


def checked(panel: Panel) -> Panel:
    """The panel, where its parts fit together; a SKU that sold was available, whatever the stock table says of it.

    Raises DataError where shapes differ, a number is missing or negative, or nothing was sold at all.
    """
    if panel.counts.ndim != 2 or 0 in panel.counts.shape:
        shape = panel.counts.shape
        raise DataError(f"choices: counts has the shape {shape}, and needs a row and a SKU at least. {_NEXT}")
    _check_shapes(panel)
    panel = replace(panel, available=panel.available | (panel.counts > 0))
    _check_numbers(panel)
    return replace(panel, traits=np.where(panel.available[:, :, None], panel.traits, 0.0))


def _check_shapes(panel: Panel) -> None:
    rows, skus, stores = panel.shape
    asked: dict[str, tuple[int, ...]] = {
        "available": (rows, skus),
        "traits": (rows, skus, len(panel.trait_names)),
        **dict.fromkeys(("store", "no_purchase", "household"), (rows,)),
        "attributes": (skus, panel.attributes.shape[-1]),
        "covariates": (stores, panel.covariates.shape[-1]),
    }
    for name, shape in asked.items():
        part = getattr(panel, name)
        if part is not None and part.shape != shape:
            raise DataError(f"choices: {name} has the shape {part.shape}; {rows} rows of {skus} SKUs need {shape}.")
    if panel.store.min(initial=0) < 0 or panel.store.max(initial=0) >= stores:
        raise DataError(f"choices: store codes run from 0 to {stores - 1}; there is one of {int(panel.store.max())}.")


def _check_numbers(panel: Panel) -> None:
    for name in ("counts", "no_purchase"):
        part = getattr(panel, name)
        if part is not None and (bad := ~np.isfinite(part) | (part < 0)).any():
            example = part[tuple(np.argwhere(bad)[0])]
            raise DataError(f"choices: {int(bad.sum())} of {name} are missing or negative, such as {example}. {_NEXT}")
    told = {"attributes": panel.attributes, "covariates": panel.covariates, "traits": panel.traits[panel.available]}
    for name, values in told.items():
        if not np.isfinite(values).all():
            raise DataError(
                f"choices: {int((~np.isfinite(values)).sum())} of {name} are missing. Next: fill them in, or leave "
                "that column out."
            )
    if not panel.counts.sum():
        raise DataError(f"choices: none of {panel.counts.shape[1]} SKUs was sold in any row. {_NEXT}")


def available_by_zero_runs(counts: Floats, listed: Flags, chance: float = 0.01) -> Flags:
    """(T, n) what one store's shelf held, guessed where no stock table says it.

    `counts` and `listed` are (T, n), one row a period in order. A run of z periods without a sale of a SKU that sells
    λ a period otherwise happens with probability exp(−λ z) on a full shelf (Poisson); where that is below `chance`,
    the shelf was empty during the run. λ is the mean over periods with a sale, shrunk by the share of such periods
    that Poisson sales would show, so that slow sellers are rarely called empty.
    """
    sold = (counts > 0) & listed
    mean_when_sold = counts.sum(axis=0, where=listed) / np.maximum(sold.sum(axis=0), 1)
    rate = _untruncated_rate(mean_when_sold)
    runs = np.zeros(counts.shape)
    for period in range(len(counts)):
        runs[period] = np.where(sold[period] | ~listed[period], 0, (runs[period - 1] if period else 0) + 1)
    for period in range(len(counts) - 2, -1, -1):
        runs[period] = np.where((runs[period] > 0) & (runs[period + 1] > 0), runs[period + 1], runs[period])
    return listed & ~((runs > 0) & (np.exp(-rate[None, :] * runs) < chance))


def _untruncated_rate(mean: Floats) -> Floats:
    """λ of a Poisson whose mean given at least one is `mean` = λ / (1 − exp(−λ)); 0 where the mean is at most 1."""
    rate = np.maximum(mean - 1, 0.0)
    for _ in range(50):
        rate = mean * -np.expm1(-rate)
    return rate
