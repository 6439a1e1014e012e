"""Channel: how the customer and the candidates stand to the channel of the request, which is "here".

Shares of the customer's few purchases of something that were made here are shrunk by one purchase at the
customer's propensity to buy here.
"""

from collections.abc import Mapping

import numpy as np

from features.vector.looked_up import Column, Combination, LookedUp, View


def on_web(found: LookedUp) -> float:
    return float(found.here.is_web)


def propensity_here(found: LookedUp) -> Column:
    web = found["customer"]["web_propensity"]
    return web if found.here.is_web else 1 - web


def since_here_days(found: LookedUp) -> Column:
    return found["customer"]["days_since_web" if found.here.is_web else "days_since_store"]


def sku_here(found: LookedUp) -> Column:
    """Share of the customer's baskets with the SKU that were bought here."""
    share: Column = (_bought_here(found) + propensity_here(found)) / (found["customer_sku"]["baskets"] + 1)
    return share


def only_elsewhere(found: LookedUp) -> Column:
    elsewhere: Column = (found["customer_sku"]["baskets"] > 0) & (_bought_here(found) == 0)
    return elsewhere


def subcategory_here(found: LookedUp) -> Column:
    return _share_here(found, found["customer_subcategory"])


def category_here(found: LookedUp) -> Column:
    return _share_here(found, found["customer_category"])


def sku_skew_here(found: LookedUp) -> Column:
    skew = found["sku"]["sku_web_skew"]
    return skew if found.here.is_web else -skew


def sku_share_here_28(found: LookedUp) -> Column:
    """Share of everybody's baskets with the SKU that were bought here."""
    of_sku, web = found["sku"]["sku_baskets_28"], found["sku"]["sku_web_baskets_28"]
    share: Column = (web if found.here.is_web else of_sku - web) / np.maximum(of_sku, 1)
    return share


def _bought_here(found: LookedUp) -> Column:
    pair = found["customer_sku"]
    return pair["web_baskets"] if found.here.is_web else pair["baskets"] - pair["web_baskets"]


def _share_here(found: LookedUp, level: View) -> Column:
    lines, web = level["lines"], level["web_lines"]
    shrunk: Column = ((web if found.here.is_web else lines - web) + propensity_here(found)) / (lines + 1)
    return shrunk


COMBINATIONS: Mapping[str, Combination] = {
    "on_web": on_web,
    "propensity_here": propensity_here,
    "since_here_days": since_here_days,
    "sku_here": sku_here,
    "only_elsewhere": only_elsewhere,
    "subcategory_here": subcategory_here,
    "category_here": category_here,
    "sku_skew_here": sku_skew_here,
    "sku_share_here_28": sku_share_here_28,
}
