"""`report.html`: one file with everything in it, readable without a network, on paper too.

A policy in its head forbids it to fetch anything; its only script sorts and filters tables.
"""

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from training.assortments.report import declared
from training.assortments.report.columns import Kind
from training.assortments.report.declared import Screen
from training.assortments.report.grid import Grid, grid
from training.assortments.report.headline import headline
from training.assortments.report.names import Names, names
from training.assortments.report.report import AssortmentReport
from training.assortments.report.screens.decisions import CODES
from training.assortments.report.writing import change_percent, gain, glued, money, written

MOST_DECISIONS = 1_500
"""On the page: all changes first, then what is kept or left, by worth."""
FOLDED_FROM = 14
"""A table of so many rows and more is folded until a reader opens it; on paper too."""
OPEN = ("rules", "suppliers", "clusters", "needs", "newcomers")
"""Tables that are never folded: they are what their screen is about."""
ELSEWHERE = ("summary_money", "summary_measures", "decisions", "transfers")
"""Tables that their screens show in their own way."""


def page(report: AssortmentReport) -> str:
    """The whole document."""
    names_ = names(report)
    decisions = _by_weight(report.decisions)
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            run=report.run,
            proof=report.proof,
            screens=declared.SCREENS,
            headline=headline(report),
            pictures={
                screen.name: [(each, Markup(each.svg)) for each in screen.drawn(report, names_)]  # noqa: S704  # ours
                for screen in declared.SCREENS
            },
            grids={screen.name: _grids(report, names_, screen) for screen in declared.SCREENS},
            absent={screen.name: _absent(report, screen) for screen in declared.SCREENS},
            decisions=[_plain(row) for row in decisions.head(MOST_DECISIONS).to_dict("records")],
            decisions_left_out=max(len(decisions) - MOST_DECISIONS, 0),
            counts=report.decisions["decision"].value_counts().to_dict(),
            names=names_,
            codes=CODES,
            style=Markup(_asset("report.css")),  # noqa: S704  # our own file
            script=Markup(_asset("report.js")),  # noqa: S704  # our own file
            policy=_policy(_asset("report.js")),
            folded_from=FOLDED_FROM,
            never_folded=OPEN,
        )
    )


def _grids(report: AssortmentReport, names_: Names, screen: Screen) -> list[Grid]:
    return [
        grid(table, report.tables[table.name], names_)
        for table in screen.tables
        if table.name not in ELSEWHERE and len(report.tables[table.name])
    ]


def _absent(report: AssortmentReport, screen: Screen) -> list[tuple[str, str]]:
    """Title and sentence of the tables that are not there; one sentence for all is said once."""
    told = [(table.title, report.missing[table.name]) for table in screen.tables if table.name in report.missing]
    sentences = {sentence for _, sentence in told}
    if len(told) > 1 and len(sentences) == 1:
        return [("", next(iter(sentences)))]
    return [each for each in told if each[0] != declared.by_name()["overrides"].title]


def _by_weight(decisions: pd.DataFrame) -> pd.DataFrame:
    """Changes before what stays, the dearest first."""
    stays = decisions["decision"].map({"keep": 1, "leave": 2}).fillna(0)
    order = pd.DataFrame({"stays": stays, "worth": -decisions["worth_cents"].abs()})
    return decisions.loc[order.sort_values(["stays", "worth"], kind="stable").index]


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): None if pd.isna(value) else value for name, value in row.items()}


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("training.assortments.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "money": money,
        "gain": gain,
        "change": change_percent,
        "glued": glued,
        "units": lambda value: written(Kind.UNITS, value),
        "percent": lambda value: written(Kind.PERCENT, value),
        "count": lambda value: written(Kind.COUNT, value),
    }
    return environment


def _asset(name: str) -> str:
    return resources.files("training.assortments.report").joinpath("templates", name).read_text(encoding="utf-8")


def _policy(script: str) -> str:
    """Nothing may be fetched; the one script may run because its digest is named."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
