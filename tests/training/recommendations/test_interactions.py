"""Interactions: facts as matrices, over the SKUs that can still be bought."""

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from tests.helpers.worked_tables import facts_of
from training.recommendations.interactions import (
    Interactions,
    chain_popularity,
    dense,
    interactions,
    log_idf,
    row_normalised,
)

PURCHASES = """
    customer | sku  | basket | days_ago
    ann      | tea  | a1     | 60
    ann      | tea  | a2     | 60
    ann      | milk | a2     | 60
    bob      | milk | b1     | 120
    bob      | gin  | b1     | 120
             | tea  | x1     | 6
             | ale  | x2     | 91
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Interactions:
    return interactions(facts_of(tmp_path_factory.mktemp("facts"), PURCHASES))


def test_columns_are_the_skus_that_were_sold_in_a_quarter(known: Interactions) -> None:
    assert [known.facts.skus.text(code) for code in known.skus] == ["ale", "milk", "tea"]
    assert known.skus.dtype == np.int32


def test_rows_are_customers_and_values_what_they_bought(known: Interactions) -> None:
    # ale, milk, tea; nobody whom we know bought ale
    assert dense(known.baskets).tolist() == [[0, 1, 2], [0, 1, 0]]
    np.testing.assert_allclose(dense(known.decayed), [[0, 0.5, 1], [0, 0.25, 0]], rtol=1e-6)


def test_other_days_other_skus(known: Interactions) -> None:
    assert [known.facts.skus.text(code) for code in interactions(known.facts, 120).skus] == [
        "ale",
        "gin",
        "milk",
        "tea",
    ]
    assert interactions(known.facts, 5).baskets.shape == (2, 0)


def test_popularity_weighs_the_latest_baskets_most(known: Interactions) -> None:
    # ale: 1 in a quarter; gin: none; milk: 1 in a quarter; tea: 1 in a week, and thus in four, and 3 in a quarter
    np.testing.assert_allclose(chain_popularity(known.facts), [0.05, 0, 0.05, 1 + 0.5 + 0.15], rtol=1e-6)


def test_rows_of_unit_length() -> None:
    found = row_normalised(sparse.csr_matrix(np.array([[3, 4], [0, 0], [0, 2]], dtype=np.float32)))
    np.testing.assert_allclose(found.toarray(), [[0.6, 0.8], [0, 0], [0, 1]])


def test_what_few_buy_says_more() -> None:
    matrix = sparse.csr_matrix(np.array([[1, 3, 0], [0, 1, 0], [0, 1, 0], [0, 1, 1]], dtype=np.float32))
    found = log_idf(matrix)
    expected = np.zeros((4, 3))
    expected[0, 0] = expected[3, 2] = np.log(2) * np.log(4)
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-6)
    assert matrix[0, 1] == 3


def test_without_customers_there_are_skus_all_the_same(tmp_path: Path) -> None:
    known = interactions(facts_of(tmp_path, "customer | sku | days_ago\n | tea | 5"))
    assert (known.baskets.shape, known.skus.tolist()) == ((0, 1), [0])
    assert chain_popularity(known.facts).tolist() == pytest.approx([1 + 0.5 + 0.05])
    assert log_idf(known.baskets).shape == row_normalised(known.baskets).shape == (0, 1)
