import json

from hypothesis import given
from hypothesis import strategies as st

from serving.recommender.answers import Query
from serving.recommender.placements.placements import BY_NAME
from serving.storefront.payloads import RecommendationRequest, query, read_request
from serving.web.problems import ProblemError, document

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(sorted(RecommendationRequest.model_fields))
IDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=200)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_sent_is_a_request_or_a_problem(body):
    assert is_accepted_or_answerable(body)


@given(st.dictionaries(FIELDS, JSON), st.sampled_from(sorted(BY_NAME)))
def test_whatever_the_known_fields_hold_it_is_a_request_or_a_problem(members, placement):
    assert is_accepted_or_answerable(json.dumps({"placement": placement, **members}).encode())


def is_accepted_or_answerable(body):
    try:
        return isinstance(query(read_request(body), 20_000.0), Query)
    except ProblemError as problem:
        return problem.kind.status in {400, 422} and bool(json.dumps(document(problem, "r")))


@given(IDS, st.lists(IDS, max_size=20), st.lists(IDS, max_size=20), st.integers(1, 100))
def test_ids_pass_unchanged_whatever_their_script(customer, excluded, cart, size):
    body = {
        "placement": "home",
        "customer_id": customer,
        "exclude_item_ids": excluded,
        "context": {"cart_item_ids": cart},
        "page_size": size,
    }
    asked = query(read_request(json.dumps(body).encode()), 20_000.0)
    assert (asked.customer_id, asked.size) == (customer, size)
    assert asked.exclude_item_ids == {*excluded, *cart}
