"""Scrub: rows and names go from files of every kind; what only looks like a name stays."""

import json

import pandas as pd

from training.privacy.scrub import scrub

NAMES = frozenset({"account:own:7", "account:7", "7", "card:own:long-name", "card:long-name", "long-name"})


def test_files_of_every_kind(tmp_path):
    table = pd.DataFrame({"customer_id": ["7", "8", "account:own:7"], "sku": ["8", "7", "9"]})
    table.to_parquet(tmp_path / "a.parquet")
    table.to_json(tmp_path / "b.json", orient="split", index=False)
    (tmp_path / "c.json").write_text(
        json.dumps({"inputs": {"columns": ["customer_id"], "index": [0], "data": [["7"]]}})
    )
    (tmp_path / "d.json").write_text(json.dumps({"who": "account:own:7", "units": 7, "of": ["long-name", "7th"]}))
    (tmp_path / "d2.json").write_text(json.dumps({"version": "7", "7": 7, "customer_id": "7"}))
    (tmp_path / "e.md").write_text("7 of account:own:7, long-name and very-long-name\n")
    (tmp_path / "f.png").write_bytes(b"long-name")
    (tmp_path / "g.parquet").write_bytes(b"no table")
    (tmp_path / "h.json").write_text("{")
    assert scrub(iter(sorted(tmp_path.iterdir())), NAMES) == 6
    assert pd.read_parquet(tmp_path / "a.parquet").to_dict("list") == {"customer_id": ["8"], "sku": ["7"]}
    assert json.loads((tmp_path / "b.json").read_text())["data"] == [["8", "7"]]
    assert json.loads((tmp_path / "c.json").read_text())["inputs"]["data"] == []
    assert json.loads((tmp_path / "d.json").read_text()) == {"who": "erased", "units": 7, "of": ["erased", "7th"]}
    assert json.loads((tmp_path / "d2.json").read_text()) == {"version": "7", "7": 7, "customer_id": "erased"}
    assert (tmp_path / "e.md").read_text() == "7 of erased, erased and very-long-name\n"


def test_doing_it_again_changes_nothing(tmp_path):
    (tmp_path / "a.json").write_text('{"who": "long-name"}')
    assert [scrub(iter([tmp_path / "a.json"]), NAMES) for _ in range(2)] == [1, 0]
