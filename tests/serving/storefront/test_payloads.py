import ast
import json
import re
from pathlib import Path

import pytest

from serving.recommender import reasons
from serving.recommender.answers import Answer, Item, Query, Reason
from serving.recommender.placements.placements import BY_NAME
from serving.storefront.examples import REQUEST_EXAMPLES
from serving.storefront.payloads import (
    LATER_FIELDS,
    ReasonBody,
    RecommendationAnswer,
    answer_body,
    debug_body,
    query,
    read_request,
)
from serving.web.problems import KINDS, ProblemError, document


def refused(body):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(ProblemError) as caught:
        read_request(text)
    return caught.value


def fields(problem):
    return {error.field: error.message for error in problem.errors}


def test_the_smallest_request_asks_for_ten_explained_items():
    assert query(read_request(b'{"placement":"home"}'), 20_000.5) == Query(
        placement="home", size=10, explain=True, at_days=20_000.5
    )


def test_every_field_reaches_the_recommender():
    body = {
        "placement": "pdp-similar",
        "visitor_id": "v-1",
        "customer_id": "u-7",
        "context": {
            "channel": "store",
            "store_id": "s-1",
            "item_ids": ["a", "b"],
            "cart_item_ids": ["c"],
            "location": {"lat": 31.23, "lon": 121},
        },
        "exclude_item_ids": ["d", "c"],
        "page_size": 3,
        "explain": False,
        "new_only": True,
    }
    assert query(read_request(json.dumps(body).encode()), 20_001.0) == Query(
        placement="pdp-similar",
        customer_id="u-7",
        store_id="s-1",
        channel="store",
        item_ids=("a", "b"),
        exclude_item_ids=frozenset({"c", "d"}),
        size=3,
        new_only=True,
        explain=False,
        at_days=20_001.0,
    )


@pytest.mark.parametrize("name", REQUEST_EXAMPLES)
def test_the_examples_of_the_documentation_are_accepted(name):
    assert read_request(json.dumps(REQUEST_EXAMPLES[name]["value"]).encode()).placement == name


def test_there_is_an_example_of_every_placement():
    assert set(REQUEST_EXAMPLES) == set(BY_NAME)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"placement=home", b'{"placement":"\xff"}', b'{"placement":"\\ud800"}', b"[" * 100_000, b"\x00"],
)
def test_what_is_not_json_is_malformed(body):
    problem = refused(body)
    assert problem.kind.status == 400
    assert "line 1" in problem.detail


@pytest.mark.parametrize(("body", "field", "message"), [
    ({}, "placement", "is required"),
    ({"placement": "checkout"}, "placement", "must be 'home', 'buy-again' or 'pdp-similar'"),
    ({"placement": "home", "page_size": 0}, "page_size", "must be greater than or equal to 1"),
    ({"placement": "home", "page_size": 101}, "page_size", "must be less than or equal to 100"),
    ({"placement": "home", "page_size": "10"}, "page_size", "must be an integer"),
    ({"placement": "home", "page_size": 2.5}, "page_size", "must be an integer"),
    ({"placement": "home", "page_size": True}, "page_size", "must be an integer"),
    ({"placement": "home", "customer_id": ""}, "customer_id", "must have at least 1 character"),
    ({"placement": "home", "customer_id": "x" * 201}, "customer_id", "must have at most 200 characters"),
    ({"placement": "home", "customer_id": 7}, "customer_id", "must be a string"),
    ({"placement": "home", "explain": 1}, "explain", "must be a boolean"),
    ({"placement": "home", "context": None}, "context", "must be an object"),
    ({"placement": "home", "context": {"channel": "tv"}}, "context.channel", "must be 'web' or 'store'"),
    ({"placement": "home", "context": {"item_ids": ["a", 2]}}, "context.item_ids[1]", "must be a string"),
    ({"placement": "home", "context": {"location": {"lat": 91, "lon": 0}}}, "context.location.lat",
     "must be less than or equal to 90"),
    ({"placement": "home", "context": {"location": {"lat": 1}}}, "context.location.lon", "is required"),
    ({"placement": "home", "exclude_item_ids": ["a"] * 1001}, "exclude_item_ids",
     "must have at most 1000 items, not 1001"),
    ({"placement": "home", "colour": "red"}, "colour", "is not a field of this request"),
    ({"placement": "pdp-similar"}, "context.item_ids", "needs at least one item"),
    ({"placement": "pdp-similar", "context": {"item_ids": []}}, "context.item_ids", "needs at least one item"),
    ([], "", "must be an object"),
])  # fmt: skip
def test_the_field_at_fault_is_named_in_plain_words(body, field, message):
    problem = refused(body)
    assert problem.kind.status == 422
    assert fields(problem) == {field: message}
    assert problem.detail.startswith(f"{field or 'the body'} {message}")


def test_not_a_number_is_not_a_place():
    problem = refused(b'{"placement":"home","context":{"location":{"lat":NaN,"lon":0}}}')
    assert fields(problem) == {"context.location.lat": "must be a finite number"}


@pytest.mark.parametrize("name", sorted(LATER_FIELDS))
def test_a_field_of_a_later_version_is_refused_by_name(name):
    assert fields(refused({"placement": "home", name: None})) == {name: "is not supported by this version"}


def test_all_fields_at_fault_are_named_at_once():
    problem = refused({"placement": "home", "page_size": 0, "diversity": 0.3, "context": {"channel": "tv"}})
    assert set(fields(problem)) == {"page_size", "diversity", "context.channel"}
    assert "(2 more)" in problem.detail


def test_a_hostile_body_gets_a_short_answer():
    problem = refused({"placement": "home", **{"x" * 1000 + str(n): 0 for n in range(5000)}})
    assert len(problem.errors) == 20
    assert "(4999 more)" in problem.detail
    assert len(json.dumps(document(problem, "r"))) < 8000


def test_every_kind_of_problem_has_a_status_a_name_and_a_meaning_of_its_own():
    assert len({kind.slug for kind in KINDS}) == len(KINDS)
    assert all(kind.status >= 400 and kind.title and kind.meaning for kind in KINDS)


def test_the_codes_of_reasons_that_are_documented_are_those_that_are_given():
    calls = (node for node in ast.walk(ast.parse(Path(reasons.__file__).read_text())) if isinstance(node, ast.Call))
    given = {call.args[0].value for call in calls if getattr(call.func, "id", "") == "Reason"}
    described = ReasonBody.model_fields["code"].description
    assert set(re.findall("`([A-Z_]+)`", described)) == given


def test_the_answer_is_what_its_schema_says():
    reason = Reason("DUE_AGAIN", "You buy this about every 9 days", {"purchases": 14})
    answer = Answer((Item("s", "Sponge", 1, 0.5, "repeat", (reason,)),), "b", "unknown_store", 300)
    body = answer_body(answer, "r-1", "12") | {"debug": debug_body(answer, 0.25, 3.5)}
    assert body == RecommendationAnswer.model_validate(body).model_dump()
    assert body["items"][0]["item_id"] == "s"
    assert (body["recommendation_id"], body["model_version"], body["fallback"]) == ("r-1", "12", "unknown_store")
    assert body["debug"] == {
        "pool_size": 300,
        "timing_ms": {"waiting": 0.25, "recommending": 3.5},
    }
