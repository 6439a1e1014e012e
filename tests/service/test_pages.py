"""The pages for people: complete, self-contained, and no way in for foreign code."""

import re
from html.parser import HTMLParser

import pytest

from serving.web.problems import KINDS


class Links(HTMLParser):
    """What a page refers to, and the anchors that it has."""

    def __init__(self):
        super().__init__()
        self.targets = []
        self.anchors = set()
        self.inline = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.targets += [given[name] for name in ("href", "src", "action") if name in given]
        self.anchors.add(given.get("id"))
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if tag in {"style", "script"} and "src" not in given:
            self.inline.append(tag)


def read(shop, path):
    answer = shop.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    links = Links()
    links.feed(answer.text)
    return answer, links


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_loads_nothing_from_elsewhere_and_every_link_leads_somewhere(shop, path):
    _, links = read(shop, path)
    pages = {"/docs": read(shop, "/docs")[1], "/": read(shop, "/")[1]}
    assert links.targets
    for target in links.targets:
        if target == "data:,":
            continue
        assert re.match(r"(/(?!/)|#)", target), f"{target} leads elsewhere"
        page, _, anchor = target.partition("#")
        if page:
            # the buyers' pages ask who is there
            assert shop.client.get(page).status_code == (401 if page == "/buyers" else 200), target
        if anchor:
            assert anchor in pages[page or path].anchors, target


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_the_policy_forbids_foreign_and_inline_code_and_the_page_has_none(shop, path):
    answer, links = read(shop, path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert links.inline == []
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "media_type"), [("/assets/page.css", "text/css"), ("/assets/try.js", "text/javascript")]
)
def test_assets_are_served_and_refer_to_nothing_outside(shop, path, media_type):
    answer = shop.client.get(path)
    assert answer.headers["content-type"].startswith(media_type)
    assert re.findall(r"https?://|@import|url\(", answer.text) == []


def test_the_documentation_describes_each_operation_field_and_problem(shop):
    document = shop.client.get("/openapi.json").json()
    answer, links = read(shop, "/docs")
    for path, methods in document["paths"].items():
        assert path in answer.text
        assert {operation["operationId"] for operation in methods.values()} <= links.anchors
    for schema in ("RecommendationRequest", "Context", "Location", "RecommendationAnswer", "ItemBody", "ReasonBody"):
        for field in document["components"]["schemas"][schema]["properties"]:
            assert f"{field}</code>" in answer.text, field
    assert {f"problem-{kind.slug}" for kind in KINDS} <= links.anchors


def test_the_type_of_a_problem_leads_to_its_description(shop):
    problem = shop.client.get("/nothing").json()
    page, _, anchor = problem["type"].partition("#")
    assert anchor in read(shop, page)[1].anchors
