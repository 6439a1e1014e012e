"""Lists by channel and store, as the demonstration shows them: who is asked for, and what is said of the answers."""

import io
import json
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from experiments.demonstration.people import placed


class Service:
    """Answers home lists: the same everywhere, but in store `south` two SKUs change places."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []

    def request(self, _method: str, _path: str, body: bytes, _headers: object) -> None:
        self.asked.append(json.loads(body))

    def getresponse(self) -> io.BytesIO:
        skus = ["tea", "milk", "rye"]
        if self.asked[-1]["context"] == {"channel": "store", "store_id": "south"}:
            skus[:2] = skus[1::-1]
        return io.BytesIO(json.dumps({"items": [{"item_id": sku, "name": f"fine {sku}"} for sku in skus]}).encode())


@pytest.fixture
def purchases(tmp_path: Path) -> Path:
    """Ann shops in the north, Bob in the south, Eve online only; the south is the largest."""
    rows = [("ann", "north"), ("ann", "north"), ("bob", "south"), ("bob", "south"), ("bob", "south"), ("eve", None)]
    lines = pd.DataFrame(rows, columns=["customer_id", "store_id"])
    lines["basket_id"], lines["bought_at"] = [f"b{nth}" for nth in range(len(lines))], datetime(2025, 1, 1)
    lines.to_parquet(tmp_path / "purchases.parquet")
    return tmp_path / "purchases.parquet"


def test_customers_of_stores_are_asked_for_at_home_and_where_they_never_were(purchases: Path):
    service = Service()
    shown, told = placed(service, purchases, None)
    places = [(each["customer_id"], each["context"].get("store_id")) for each in service.asked]
    assert places == [
        ("bob", None), ("bob", "south"), ("bob", "north"), ("ann", None), ("ann", "north"), ("ann", "south"),
    ]  # fmt: skip
    assert "Of 2 customers 1 are shown another list of ten in their store than online, 1 in a store" in told
    assert "100% of the ten are the same" in told
    screen = Console(file=io.StringIO(), width=100)
    screen.print(shown)
    assert "fine milk" in screen.file.getvalue()


def test_who_does_not_permit_it_is_not_asked_for(purchases: Path, tmp_path: Path):
    served = tmp_path / "served.parquet"
    pd.DataFrame({"customer_id": ["ann", "bob"], "permits": [False, False]}).to_parquet(served)
    shown, told = placed(Service(), purchases, served)
    assert (shown.row_count, told[:23]) == (0, "Nobody who may be shown")
