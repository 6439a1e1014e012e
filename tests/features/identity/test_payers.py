"""Who paid, worked out by hand: a token leads back to the customer who nearly always uses it."""

from datetime import datetime

import duckdb
import pytest

from features.identity.payers import MOST_CUSTOMERS, paid_baskets, payers

DAY = datetime(2024, 1, 1)


def paid(rows, customers=(), at=None):
    """(basket, token, subject) rows -> basket -> (customer, score) of the anonymous ones."""
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE baskets (party VARCHAR, basket_id VARCHAR, payment_token VARCHAR, subject VARCHAR, "
        "bought_at TIMESTAMP)"
    ).fetchall()
    connection.execute("CREATE TABLE customers (subject VARCHAR, customer_id VARCHAR)").fetchall()
    for row in rows:
        connection.execute("INSERT INTO baskets VALUES ('own', ?, ?, ?, ?)", [*row, DAY]).fetchall()
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
    others = [(str(n), "visa", f"card:own:{n}") for n in range(MOST_CUSTOMERS)]
    assert paid([*loyal, *others[1:], ("9", "visa", None)]) != {}
    assert paid([*loyal, *others, ("9", "visa", None)]) == {}


def test_what_is_learned_later_says_nothing():
    rows = [("1", "visa", "card:own:L"), ("2", "visa", None)]
    assert paid(rows, at=DAY) == {}


def test_a_basket_with_a_card_keeps_it():
    rows = [("1", "visa", "card:own:L"), ("2", "visa", "card:own:L"), ("2", "amex", None)]
    assert paid(rows) == {}
