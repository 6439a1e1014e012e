"""How much of each part is planted; every dial goes down to none."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from features.errors import UserError

_NO_SHARES = {
    "customer_spread",
    "category_spread",
    "drift",
    "store_count",
    "cities",
    "provinces",
    "metres",
    "festival_lift",
    "suppliers",
    "browsing",
}


@dataclass(frozen=True, slots=True)
class Dials:
    """Shares and rates; 0 plants none of a part and leaves what is real."""

    web_share: float = 0.35
    """Share of store baskets that move online; 0: every basket keeps its channel."""
    customer_spread: float = 1.5
    """How much customers differ in going online: a standard deviation, in log odds."""
    category_spread: float = 1.0
    """The same of categories; a basket has the mean of its lines."""
    drift: float = 0.5
    """How many log odds everybody gains from the first day to the last."""
    fragmentation: float = 1.0
    """How much is missing, mistyped, old or shared in what accounts and cards say, and how many a person has.

    0: one account and one card each, complete, the account naming the card. 1: as in `people.Dials`.
    """
    guests: float = 0.08
    """Share of account holders' online orders placed without signing in."""
    cards_forgotten: float = 0.12
    """Share of card holders' receipts without the card."""
    cards_lent: float = 0.03
    """Share of receipts on which the card of somebody else in the household is shown."""
    unlinked: float = 0.05
    """Share of people who leave neither name nor card and pay cash."""
    tokens: float = 0.75
    """Share of baskets paid by a means that leaves a token; the rest is cash, or unknown online."""
    tokens_shared: float = 0.04
    """Share of such baskets paid by somebody else in the household."""
    store_count: int = 0
    """Stores in all; below the number of real ones: the real ones. Repeated customers fill the others."""
    cities: int = 200
    """0: stores have neither city nor coordinates."""
    provinces: int = 25
    metres: float = 1.0
    """Shelf space and listings: 1 is what the sales of a store suggest; 0: none."""
    stock_outs: float = 0.015
    """Share of store, SKU and week that is out of stock; 0: no stock table either."""
    festival_lift: float = 0.6
    """Baskets of the festival beyond its usual ones, as a share of these."""
    pulled_forward: float = 0.2
    """Share of the baskets of the two weeks after the festival that are bought in it instead."""
    suppliers: int = 60
    browsing: float = 1.5
    """Views for each line of an online order."""
    consents: float = 0.9
    """Share of accounts and cards that permit each purpose."""
    withdrawn: float = 0.06
    """Share of consents that were taken back."""
    repeats_changed: float = 0.15
    """With scale above 1: share of lines of repeated customers that become another SKU of the category, at its price;
    and as large a share that are bought in another quantity."""

    def turned(self, dials: Mapping[str, float]) -> "Dials":
        """These dials with some turned. Raises UserError for a value that a dial cannot have."""
        for name, value in dials.items():
            if value < 0 or (value > 1 and name not in _NO_SHARES):
                least = "0 or more" if name in _NO_SHARES else "from 0 to 1"
                raise UserError(f"The dial {name} is {value}; it has to be {least}.")
        chosen: dict[str, Any] = dict(dials)
        return replace(self, **chosen)

    @classmethod
    def none(cls) -> "Dials":
        """Nothing is planted: the real baskets, in the contract's tables."""
        return replace(cls(), **{field.name: 0 for field in fields(cls)})
