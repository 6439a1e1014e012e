"""Every contract table beside purchases: good rows are stored as they are, each bad row has its reason.

Returns, accounts, loyalty cards and payment instruments are also the subject of tests of their own.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from features.contracts.inputs import INPUTS, PURCHASE_INPUTS
from features.errors import DataError
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from tests.helpers.loads import LOADED_AT, RECEIPTS, load, of_table, rows

BOUGHT = "receipt_id,line,sku,sold_at,units,paid\nr1,1,milk,2025-05-01,2,3.00\n"
FIRST, SECOND, THIRD = (datetime(2025, 5, day) for day in (1, 2, 3))


@dataclass(frozen=True, slots=True)
class Case:
    """A table as a file, the values of its good rows in some columns, and the reasons of its bad ones.

    lacking  a required column; without it the table is refused
    """

    table: str
    text: str
    stored: dict[str, list[object]]
    lacking: str
    bad: dict[str, int] = field(default_factory=dict)


CASES = (
    Case(
        "returns",
        """\
        receipt_id,order_id,line,sku,returned_at,units,refunded
        r1,,1,milk,2025-05-02,1,1.50
        ,o9,,milk,2025-05-02,2,
        r1,,1,milk,2025-05-03,0,
        r1,,1,milk,2025-05-03,-1,
        r1,o9,1,milk,2025-05-03,1,
        ,,1,milk,2025-05-03,1,
        r1,,1,milk,2031-05-03,1,
        r1,,1,milk,2025-05-03,1,-2
        r1,,one,milk,2025-05-03,1,
        """,
        {"line_key": ["1", "milk#1"], "units": [1.0, 2.0], "refunded": [Decimal("1.5000"), None]},
        "returned_at",
        {
            "units is not above 0": 2,
            "not one of order_id and receipt_id": 2,
            "returned_at is in the future": 1,
            "refunded is negative": 1,
            "line is not a whole number": 1,
        },
    ),
    Case(
        "events",
        """\
        event_id,type,at,visitor_id,channel,sku,position
        e1,view,2025-05-01,v1,web,milk,1
        e2,search,2025-05-02,v1,,,
        e3,view,2031-05-01,v1,web,milk,
        e4,view,2025-05-01,,web,milk,
        e5,,2025-05-01,v1,web,milk,
        e6,view,2025-05-01,v1,phone,milk,
        e7,view,2025-05-01,v1,web,milk,0
        """,
        {"event_id": ["e1", "e2"], "at": [FIRST, SECOND], "sku": ["milk", None], "position": [1, None]},
        "visitor_id",
        {
            "at is in the future": 1,
            "visitor_id is empty": 1,
            "type is empty": 1,
            "channel is neither web nor store": 1,
            "position is less than 1": 1,
        },
    ),
    Case(
        "skus",
        """\
        sku,name,width_cm,depth_cm,launched_on,discontinued_on,unit_cost,attributes
        milk,Milk,9.5,,2024-01-01,2025-01-01,0.80,"{""fat"": 3.5}"
        tea,,,,,,,
        ale,Ale,0,,,,,
        gin,Gin,,,2025-01-02,2025-01-01,,
        rum,Rum,,,,,-1,
        """,
        {"sku": ["milk", "tea"], "width_cm": [9.5, None], "unit_cost": [Decimal("0.8000"), None]},
        "sku",
        {"width_cm is not above 0": 1, "discontinued_on is before launched_on": 1, "unit_cost is negative": 1},
    ),
    Case(
        "stores",
        """\
        store_id,name,lat,lon,opened_on,store_group,shelf_metres
        s1,First,31.2,121.5,2020-02-29,city,"{""Dairy"": 4}"
        s2,Second,91,0,,,
        s3,Third,0,181,,,
        s4,Fourth,,,2021-02-29,,
        """,
        {"store_id": ["s1"], "store_group": ["city"], "shelf_metres": ['{"Dairy": 4}']},
        "store_id",
        {"lat is not between -90 and 90": 1, "lon is not between -180 and 180": 1, "opened_on is not a date": 1},
    ),
    Case(
        "stock",
        """\
        store_id,sku,as_of,units
        s1,milk,2025-05-01,4
        s1,milk,2025-05-02,0
        s1,milk,2025-05-02,0
        s1,tea,2025-05-02,-1
        s1,tea,2025-05-02,many
        ,tea,2025-05-02,1
        s1,tea,2031-01-01,1
        s1,ale,2025-05-01,1
        s1,ale,2025-05-01,2
        """,
        {"sku": ["milk", "milk", "ale"], "as_of": [FIRST, SECOND, FIRST], "units": [4.0, 0.0, 2.0]},
        "as_of",
        {
            "units is negative": 1,
            "units is not a number of units": 1,
            "store_id is empty": 1,
            "as_of is in the future": 1,
            "same key as a later row of the load, which was kept, but other content": 1,
        },
    ),
    Case(
        "prices",
        """\
        sku,store_id,channel,from,to,price
        milk,,,2025-05-01,2025-05-02,1.50
        milk,,,2025-05-02,,1.60
        milk,,,2025-05-03,,1.70
        milk,s1,,2025-05-01,2025-05-09,1.40
        tea,,,2025-05-02,2025-05-01,1
        tea,,,2025-05-02,2025-05-03,-1
        tea,,,2025-05-02,2025-05-03,
        tea,,,2025-05-02,2025-05-03,free
        ale,,web,2025-05-01,2025-05-03,2
        ale,,web,2025-05-02,2025-05-04,3
        """,
        {
            "sku": ["milk", "milk", "milk", "milk", "ale"],
            "to": [SECOND, None, None, datetime(2025, 5, 9), THIRD],
            "price": [Decimal(one) for one in ("1.5000", "1.6000", "1.7000", "1.4000", "2.0000")],
        },
        "price",
        {
            "to is not after from": 1,
            "price is negative": 1,
            "price is empty": 1,
            "price is not an amount of money": 1,
            "overlaps another row of the same sku, store_id, channel": 1,
        },
    ),
    Case(
        "listings",
        """\
        store_id,sku,from,to,facings,must_carry
        s1,milk,2025-05-01,,2,yes
        s1,tea,2025-05-01,2025-05-02,,
        s1,tea,2025-05-02,2025-05-03,0,false
        s1,ale,2025-05-01,,-1,no
        s1,ale,2025-05-01,,1,perhaps
        s1,gin,2025-05-02,2025-05-01,1,no
        s1,rum,2025-05-01,2025-05-09,1,no
        s1,rum,2025-05-02,2025-05-03,1,no
        """,
        {"sku": ["milk", "tea", "rum"], "facings": [2, 0, 1], "must_carry": [True, False, False]},
        "from",
        {
            "must_carry is empty": 1,
            "facings is negative": 1,
            "must_carry is not a yes or no": 1,
            "to is not after from": 1,
            "overlaps another row of the same store_id, sku": 1,
        },
    ),
    Case(
        "calendar",
        """\
        event_id,name,from,to,channel,store_group
        11.11,Singles' Day,2025-11-01,2025-11-12,web,
        11.11,Singles' Day,2025-11-11,2025-11-12,store,city
        12.12,Twelve,2025-12-12,2025-12-12,,
        ,Nameless,2025-12-12,2025-12-13,,
        1.1,New Year,soon,2025-12-13,,
        """,
        {"event_id": ["11.11", "11.11"], "channel": ["web", "store"], "store_group": [None, "city"]},
        "to",
        {"to is not after from": 1, "event_id is empty": 1, "from is not an instant": 1},
    ),
    Case(
        "suppliers",
        """\
        supplier,name,buying_group,min_order_units,fixed_cost,lead_days,capacity
        dairy,Dairy Ltd,north,100,25,2.5,
        dairy,Dairy Ltd,south,50,30,3,10000
        tea,Tea Ltd,,-1,,,
        gin,Gin Ltd,,,-1,,
        rum,Rum Ltd,,,,-1,
        ,Nobody,,,,,
        """,
        {"buying_group": ["north", "south"], "fixed_cost": [Decimal("25.0000"), Decimal("30.0000")]},
        "supplier",
        {
            "min_order_units is negative": 1,
            "fixed_cost is negative": 1,
            "lead_days is negative": 1,
            "supplier is empty": 1,
        },
    ),
    Case(
        "supplier_terms",
        """\
        supplier,sku,unit_cost,buying_group,tier_units,pack_units,min_order_units
        dairy,milk,0.80,north,0,12,24
        dairy,milk,0.70,north,500,12,24
        dairy,tea,,north,0,,
        dairy,ale,-1,north,0,,
        dairy,gin,1,north,-5,,
        dairy,rum,1,north,0,0,
        dairy,milk,0.75,north,500,12,24
        """,
        {"tier_units": [0.0, 500.0], "unit_cost": [Decimal("0.8000"), Decimal("0.7500")]},
        "unit_cost",
        {
            "unit_cost is empty": 1,
            "unit_cost is negative": 1,
            "tier_units is negative": 1,
            "pack_units is not above 0": 1,
            "same key as a later row of the load, which was kept, but other content": 1,
        },
    ),
    Case(
        "consents",
        """\
        id,holder,purpose,granted_at,withdrawn_at
        a1,account,pooling,2025-05-01,
        c1,loyalty_card,training,2025-05-01,2025-05-02
        a2,account,training,2025-05-02,2025-05-01
        a3,person,training,2025-05-01,
        a4,account,,2025-05-01,
        a5,account,training,2031-05-01,
        """,
        {"id": ["a1", "c1"], "holder": ["account", "loyalty_card"], "withdrawn_at": [None, SECOND]},
        "purpose",
        {
            "withdrawn_at is before granted_at": 1,
            "holder is neither account nor loyalty_card": 1,
            "purpose is empty": 1,
            "granted_at is in the future": 1,
        },
    ),
)
NAMED = pytest.mark.parametrize("case", CASES, ids=lambda case: case.table)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(work=tmp_path, memory_limit="256MB")


def mapping(table: str) -> str:
    return f'{RECEIPTS}[{table}]\nfiles = "{table}.csv"\n'


def files(table: str, text: str) -> dict[str, str | bytes]:
    return {"receipts.csv": BOUGHT, f"{table}.csv": text}


def without(text: str, column: str) -> str:
    """The same file without one of its columns (none of whose cells holds a comma)."""
    lines = [line.strip().split(",") for line in text.strip().splitlines()[:2]]
    nth = lines[0].index(column)
    return "\n".join(",".join(line[:nth] + line[nth + 1 :]) for line in lines) + "\n"


def test_every_table_has_a_case() -> None:
    elsewhere = {*(table.name for table in PURCHASE_INPUTS), "promotions"}
    of_persons = {"accounts", "loyalty_cards", "payment_instruments"}
    assert {case.table for case in CASES} == {table.name for table in INPUTS} - elsewhere - of_persons


@NAMED
def test_good_rows_are_stored_and_bad_rows_have_their_reason(settings: Settings, case: Case) -> None:
    report = of_table(load(settings, mapping(case.table), files(case.table, case.text)), case.table)
    stored = rows(Warehouse.open(settings).input(case.table), tuple(case.stored))
    assert Counter(stored) == Counter(zip(*case.stored.values(), strict=True))
    assert report.quarantined == case.bad
    assert report.read == report.added + report.duplicates + sum(case.bad.values())
    held = rows(settings.quarantine / f"{case.table}.parquet", ("reason",))
    assert Counter(row[0] for row in held) == Counter(case.bad)


@NAMED
def test_a_table_without_a_required_column_is_refused(settings: Settings, case: Case) -> None:
    with pytest.raises(DataError, match=rf"{case.table}: no column for {case.lacking}.*Next: name the column"):
        load(settings, mapping(case.table), files(case.table, without(case.text, case.lacking)))
    assert Warehouse.find(settings) is None


@NAMED
def test_the_same_rows_again_change_nothing(settings: Settings, case: Case) -> None:
    first = load(settings, mapping(case.table), files(case.table, case.text))
    again = load(settings, mapping(case.table), files(case.table, case.text), loaded_at=LOADED_AT + timedelta(hours=1))
    counts = of_table(again, case.table)
    assert (again.changed, again.digest, counts.added, counts.corrected) == (False, first.digest, 0, 0)


def test_corrected_and_late_rows_come_in_by_their_key(settings: Settings) -> None:
    header = "store_id,sku,as_of,units\n"
    load(settings, mapping("stock"), files("stock", header + "s1,milk,2025-05-02,4\n"))
    report = load(settings, mapping("stock"), files("stock", header + "s1,milk,2025-05-02,3\ns1,milk,2025-05-01,9\n"))
    counts = of_table(report, "stock")
    assert (counts.corrected, counts.added, counts.rows) == (1, 1, 2)
    assert sorted(rows(Warehouse.open(settings).table("stock"), ("as_of", "units"))) == [(FIRST, 9.0), (SECOND, 3.0)]


def test_two_parties_may_have_rows_of_one_key(settings: Settings) -> None:
    text = "party,store_id,sku,as_of,units\nweb,s1,milk,2025-05-01,1\nchain,s1,milk,2025-05-01,2\n"
    load(settings, mapping("stock"), files("stock", text))
    assert sorted(rows(Warehouse.open(settings).table("stock"), ("party", "units"))) == [("chain", 2.0), ("web", 1.0)]


PRICES = "sku,from,to,price\n"


def test_a_price_that_overlaps_one_loaded_before_is_bad(settings: Settings) -> None:
    load(settings, mapping("prices"), files("prices", PRICES + "milk,2025-05-01,2025-05-09,1\n"))
    late = PRICES + "milk,2025-05-08,2025-05-12,2\nmilk,2025-04-01,2025-05-02,3\nmilk,2025-04-01,2025-05-01,4\n"
    report = of_table(load(settings, mapping("prices"), files("prices", late)), "prices")
    assert report.quarantined == {
        "same key as a later row of the load, which was kept, but other content": 1,
        "overlaps another row of the same sku, store_id, channel": 1,
    }
    held = rows(Warehouse.open(settings).table("prices"), ("price",))
    assert sorted(row[0] for row in held) == [Decimal(1), Decimal(4)]


def test_a_load_that_corrects_the_older_price_too_brings_in_both(settings: Settings) -> None:
    load(settings, mapping("prices"), files("prices", PRICES + "milk,2025-05-01,2025-05-09,1\n"))
    both = PRICES + "milk,2025-05-01,2025-05-08,1\nmilk,2025-05-08,2025-05-12,2\n"
    report = of_table(load(settings, mapping("prices"), files("prices", both)), "prices")
    assert (report.corrected, report.added, report.quarantined) == (1, 1, {})


def test_what_came_back_lies_beside_purchases(settings: Settings) -> None:
    text = "receipt_id,line,sku,returned_at,units\nr1,1,milk,2025-05-02,1\nr7,1,milk,2025-05-02,1\n"
    report = load(settings, mapping("returns"), files("returns", text))
    assert (report.rows["purchases"], report.rows["returns"]) == (1, 1)
    returned = rows(Warehouse.open(settings).returns, ("basket_id", "line", "returned_at", "units", "paid"))
    assert returned == [("store:r1", 1, SECOND, 1.0, Decimal("1.5000"))]
    assert rows(Warehouse.open(settings).purchases, ("units",)) == [(2.0,)]


def test_a_return_finds_a_purchase_that_is_loaded_after_it(settings: Settings) -> None:
    text = "receipt_id,line,sku,returned_at,units\nr7,1,milk,2025-05-02,1\n"
    assert load(settings, mapping("returns"), files("returns", text)).rows["returns"] == 0
    assert load(settings, RECEIPTS, {"receipts.csv": BOUGHT.replace("r1", "r7")}).rows["returns"] == 1
