"""Who paid, worked out by hand: a token leads back to the customer who nearly always uses it."""

from datetime import datetime, timedelta

import duckdb
import pytest

from features.identity.payers import paid_baskets, payers, token_baskets

DAY = datetime(2024, 1, 1)


def paid(rows, customers=(), at=None):
    """(basket, token, subject) rows, of DAY or their own -> basket -> (customer, score) of the anonymous ones."""
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE baskets (party VARCHAR, basket_id VARCHAR, payment_token VARCHAR, subject VARCHAR, "
        "bought_at TIMESTAMP)"
    ).fetchall()
    connection.execute("CREATE TABLE customers (subject VARCHAR, customer_id VARCHAR)").fetchall()
    for row in rows:
        values = list(row) if len(row) > 3 else [*row, DAY]
        connection.execute("INSERT INTO baskets VALUES ('own', ?, ?, ?, ?)", values).fetchall()
    for row in customers:
        connection.execute("INSERT INTO customers VALUES (?, ?)", list(row)).fetchall()
    payers(connection, "baskets", "customers", "payers", at)
    paid_baskets(connection, "baskets", "payers", "paid")
    return {
        basket: (customer, score)
        for basket, customer, score in connection.execute("SELECT basket_id, customer_id, score FROM paid").fetchall()
    }


def test_a_receipt_without_a_card_goes_to_who_pays_with_its_token():
    assert paid([("1", "visa", "card:own:L"), ("2", "visa", None), ("3", "amex", None)]) == {"2": ("card:own:L", 1.0)}


def test_several_tenders_of_one_customer():
    rows = [("1", "visa", "card:own:L"), (None, "wallet", "account:own:A"), ("2", "visa", None), ("2", "wallet", None)]
    customers = [("card:own:L", "account:own:A"), ("account:own:A", "account:own:A")]
    assert paid(rows, customers) == {"2": ("account:own:A", 1.0)}
    assert paid(rows) == {}  # unresolved, the two tokens lead to two people


def test_a_token_that_is_lent_now_and_then():
    rows = [(str(n), "visa", "card:own:L") for n in range(4)] + [("4", "visa", "card:own:M"), ("5", "visa", None)]
    assert paid(rows) == {"5": ("card:own:L", pytest.approx(0.8))}
    assert paid(rows[1:]) == {}


def test_a_token_of_many():
    loyal = [(f"x{n}", "visa", "card:own:L") for n in range(80)]
    others = [(str(n), "visa", f"card:own:{n}") for n in range(4)]  # with the loyal one five customers; four may be
    assert paid([*loyal, *others[1:], ("9", "visa", None)]) != {}
    assert paid([*loyal, *others, ("9", "visa", None)]) == {}


def test_what_is_learned_later_says_nothing():
    rows = [("1", "visa", "card:own:L"), ("2", "visa", None)]
    assert paid(rows, at=DAY) == {}


@pytest.mark.parametrize(("days", "is_known"), [(-1, True), (0, False), (1, False)])
def test_who_pays_is_learned_before_the_cutoff(days, is_known):
    rows = [("1", "visa", "card:own:L", DAY + timedelta(days=days)), ("2", "visa", None)]
    assert paid(rows, at=DAY) == ({"2": ("card:own:L", 1.0)} if is_known else {})


def test_an_instrument_that_was_always_stored_is_known():
    rows = [(None, "visa", "card:own:L", None), ("2", "visa", None)]
    assert paid(rows, at=DAY) == {"2": ("card:own:L", 1.0)}


def test_a_basket_counts_once_for_a_token_however_often_it_is_named():
    rows = [*[("0", "visa", "card:own:M")] * 3, *[(str(n), "visa", "card:own:L") for n in range(1, 5)]]
    assert paid([*rows, ("9", "visa", None)]) == {"9": ("card:own:L", pytest.approx(0.8))}


def test_four_fifths_are_enough_and_a_little_less_is_not():
    rows = [(f"o{n}", "visa", "card:own:M") for n in range(201)] + [("9", "visa", None)]
    loyal = [(f"x{n}", "visa", "card:own:L") for n in range(804)]
    assert paid([*loyal, *rows]) == {"9": ("card:own:L", pytest.approx(0.8))}
    assert paid([*loyal[1:], *rows]) == {}


def test_a_basket_of_two_tokens_has_the_surer_score_and_no_payer_where_they_disagree():
    mine = [("1", "visa", "card:own:L"), *((f"w{n}", "wallet", "card:own:L") for n in range(4))]
    lent = [*mine, ("w9", "wallet", "card:own:M"), ("5", "visa", None), ("5", "wallet", None)]
    assert paid(lent) == {"5": ("card:own:L", 1.0)}
    other = [("1", "visa", "card:own:L"), ("2", "amex", "card:own:M"), ("5", "visa", None), ("5", "amex", None)]
    assert paid(other) == {}


def test_an_open_token_says_nothing():
    assert paid([("1", None, "card:own:L"), ("2", None, None)]) == {}


def test_baskets_of_tokens_come_from_orders_receipts_and_stored_instruments():
    connection = duckdb.connect()
    connection.execute("""
        CREATE TABLE orders AS FROM (VALUES
            ('own', '1', 'visa', 'a', TIMESTAMP '2024-01-01'), ('own', '1', 'visa', 'a', TIMESTAMP '2024-01-01'))
            AS t(party, order_id, payment_token, account_id, ordered_at);
        CREATE TABLE receipts AS SELECT 'rival' AS party, '2' AS receipt_id, NULL AS loyalty_id, NOW() AS sold_at;
        CREATE TABLE instruments AS FROM (VALUES
            ('own', 'amex', 'a', NULL, NULL), ('rival', 'amex', NULL, 'L', TIMESTAMP '2024-01-02'))
            AS t(party, payment_token, account_id, loyalty_id, created_at);
        CREATE TABLE paid AS SELECT 'rival' AS party, '2' AS receipt_id, 'wallet' AS payment_token,
            NULL::VARCHAR AS loyalty_id, TIMESTAMP '2024-01-03' AS sold_at;
    """)
    tables = {"web_orders": "orders", "till_receipts": "receipts", "payment_instruments": "instruments"}

    def rows(named):
        return connection.execute(
            f"SELECT * FROM ({token_baskets(connection, named)}) ORDER BY 5 NULLS FIRST"
        ).fetchall()

    day = [datetime(2024, 1, nth) for nth in (1, 2, 3)]
    order = ("own", "web:1", "visa", "account:own:a", day[0])
    stored = [("own", None, "amex", "account:own:a", None), ("rival", None, "amex", "card:rival:L", day[1])]
    assert rows({}) == []
    assert rows(tables) == [stored[0], order, stored[1]], "receipts that name no token say nothing"
    assert rows(tables | {"till_receipts": "paid"})[-1] == ("rival", "rival/store:2", "wallet", None, day[2])


def test_a_basket_with_a_card_keeps_it():
    rows = [("1", "visa", "card:own:L"), ("2", "visa", "card:own:L"), ("2", "amex", None)]
    assert paid(rows) == {}
