"""A shop of teas, small enough to be reckoned by hand, with everything in it that buyers' models read.

Nine weeks before CUTOFF. Ann has two cards and buys `black` with both; Bob buys `gone` for six weeks, then `mint`; Cid
buys what Bob buys and was never asked whether one may learn from it. Nobody has bought `fresh` yet.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pandas as pd

from features.clock import Cutoff
from features.past import Past
from features.settings import Settings
from serving.buyers.request import AssortmentRequest
from tests.helpers.loads import load
from training.assortments.choice.delistings import DelistingRule, delistings
from training.assortments.festival.daily import daily_sales
from training.assortments.festival.events import past_events
from training.assortments.stages.scope import scope
from training.assortments.stages.shoppers import choices
from training.assortments.stages.terms import order_parts, terms
from training.assortments.tables.loyal import loyal_buyers
from training.assortments.tables.newcomers import fresh_skus

Rows = list[str]
CUTOFF = Cutoff.parse("2025-03-10T00:00:00")
START = datetime(2025, 1, 6)
LATER = ("2025-03-10T00:00:00", "2025-03-10T00:00:00.000001", "2025-03-13T00:00:00")
"""The cutoff, the instant after it, and three days on."""
RULE = DelistingRule(START, ("Drinks",), window_weeks=2, silent_weeks=2, least_lines=2, least_buyers=1, launch_weeks=1)
ASKED = AssortmentRequest(category="Tea", horizon_weeks=2)
HEADERS = {
    "till_receipts": "receipt_id,line,store_id,sku,sold_at,units,paid,list_price,loyalty_id,party",
    "returns": "receipt_id,line,sku,returned_at,units",
    "skus": "sku,name,brand,category_path,width_cm",
    "stores": "store_id,name,store_group",
    "stock": "store_id,sku,as_of,units",
    "listings": "store_id,sku,from,to,facings",
    "prices": "sku,store_id,channel,from,to,price",
    "promotions": "sku,store_id,channel,from,to,price,display,depth",
    "calendar": "event_id,name,from,to",
    "suppliers": "supplier,name",
    "supplier_terms": "supplier,sku,tier_units,unit_cost",
    "loyalty_cards": "loyalty_id,email,created_at",
    "consents": "holder,id,purpose,granted_at,withdrawn_at",
}
HOLDERS = {"L1": "ann", "L2": "ann", "L3": "bob", "L4": "cid"}
SKUS = (("black", "A"), ("green", "B"), ("mint", "C"), ("gone", "D"), ("fresh", "E"))


def receipt(nth: str, store: str, sku: str, at: object, card: str, units: int = 1) -> str:
    return f"{nth},1,{store},{sku},{at},{units},{2.5 * units},3,{card},own"


def tables() -> dict[str, Rows]:
    """Rows of every table that the shop brings, as CSV without the header."""
    days = [START + timedelta(days=7 * week + 1, hours=12) for week in range(9)]
    bought = [receipt(f"n{week}", "north", "green", at, "", 2) for week, at in enumerate(days)]
    bought += [receipt(f"s{week}", "south", "black", at, "") for week, at in enumerate(days)]
    bought += [receipt("a1", "north", "black", days[1], "L1"), receipt("a2", "south", "black", days[4], "L2")]
    for card in ("L3", "L4"):
        for week, at in enumerate(days):
            bought.append(receipt(f"{card}-{week}", "north", "gone" if week < 6 else "mint", at, card))
    bought += [receipt("b", "south", "bread", days[5], "L3", 4), receipt("e", "north", "green", "2025-02-04", "", 3)]
    return {
        "till_receipts": bought,
        "returns": ["n2,1,green,2025-02-01,1", "s2,1,black,2025-02-02,1"],
        "skus": [f"{sku},{sku},{brand},Drinks > Tea > Black,10" for sku, brand in SKUS]
        + ["bread,Bread,F,Bakery > Bread > Sliced,20"],
        "stores": ["north,North,n", "south,South,s"],
        "stock": ["north,green,2025-02-10,5", "north,green,2025-02-26,0", "north,green,2025-03-05,4"],
        "listings": ["north,black,2025-01-01,2025-03-10,2", "north,green,2025-01-01,,3", "north,mint,2025-01-01,,1"],
        "prices": ["green,,,2025-01-01,2025-03-10,2.8", "mint,,,2025-02-15,2025-03-10,2.9"],
        "promotions": ["green,,,2025-02-03,2025-02-06,,end,0.2", "black,north,,2025-01-13,2025-01-20,2.2,,"],
        "calendar": ["sale,Big days,2025-02-03,2025-02-06"],
        "suppliers": ["V1,Maker 1", "V2,Maker 2"],
        "supplier_terms": [*(f"V1,{sku},0,1.5" for sku in ("black", "green", "bread")), "V2,mint,0,1.2"],
        "loyalty_cards": [f"{card},{who}@example.com,2024-12-01" for card, who in HOLDERS.items()],
        "consents": [f"loyalty_card,L{nth},training,2024-12-01," for nth in (1, 2, 3)],
    }  # fmt: skip


def later() -> dict[str, Rows]:
    """Rows of the cutoff and after it."""
    return {
        "till_receipts": [
            receipt(f"later-{sku}-{nth}", store, sku, at, card)
            for nth, at in enumerate(LATER)
            for store, sku, card in (("north", "fresh", "L1"), ("east", "gone", "L3"), ("south", "mint", "L2"))
        ]
        + [f"m{nth},1,south,black,{at},1,2.5,3,,mall" for nth, at in enumerate(LATER)],
        "returns": [f"n{nth + 3},1,green,{at},1" for nth, at in enumerate(LATER)]
        + [f"a{nth + 1},1,black,{at},1" for nth, at in enumerate(LATER[:2])],
        "stock": [f"north,{sku},{at},0" for sku in ("green", "black") for at in LATER],
        "listings": [f"north,black,{LATER[0]},,9", f"south,green,{LATER[2]},,4"],
        "prices": [f"{sku},,,{LATER[0]},,9.9" for sku in ("green", "mint")],
        "promotions": [f"{sku},,,{LATER[0]},2025-03-20,1,end,0.5" for sku in ("gone", "green")],
        "calendar": [f"next,Next days,{LATER[0]},{LATER[2]}"],
        "loyalty_cards": [f"L5,bob@example.com,{LATER[0]}"],
        "consents": [f"loyalty_card,L4,training,{LATER[0]},"],
    }


def loaded(settings: Settings, rows: dict[str, Rows]) -> None:
    mapping = 'region = "US"\ntime_zone = "UTC"\n' + "".join(f'[{name}]\nfiles = "{name}.csv"\n' for name in HEADERS)
    files = {f"{name}.csv": "\n".join((header, *rows[name])) + "\n" for name, header in HEADERS.items()}
    load(settings, mapping, files)


def with_more(more: dict[str, Rows]) -> dict[str, Rows]:
    return {name: [*rows, *more.get(name, [])] for name, rows in tables().items()}


def made(past: Past) -> dict[str, pd.DataFrame]:
    """Everything that the buyers' half makes of a past, a table each."""
    seen, found = scope(past, ASKED), delistings(past, RULE)
    chosen = choices(seen)
    known = seen.panel[seen.panel["week"] < past.cutoff.at]
    counts: dict[str, Mapping[str, float]] = {
        "loyal buyers": loyal_buyers(past, seen),
        "order parts": order_parts(past, seen),
    }
    supply = terms(past, seen).supply
    arrays = {
        "listed": seen.listed,
        "facings": seen.facings,
        "choices": chosen.counts,
        "shelves": chosen.available,
        "traits": chosen.traits.reshape(len(chosen.counts), -1),
        "attributes": chosen.attributes,
        "covariates": chosen.covariates,
        "costs": supply.unit_cost.reshape(len(supply.accounts), -1),
    }
    return {
        "panel": known.astype({"store_id": object, "sku": object, "event": object}).reset_index(drop=True),
        "catalogue": seen.catalogue,
        "shops": seen.shops,
        "registry": found.registry,
        "buyers": found.buyers,
        "lines": found.lines,
        "fresh": fresh_skus(past, seen),
        "daily": pd.concat([daily_sales(past, event) for event in past_events(past)]),
        **{name: pd.DataFrame(sorted(each.items()), columns=["name", "value"]) for name, each in counts.items()},
        **{name: pd.DataFrame(each) for name, each in arrays.items()},
    }
