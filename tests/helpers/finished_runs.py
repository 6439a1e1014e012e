"""Assortment runs as a planner leaves them, without planning anything."""

import json
from datetime import datetime
from pathlib import Path

from serving.buyers import runs
from serving.buyers.request import AssortmentRequest
from serving.buyers.runs import AssortmentRun

ROWS = [
    {"cluster": f"c-{nth % 2}", "sku": f"s-{nth}", "decision": "keep", "profit_cents": 100 + nth} for nth in range(5)
]


def finished(work: Path, at: datetime, category: str = "COFFEE", by: str = "ada") -> AssortmentRun:
    """A run that is done; its report is a few bytes a file."""
    asked = AssortmentRequest(category=category, rules="# none\n")
    run = runs.ask(work / "assortments", asked, by, at)
    run.report.mkdir()
    for name in runs.REPORT_FILES:
        (run.report / name).write_text("<h1>The report</h1>" if name == "report.html" else name, encoding="utf-8")
    (run.report / runs.DECISIONS).write_text(json.dumps({"tables": {"decisions": ROWS}}), encoding="utf-8")
    runs.tell(run, runs.DONE, "done", 1.0, at)
    return run
