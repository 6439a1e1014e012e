"""Tables in, lists of SKUs out; a counting recommender stands in for the real one."""

import numpy as np
import pandas as pd
import pytest

from serving.recommender.answers import Query
from serving.recommender.pyfunc import TableModel
from tests.helpers.recommenders import CountingRecommender


@pytest.fixture
def recommender():
    return CountingRecommender()


@pytest.fixture
def model(recommender):
    return TableModel(recommender)


def test_a_row_is_a_query_and_its_answer_the_skus_best_first(model, recommender):
    table = pd.DataFrame({"customer_id": ["c-1"], "store_id": ["s-1"], "placement": ["buy-again"]})
    assert model.predict(table) == [[f"sku-{n}" for n in range(1, 11)]]
    assert recommender.queries == [
        Query(placement="buy-again", customer_id="c-1", store_id="s-1", size=10, explain=False)
    ]


def test_customers_are_enough(model, recommender):
    assert len(model.predict(pd.DataFrame({"customer_id": ["c-1", "c-2"]}))) == 2
    assert [(query.placement, query.store_id) for query in recommender.queries] == [("home", None)] * 2


@pytest.mark.parametrize("nobody", [None, np.nan, pd.NA, pd.NaT, "", 1.5])
def test_a_row_without_a_customer_is_an_anonymous_visitor(model, recommender, nobody):
    model.predict(pd.DataFrame({"customer_id": pd.Series([nobody, "c-2"], dtype=object)}))
    assert [query.customer_id for query in recommender.queries] == [None, "c-2"]


def test_ids_that_were_read_as_numbers_are_text(model, recommender):
    model.predict(pd.DataFrame({"customer_id": [17]}))
    assert recommender.queries[0].customer_id == "17"


def test_parameters(model, recommender):
    (answer,) = model.predict(pd.DataFrame({"customer_id": ["c-1"]}), {"size": np.int64(3), "new_only": True})
    assert len(answer) == 3
    assert recommender.queries[0].new_only


def test_an_empty_table_has_no_answers(model):
    assert model.predict(pd.DataFrame({"customer_id": []})) == []
