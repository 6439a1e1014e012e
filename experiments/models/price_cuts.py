"""Prices that follow demand, told from prices that were planned: a control function.

Stores that feel that a SKU is wanted ask a little more for it, so that a response fitted to all movements of price is
too weak, and what a SKU is worth at its usual price is off with it. Deep cuts are planned weeks before. So the part of
a price that the cut does not explain is put beside the price as a trait of its own: it takes up what price and demand
share, and the response to price is then that to cuts (Petrin and Train 2010, Journal of Marketing Research 47).

What it takes for granted: cuts were not made because of that week's demand, and prices seldom move so far without one.
"""

from dataclasses import replace

import numpy as np

from training.assortments.choice.panel import Panel

CUT = 0.12
"""A cut is a log price at least so far below the usual one."""
RESIDUAL = "price_residual"


def controlled(panel: Panel, trait: str = "log_price") -> Panel:
    """The panel with the trait RESIDUAL: log price less its mean among cuts, or among the others; 0 where not there.

    `trait` is log price over the usual one. Without any cut, or with nothing else, the panel stays as it is: there is
    nothing to tell the two apart by.
    """
    price = panel.traits[:, :, panel.trait_names.index(trait)]
    cut = panel.available & (price <= -CUT)
    usual = panel.available & ~cut
    if not cut.any() or not usual.any():
        return panel
    residual = np.where(cut, price - price[cut].mean(), np.where(usual, price - price[usual].mean(), 0.0))
    return replace(
        panel,
        traits=np.concatenate([panel.traits, residual[:, :, None]], axis=2),
        trait_names=(*panel.trait_names, RESIDUAL),
    )
