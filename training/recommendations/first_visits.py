"""First visits: where each customer shopped first in a label window, which is what a request of that moment knows.

A request comes from a channel and often from a store: both are known when it is answered, before anything is
bought. A label window stands for many requests; its first basket says where the first of them was made. What was
bought in it is not looked at.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.clock import Cutoff
from features.facts.facts import Codes, Facts
from features.facts.freeze import codes
from features.past import Past
from features.vector.shopper import CHANNELS, UNKNOWN_CHANNEL, Shopper

COLUMNS = ("customer_id", "bought_at", "basket_id", "channel", "store_id")


@dataclass(frozen=True, slots=True)
class FirstVisits:
    """Channel (a code of `CHANNELS`, -1 for whoever did not come) and store (theirs at home if so) by customer code.

    The store of an order that is sent home is the customer's home store.
    """

    channel: Codes
    store: Codes

    def shopper(self, customer: int) -> Shopper:
        return Shopper(customer, int(self.store[customer]), channel=int(self.channel[customer]))


def unknown(facts: Facts) -> FirstVisits:
    """Nobody says where they shop: at home, in their usual channel."""
    return FirstVisits(np.full(len(facts.customers), UNKNOWN_CHANNEL, dtype=np.int32), np.array(facts.home_store))


def visits_until(past: Past, facts: Facts, end: Cutoff) -> FirstVisits:
    """The first visits from the past's cutoff until `end`, of customers as they were known at the cutoff."""
    return first_visits(past.bought_until(end, COLUMNS), facts)


def first_visits(bought: pa.Table, facts: Facts) -> FirstVisits:
    """Find the channel and the store of each customer's earliest basket in a table with COLUMNS; its id breaks ties."""
    found = unknown(facts)
    if not bought.num_rows:
        return found
    ordered = bought.select(list(COLUMNS)).sort_by([("bought_at", "ascending"), ("basket_id", "ascending")])
    customer = codes(ordered["customer_id"], facts.customers)
    first = np.unique(customer, return_index=True)[1]
    first = first[customer[first] >= 0]
    who, visits = customer[first], ordered.take(pa.array(first))
    known = {channel: pc.equal(visits["channel"], channel).to_numpy(zero_copy_only=False) for channel in CHANNELS}
    for channel, code in CHANNELS.items():
        found.channel[who[known[channel]]] = code
    store = codes(visits["store_id"], facts.stores)
    found.store[who[store >= 0]] = store[store >= 0]
    return found
