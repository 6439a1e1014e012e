"""The service against its own OpenAPI document: every answer and every problem fits what is promised."""

import pytest

from serving.storefront.examples import REQUEST_EXAMPLES
from tests.helpers.json_schema import violations

PATH = "/v1/recommendations"


@pytest.fixture(scope="module")
def document(shop):
    return shop.client.get("/openapi.json").json()


def promised(document, answer, path, method):
    """The schema that the document promises for the status and media type of the answer."""
    responses = document["paths"][path][method.lower()]["responses"]
    assert str(answer.status_code) in responses, f"{answer.status_code} is not documented for {method} {path}"
    response = responses[str(answer.status_code)]
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in response["content"]
    assert {name.lower() for name in response["headers"]} <= set(answer.headers)
    return response["content"][media_type]["schema"]


@pytest.mark.parametrize("name", REQUEST_EXAMPLES)
@pytest.mark.parametrize("extra", [{}, {"explain": False}, {"debug": True}, {"page_size": 100}], ids=str)
def test_answers_fit(shop, document, name, extra):
    answer = shop.client.post(PATH, json=REQUEST_EXAMPLES[name]["value"] | extra)
    assert answer.status_code == 200
    assert violations(document, promised(document, answer, PATH, "POST"), answer.json(), closed=True) == []
    positions = [item["position"] for item in answer.json()["items"]]
    assert positions == list(range(1, len(positions) + 1))


@pytest.mark.parametrize(("method", "path", "sent"), [
    pytest.param("POST", PATH, {"content": b"{", "headers": {"Content-Type": "application/json"}}, id="malformed"),
    pytest.param("POST", PATH, {"content": b"{}"}, id="media type"),
    pytest.param("POST", PATH, {"json": {"placement": "home", "filter": {}}}, id="field"),
    pytest.param("POST", PATH, {"content": b" " * 300_000}, id="too large"),
    pytest.param("GET", PATH, {}, id="method"),
    pytest.param("POST", "/healthz", {}, id="method of healthz"),
    pytest.param("POST", "/readyz", {}, id="method of readyz"),
    pytest.param("POST", "/metrics", {}, id="method of metrics"),
])  # fmt: skip
def test_problems_fit(shop, document, method, path, sent):
    answer = shop.client.request(method, path, **sent)
    assert answer.status_code >= 400
    documented = next(iter(document["paths"][path]))
    assert violations(document, promised(document, answer, path, documented), answer.json(), closed=True) == []


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_fits(shop, document, path):
    answer = shop.client.get(path)
    assert answer.status_code == 200
    assert violations(document, promised(document, answer, path, "GET"), answer.json()) == []


def test_metrics_are_plain_text(shop, document):
    answer = shop.client.get("/metrics")
    assert promised(document, answer, "/metrics", "GET") == {"type": "string"}
    assert "# TYPE omnishelf_requests_total counter" in answer.text


def test_every_example_fits_its_schema(document):
    seen = 0
    for path, methods in document["paths"].items():
        for operation in methods.values():
            bodies = [operation["requestBody"]] if "requestBody" in operation else []
            for holder in (*bodies, *operation["responses"].values()):
                for content in holder["content"].values():
                    named = [each["value"] for each in content.get("examples", {}).values()]
                    for example in named + ([content["example"]] if "example" in content else []):
                        assert violations(document, content["schema"], example, closed=True) == [], path
                        seen += 1
    assert seen > 15


def test_what_the_document_calls_a_request_the_service_takes(shop, document):
    """The schema of the request and the check of the service agree, at and beyond each limit."""
    schema = document["components"]["schemas"]["RecommendationRequest"]
    for body in (
        {},
        {"placement": "home"},
        {"placement": "nowhere"},
        {"placement": "home", "page_size": 1},
        {"placement": "home", "page_size": 0},
        {"placement": "home", "page_size": 100},
        {"placement": "home", "page_size": 101},
        {"placement": "home", "customer_id": None},
        {"placement": "home", "customer_id": "x" * 200},
        {"placement": "home", "customer_id": "x" * 201},
        {"placement": "home", "exclude_item_ids": ["a"] * 1000},
        {"placement": "home", "exclude_item_ids": ["a"] * 1001},
        {"placement": "home", "context": {"channel": "web"}},
        {"placement": "home", "context": {"channel": "mail"}},
        {"placement": "home", "context": {"location": {"lat": 90, "lon": -180}}},
        {"placement": "home", "context": {"location": {"lat": 90.1, "lon": -180}}},
        {"placement": "home", "context": {"colour": 1}},
        {"placement": "home", "cursor": "x"},
    ):
        fits = violations(document, schema, body) == []
        assert shop.client.post(PATH, json=body).status_code == (200 if fits else 422), body


def test_every_path_of_the_document_is_served_and_versioned(shop, document):
    assert document["openapi"].startswith("3.1")
    assert document["info"]["version"]
    for path in document["paths"]:
        assert shop.client.options(path).status_code == 405


def test_every_reason_that_is_given_is_documented(shop, document):
    documented = document["components"]["schemas"]["ReasonBody"]["properties"]["code"]["description"]
    given = set()
    for customer in [None, *(f"c-{n:03d}" for n in range(30))]:
        for name, example in REQUEST_EXAMPLES.items():
            context = {"item_ids": ["sku-001"]} if name == "pdp-similar" else {}
            request = {"placement": name, "customer_id": customer, "context": context, "page_size": 50}
            items = shop.client.post(PATH, json=example["value"] | request).json()["items"]
            given |= {reason["code"] for item in items for reason in item["reasons"]}
    assert len(given) >= 5
    assert [code for code in given if f"`{code}`" not in documented] == []
