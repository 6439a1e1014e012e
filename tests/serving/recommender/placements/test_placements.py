"""One more placement costs its file and its line in the tuple: everything else finds it there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from serving.recommender.answers import Query
from serving.recommender.placements.placements import BY_NAME, PLACEMENTS
from tests.helpers.datasets import settings_for
from tests.helpers.tiny_bundle import tiny_shop, write_bundle

ROOT = Path(__file__).parents[4]

NEW_FILE = """
from serving.recommender.answers import Query
from serving.recommender.asked import Asked
from serving.recommender.placements.placement import Placement
from serving.recommender.pool import pool
from serving.recommender.rank import rank
from serving.recommender.ranked import Placed


def last_call(asked: Asked) -> Placed:
    ranked = rank(asked.bundle, asked.shopper, pool(asked.bundle, asked.shopper))
    return Placed(ranked.take(slice(None, None, -1)), len(ranked.skus))


LAST_CALL = Placement(
    name="last-call",
    purpose="holds what nobody wants",
    place=last_call,
    summary="The end of the shelf",
    example={"placement": "last-call", "context": {"item_ids": ["7"]}},
    touching=(Query(size=3),),
    needs_items=True,
)
"""

LOOK_AROUND = """
import json, sys
from pathlib import Path
from types import SimpleNamespace
from serving.bundle.bundle import Bundle
from starlette.routing import Router
from starlette.testclient import TestClient
from serving.app import web_routes
from features.settings import Settings
from serving.storefront.telemetry import Telemetry
from serving.docs.landing import landing_page
from serving.recommender.answers import Query
from serving.recommender.recommender import Recommender
from serving.storefront.champion import warm_up
from serving.storefront.payloads import read_request
from serving.web.problems import ProblemError
from training.recommendations import release

bundle = Bundle.open(Path(sys.argv[1]))
asked = []


class Listening(Recommender):
    def recommend(self, query):
        asked.append([query.placement, query.customer_id, query.size, len(query.item_ids)])
        return super().recommend(query)


def refused(body):
    try:
        read_request(json.dumps(body).encode())
    except ProblemError as problem:
        return problem.detail
    return ""


def while_doing(work, *given):
    asked.clear()
    work(*given)
    return [each for each in asked if each[0] == "last-call"]


release.Recommender = Listening
parts = SimpleNamespace(facts=bundle.facts, candidates=bundle.candidates, lists=bundle.lists)
print(json.dumps({
    "accepted": read_request(b'{"placement": "last-call", "context": {"item_ids": ["7"]}}').placement,
    "without items": refused({"placement": "last-call"}),
    "unknown": refused({"placement": "window"}),
    "openapi": TestClient(Router(web_routes(None, None, Telemetry(), Settings()))).get("/openapi.json").json(),
    "form": landing_page(),
    "warm-up": while_doing(warm_up, Listening(bundle), bundle.facts.customers.text(0)),
    "release": while_doing(release.differs, bundle, parts),
    "answer": [item.sku for item in Recommender(bundle).recommend(Query(placement="last-call", size=100)).items],
    "home": [item.sku for item in Recommender(bundle).recommend(Query(size=100)).items],
}))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a program sees that has one more placement: one file more, and the tuple with one entry more."""
    work, tree = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("tree")
    bundle = write_bundle(tiny_shop(settings_for(work)), work / "bundle", "1")
    shutil.copytree(ROOT / "serving", tree / "serving", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("features", "training", "tests"):
        (tree / name).symlink_to(ROOT / name)
    folder = tree / "serving" / "recommender" / "placements"
    (folder / "last_call.py").write_text(NEW_FILE)
    listed = (folder / "placements.py").read_text().replace("    PDP_SIMILAR,\n", "    PDP_SIMILAR,\n    LAST_CALL,\n")
    (folder / "placements.py").write_text(
        f"from serving.recommender.placements.last_call import LAST_CALL\n{listed}", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-c", LOOK_AROUND, str(bundle)],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_request_may_name_it_and_has_to_bring_what_it_needs(seen: dict[str, Any]) -> None:
    assert seen["accepted"] == "last-call"
    assert seen["without items"] == "context.item_ids needs at least one item."
    assert "'last-call'" in seen["unknown"]


def test_the_api_document_and_the_form_show_it(seen: dict[str, Any]) -> None:
    operation = seen["openapi"]["paths"]["/v1/recommendations"]["post"]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    schemas = seen["openapi"]["components"]["schemas"]
    assert "`last-call` holds what nobody wants" in operation["description"]
    assert examples["last-call"]["value"]["context"] == {"item_ids": ["7"]}
    assert schemas["RecommendationRequest"]["properties"]["placement"]["enum"] == [*BY_NAME, "last-call"]
    assert "`last-call`" in schemas["Context"]["properties"]["item_ids"]["description"]
    assert "<option>last-call</option>" in seen["form"]


def test_the_warm_up_of_a_champion_and_the_check_of_a_release_ask_it(seen: dict[str, Any]) -> None:
    stranger, known = seen["warm-up"]
    assert stranger == ["last-call", None, 3, 1]
    assert known[1] is not None
    assert known[2:] == [3, 1]
    assert stranger in seen["release"]
    assert len(seen["release"]) > 4


def test_it_answers(seen: dict[str, Any]) -> None:
    assert seen["answer"] == seen["home"][::-1]
    assert len(seen["home"]) > 20


@pytest.mark.parametrize("placement", PLACEMENTS, ids=lambda placement: placement.name)
def test_a_placement_speaks_of_itself(placement: Any) -> None:
    assert placement.example["placement"] == placement.name
    queries = placement.queries("c-1", ("sku-1",))
    assert {query.placement for query in queries} == {placement.name}
    assert {query.customer_id for query in queries} == {"c-1"}
    assert {query.item_ids for query in queries} == {("sku-1",) if placement.needs_items else ()}
    assert all(isinstance(query, Query) for query in queries)
