"""What is new goes through public seams, and costs the files that CONTRIBUTING.md promises.

A copy of the tree is given one of each: a placement, a candidate source, a feature family with a combination, a grain
and a route. Then a program of that tree is asked whether everything that should derive from them does.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.commands import ROOT

PACKAGES = ("features", "serving", "training")

PLACEMENT = {
    "serving/recommender/placements/last_call.py": """
from serving.recommender.answers import Query
from serving.recommender.asked import Asked
from serving.recommender.placements.home import home
from serving.recommender.placements.placement import Placement
from serving.recommender.ranked import Placed

def last_call(asked: Asked) -> Placed:
    placed = home(asked)
    return Placed(placed.ranked.take(slice(None, None, -1)), placed.own)

LAST_CALL = Placement("last-call", "holds what nobody wants", last_call, "Leftovers", {"placement": "last-call"},
                      (Query(),))
""",
    "serving/recommender/placements/placements.py": (
        "    PDP_SIMILAR,\n",
        "    PDP_SIMILAR,\n    LAST_CALL,\n",
        "from serving.recommender.placements.last_call import LAST_CALL\n",
    ),
}
SOURCE = {
    "training/recommendations/candidates/latest.py": """
from dataclasses import dataclass

import numpy as np

@dataclass(frozen=True)
class Latest:
    sold: np.ndarray

    def scores(self, customers):
        return np.tile(self.sold, (len(customers), 1))

def fit(known):
    since = known.facts.sku["days_since_sold"][known.skus]
    return Latest((1 / (1 + since)).astype(np.float32))
""",
    "training/recommendations/candidates/proposals.py": (
        "SOURCES: tuple[Source, ...] = (\n",
        'SOURCES: tuple[Source, ...] = (\n    Source("latest", latest.fit, 5),\n',
        "from training.recommendations.candidates import latest\n",
    ),
}
FAMILY_AND_COMBINATION = {
    "features/families/aisles.py": """
from ibis import _

def customer_department(known):
    lines = known.purchases.filter(_.customer_id.notnull() & _.department.notnull())
    return lines.group_by("customer_id", "department").agg(days_since=_.age_days.min(), lines=_.count())
""",
    "features/facts/snapshot.py": (
        "    popularity,\n)",
        "    popularity,\n    aisles,\n)",
        "from features.families import aisles\n",
    ),
    "features/vector/combinations/aisles.py": """
def department_share(found):
    return found["customer_department"]["lines"] / (1 + found["customer"]["lines"])

COMBINATIONS = {"department_share": department_share}
""",
    "features/vector/derived.py": (
        '    ("store", store.PLACE),\n',
        '    ("store", store.PLACE),\n    ("aisles", aisles.COMBINATIONS),\n',
        "from features.vector.combinations import aisles\n",
    ),
}
GRAIN = {
    "features/facts/grains.py": (
        '    "store_category": Grain(STORE, CATEGORY),\n',
        (
            '    "store_category": Grain(STORE, CATEGORY),\n'
            '    "customer_department": Grain(CUSTOMER, Key("department", "departments")),\n'
        ),
        "",
    ),
}
ROUTE = {
    "serving/storefront/echo.py": """
from starlette.responses import Response
from starlette.routing import Route

from serving.web.described import Described
from serving.web.openapi_parts import plain

TOLD = {"operationId": "echo", "tags": ["Operation"], "summary": "An echo", "description": "Answers.",
        "responses": {"200": plain("It does.", {"status": {"const": "ok"}}, {"status": "ok"})}}

def api():
    async def echo(request):
        return Response(b"here")

    return Described((Route("/v1/echo", echo),), {"/v1/echo": {"get": TOLD}})
""",
    "serving/app.py": (
        "        health.api(champion),\n",
        "        health.api(champion),\n        echo.api(),\n",
        "from serving.storefront import echo\n",
    ),
}
COST = {
    "placement": (PLACEMENT, 2),
    "candidate source": (SOURCE, 2),
    "feature family with a combination": (FAMILY_AND_COMBINATION, 4),
    "grain beside its family": (GRAIN, 1),
    "route": (ROUTE, 2),
}

LOOK_AROUND = """
import json, sys
from pathlib import Path

import numpy as np
from starlette.routing import Router
from starlette.testclient import TestClient

from features.facts.snapshot import family_of_columns
from features.settings import Settings
from features.vector.derived import DERIVED_FROM
from features.vector.shopper import Shopper
from features.vector.vector import names, vector
from serving.app import web_routes
from serving.storefront.telemetry import Telemetry
from tests.helpers import checkerboard
from tests.helpers.worked_tables import facts_of
from training.recommendations.candidates.proposals import candidates_for

board = checkerboard.made(Path(sys.argv[1]) / "board")
candidates = candidates_for(board)[1]
facts = facts_of(Path(sys.argv[1]) / "aisles", '''
    customer | sku | days_ago
    ann      | tea | 5
    ann      | ale | 4
    ann      | pen | 3
''', skus='''
    sku | brand | department | category | subcategory
    tea | Leaf  | Food       | Drinks   | Hot
    ale | Hop   | Food       | Drinks   | Cold
    pen | Ink   | Home       | Desk     | Pens
''')
skus = np.arange(3, dtype=np.int32)
rows = vector(facts, Shopper(0), skus, np.zeros((3, 0), np.float32)).T.tolist()
columns = dict(zip(names(facts, ()), rows, strict=True))
client = TestClient(Router(web_routes(None, None, Telemetry(), Settings())))
document = client.get("/openapi.json").json()
print(json.dumps({
    "skus": [facts.skus.text(int(code)) for code in skus],
    "grain": columns["customer_department.lines"],
    "combination": columns["department_share"],
    "families": [DERIVED_FROM["department_share"], family_of_columns()["customer_department.lines"]],
    "sources": candidates.sources,
    "scores": float(candidates.of(Shopper(0))[1][:, candidates.sources.index("latest")].max()),
    "columns": "source.latest" in names(board, candidates.sources),
    "route": client.get("/v1/echo").text,
    "described": document["paths"]["/v1/echo"]["get"]["operationId"],
    "placements": document["components"]["schemas"]["RecommendationRequest"]["properties"]["placement"]["enum"],
}))
"""


def put_in(tree: Path, change: dict[str, Any]) -> None:
    """New files as they are; in others, a text is replaced and an import is put before the first one of ours."""
    for name, content in change.items():
        path = tree / name
        if isinstance(content, str):
            assert not path.exists()
            path.write_text(content, encoding="utf-8")
            continue
        before, after, imported = content
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, name
        head, found, rest = text.replace(before, after).partition("\nfrom ")
        path.write_text(f"{head}\n{imported}{found.lstrip()}{rest}", encoding="utf-8")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    tree = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tree / "tests").symlink_to(ROOT / "tests")
    for change, _ in COST.values():
        put_in(tree, change)
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, "-c", LOOK_AROUND, str(tmp_path_factory.mktemp("work"))]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("thing", COST)
def test_a_thing_costs_so_many_source_files(thing: str) -> None:
    change, files = COST[thing]
    assert len(change) == files


def test_a_grain_and_a_combination_reach_the_vector(seen: dict[str, Any]) -> None:
    assert seen["skus"] == ["ale", "pen", "tea"]
    assert seen["grain"] == [2, 1, 2]
    assert seen["combination"] == pytest.approx([2 / 4, 1 / 4, 2 / 4])
    assert seen["families"] == ["aisles", "aisles"]


def test_a_source_proposes_and_the_ranker_sees_its_scores(seen: dict[str, Any]) -> None:
    assert "latest" in seen["sources"]
    assert seen["scores"] > 0
    assert seen["columns"]


def test_a_route_answers_and_is_described(seen: dict[str, Any]) -> None:
    assert (seen["route"], seen["described"]) == ("here", "echo")


def test_a_placement_may_be_asked_for(seen: dict[str, Any]) -> None:
    assert "last-call" in seen["placements"]
