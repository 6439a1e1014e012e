"""Affinity: how much of the customer's shopping goes to the SKU's shelf, category and brand."""

from collections.abc import Mapping

import numpy as np

from features.vector.looked_up import DUE_CAP, Column, Combination, LookedUp, ratio


def subcategory_share(found: LookedUp) -> Column:
    return _per(found["customer_subcategory"]["lines"], found["customer"]["lines"])


def subcategory_share_28(found: LookedUp) -> Column:
    """Lines a trip of the last four weeks."""
    return _per(found["customer_subcategory"]["lines_28"], found["customer"]["baskets_28"])


def sku_in_subcategory(found: LookedUp) -> Column:
    return _per(found["customer_sku"]["baskets"], found["customer_subcategory"]["lines"])


def subcategory_due(found: LookedUp) -> Column:
    """Days since the customer last bought anything of the shelf, in intervals of theirs."""
    shelf = found["customer_subcategory"]
    return ratio(shelf["days_since"], _per(shelf["days_known"], shelf["baskets"]), DUE_CAP)


def bought_instead(found: LookedUp) -> Column:
    """Whether the customer knows the SKU and has bought another of its shelf since."""
    pair = found["customer_sku"]
    instead: Column = (found["customer_subcategory"]["days_since"] < pair["days_since"]) & (pair["baskets"] > 0)
    return instead


def category_share(found: LookedUp) -> Column:
    return _per(found["customer_category"]["lines"], found["customer"]["lines"])


def brand_share(found: LookedUp) -> Column:
    return _per(found["customer_brand"]["lines"], found["customer"]["lines"])


def brand_in_category(found: LookedUp) -> Column:
    per: Column = np.minimum(_per(found["customer_brand"]["lines"], found["customer_category"]["lines"]), 10)
    return per


def _per(part: Column, whole: Column) -> Column:
    per: Column = part / np.maximum(whole, 1)
    return per


COMBINATIONS: Mapping[str, Combination] = {
    "subcategory_share": subcategory_share,
    "subcategory_share_28": subcategory_share_28,
    "sku_in_subcategory": sku_in_subcategory,
    "subcategory_due": subcategory_due,
    "bought_instead": bought_instead,
    "category_share": category_share,
    "brand_share": brand_share,
    "brand_in_category": brand_in_category,
}
