"""What is backtested is what is served: the table of a bulk run is the service's answers, line for line."""

import numpy as np
import pandas as pd
import pytest

from serving.recommender.answers import Query
from tests.helpers.trained import TrainedShop
from training.recommendations.bulk import recommend_all

COLUMNS = ["customer_id", "sku", "rank", "score", "source"]


@pytest.mark.parametrize("new_only", ["everything", "new only"])
def test_the_table_is_what_the_service_answers(trained_shop: TrainedShop, new_only: str) -> None:
    recommender, only_new = trained_shop.recommender, new_only == "new only"
    asked = ["nobody", *(f"c-{nth:03d}" for nth in range(109, -1, -1))]
    table = recommend_all(recommender, asked, 20, new_only=only_new)
    assert list(table.columns) == COLUMNS
    assert table["customer_id"].drop_duplicates().tolist() == asked
    for customer, lines in table.groupby("customer_id"):
        items = recommender.recommend(Query(customer_id=str(customer), size=20, new_only=only_new)).items
        assert lines["sku"].tolist() == [item.sku for item in items]
        assert lines["rank"].tolist() == [item.position for item in items]
        assert lines["source"].tolist() == [item.source for item in items]
        np.testing.assert_allclose(lines["score"], [item.score for item in items], atol=1e-6)


def test_depth_is_as_asked_and_a_customer_is_answered_once(trained_shop: TrainedShop) -> None:
    table = recommend_all(trained_shop.recommender, ["c-001", "nobody", "c-001"], 7)
    assert table.groupby("customer_id")["rank"].apply(list).to_dict() == {
        "c-001": [1, 2, 3, 4, 5, 6, 7],
        "nobody": [1, 2, 3, 4, 5, 6, 7],
    }
    deep = recommend_all(trained_shop.recommender, ["c-001"], 1000)
    pd.testing.assert_frame_equal(deep.head(7), table.head(7))
    assert len(deep) == 60


def test_nobody_asked_is_an_empty_table(trained_shop: TrainedShop) -> None:
    table = recommend_all(trained_shop.recommender, [], 10)
    assert list(table.columns) == COLUMNS
    assert table.empty


def test_progress_rises_to_the_whole(trained_shop: TrainedShop) -> None:
    shares: list[float] = []
    recommend_all(trained_shop.recommender, [f"visitor-{nth}" for nth in range(250)], 1, progress=shares.append)
    assert shares == [0.0, 0.4, 0.8, 1.0]
