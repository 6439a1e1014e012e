"""Whatever slices and stages are called, MLflow takes the names that are made of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.tracking.page import clean, in_section


@pytest.fixture(scope="module")
def accepts():
    from mlflow.utils.validation import _validate_metric_name, _validate_param_name

    def check(name):
        _validate_metric_name(name)
        _validate_param_name(name)

    return check


@given(st.text(max_size=300))
def test_any_name(accepts, name):
    accepts(clean(name))


@given(st.lists(st.text(max_size=120), min_size=1, max_size=4))
def test_any_parts_of_a_section(accepts, parts):
    name = in_section("slice", *parts)
    accepts(name)
    assert name.startswith("slice/")
    assert name.count("/") == 1
