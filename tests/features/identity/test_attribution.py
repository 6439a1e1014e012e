"""Purchases under their customers: every line once, whoever bought it."""

import duckdb

from features.identity.attribution import attributed

LINES = [
    # customer_id, party, basket_id, channel, units
    ("A", "own", "1", "web", 1),
    ("A", "own", "1", "web", 2),
    ("L", "own", "2", "store", 4),
    ("A", "own", "3", "store", 8),  # a card that has the same id as the account is another subject
    (None, "own", "4", "store", 16),
    (None, "own", "5", "store", 32),
    ("L", "chain", "2", "store", 64),
]


def bought(paid=None):
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE purchases (customer_id VARCHAR, party VARCHAR, basket_id VARCHAR, channel VARCHAR, units INTEGER)"
    ).fetchall()
    for line in LINES:
        connection.execute("INSERT INTO purchases VALUES (?, ?, ?, ?, ?)", list(line)).fetchall()
    connection.execute("""
        CREATE TABLE customers AS FROM (VALUES ('account:own:A', 'account:own:A'), ('card:own:L', 'account:own:A'))
            AS t(subject, customer_id)
    """).fetchall()
    connection.execute("""
        CREATE TABLE paid AS FROM (VALUES ('own', '4', 'account:own:A', 1.0), ('own', '1', 'card:own:X', 1.0))
            AS t(party, basket_id, customer_id, score)
    """).fetchall()
    connection.execute(f"CREATE TABLE resolved AS {attributed('purchases', 'customers', paid)}").fetchall()
    assert connection.execute("DESCRIBE resolved").fetchall() == connection.execute("DESCRIBE purchases").fetchall()
    return dict(connection.execute("SELECT customer_id, sum(units) FROM resolved GROUP BY ALL").fetchall())


def test_both_channels_of_one_customer():
    assert bought() == {"account:own:A": 7, "card:own:A": 8, "card:chain:L": 64, None: 48}


def test_anonymous_baskets_go_to_their_payer_and_others_stay():
    assert bought("paid") == {"account:own:A": 23, "card:own:A": 8, "card:chain:L": 64, None: 32}


def test_nothing_is_lost():
    total = sum(units for *_, units in LINES)
    assert sum(bought().values()) == sum(bought("paid").values()) == total
