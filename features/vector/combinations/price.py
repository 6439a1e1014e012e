"""Price: whether a SKU is cheap now beside what it was in the year."""

from collections.abc import Mapping

from features.vector.looked_up import Column, Combination, LookedUp, ratio


def price_now(found: LookedUp) -> Column:
    """The price of four weeks as a multiple of that of the year."""
    return ratio(found["sku"]["price_28"], found["sku"]["price_364"], 5)


def discount_now(found: LookedUp) -> Column:
    less: Column = found["sku"]["discount_7"] - found["sku"]["discount_364"]
    return less


COMBINATIONS: Mapping[str, Combination] = {"price_now": price_now, "discount_now": discount_now}
