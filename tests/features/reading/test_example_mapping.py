"""The worked example in the documentation loads what it says."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd

from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from tests.helpers.loads import load, rows, write_files

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "dataset.toml"
MAY_ORDERS = """\
order;member;article;placed;pieces;amount_fen
o1;m1;牛奶;2025/05/01 20:00;2;1990
o1;m1;面包;2025-05-02;1;NA
"""


def test_the_example_loads_every_table(tmp_path: Path) -> None:
    settings = Settings(work=tmp_path, memory_limit="256MB")
    till = {"bon": [1], "card": [77], "store_id": ["s1"], "sku": ["牛奶"], "epoch": [1746100800], "units": [1.0]}
    brought = tmp_path / "brought"
    write_files(brought / "web", {"orders-05.csv": MAY_ORDERS.encode("gb18030")})
    write_files(brought / "till", {"may.parquet": pd.DataFrame(till), "june.parquet": pd.DataFrame(till)})
    files = {
        "articles.csv": "article,name,department,group,subgroup\n牛奶,Whole milk,Dairy,Milk,\n",
        "stores.csv": "store_id,name,lat,lon\ns1,First,31.2,121.5\n",
    }
    report = load(settings, EXAMPLE.read_text(encoding="utf-8"), files)
    warehouse = Warehouse.open(settings)
    columns = ("customer_id", "basket_id", "sku", "bought_at", "units", "paid", "list_price")
    assert rows(warehouse.purchases, columns) == [
        ("77", "store:1", "牛奶", datetime(2025, 5, 1, 12), 1.0, None, None),
        ("m1", "web:o1", "牛奶", datetime(2025, 5, 1, 12), 2.0, Decimal("19.9000"), Decimal("9.9500")),
        ("m1", "web:o1", "面包", datetime(2025, 5, 1, 16), 1.0, None, None),
    ]
    described = [("牛奶", "Whole milk", "Milk"), ("面包", "面包", None)]
    assert rows(warehouse.skus, ("sku", "name", "subcategory")) == described
    assert rows(warehouse.stores, ("store_id", "name", "lat")) == [("s1", "First", 31.2)]
    assert warehouse.manifest["currency"] == "CNY"
    assert {one.table: one.duplicates for one in report.tables}["till_receipts"] == 1
