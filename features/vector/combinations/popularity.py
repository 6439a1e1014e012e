"""Popularity: whether a SKU sells faster now than it did."""

from collections.abc import Mapping

from features.vector.looked_up import Column, Combination, LookedUp, ratio


def sku_trend_7(found: LookedUp) -> Column:
    """The pace of this week as a multiple of that of four weeks; 1 is as ever."""
    return ratio(found["sku"]["sku_baskets_7"] * 4, found["sku"]["sku_baskets_28"], 10)


def sku_trend_28(found: LookedUp) -> Column:
    return ratio(found["sku"]["sku_baskets_28"] * 3.25, found["sku"]["sku_baskets_91"], 10)


def sku_trend_91(found: LookedUp) -> Column:
    return ratio(found["sku"]["sku_baskets_91"] * 4, found["sku"]["sku_baskets_364"], 10)


COMBINATIONS: Mapping[str, Combination] = {
    "sku_trend_7": sku_trend_7,
    "sku_trend_28": sku_trend_28,
    "sku_trend_91": sku_trend_91,
}
