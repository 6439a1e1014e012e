"""BentoML's own client, and what a worker has to load."""

import json
import subprocess
import sys

import httpx
import pytest

HEAVY = ("pandas", "ibis", "duckdb", "pyspark", "implicit", "lightgbm", "mlflow", "sklearn", "scipy", "optuna")


CLIENT = """
import bentoml, json, sys
with bentoml.SyncHTTPClient(sys.argv[1]) as client:
    print(json.dumps(client.recommend({"placement": "home", "customer_id": "c-001", "page_size": 3})))
"""


def test_a_client_of_bentoml_gets_the_same_list(shop):
    """In a process of its own: importing BentoML changes logging and warns."""
    finished = subprocess.run([sys.executable, "-c", CLIENT, shop.url], capture_output=True, text=True, check=True)
    given = json.loads(finished.stdout.splitlines()[-1])
    request = {"placement": "home", "customer_id": "c-001", "page_size": 3}
    direct = shop.client.post("/v1/recommendations", json=request).json()
    assert len(given["items"]) == 3
    assert given["items"] == direct["items"]
    assert given["model_version"] == direct["model_version"]


def test_the_twin_refuses_what_the_api_refuses_and_is_counted(shop):
    before = shop.metric("omnishelf_errors_total", route="/recommend")
    answer = httpx.post(f"{shop.url}/recommend", json={"placement": "nowhere"}, trust_env=False)
    assert answer.status_code == 400
    assert answer.headers["x-request-id"]
    assert shop.metric("omnishelf_errors_total", route="/recommend") == before + 1


@pytest.mark.parametrize("module", ["serving.service", "serving.operate.launch"])
def test_serving_stays_small(module):
    """Seconds and hundreds of megabytes would be added to every worker."""
    code = f"import {module}, sys; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout.split() == []


def test_the_launcher_does_not_load_bentoml():
    code = "import serving.operate.launch, sys; print('bentoml' in sys.modules)"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "False"
