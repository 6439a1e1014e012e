"""The one list of screens, in the order of reading: what page, workbook, files, rows and checks are made from.

To add a screen, declare its tables in `screens`, draw it in `charts`, and add it here; the pipeline hands over rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from training.assortments.report.charts import (
    clusters,
    decisions,
    evidence,
    festival,
    needs,
    newcomers,
    rollout,
    rules,
    space,
    summary,
    suppliers,
)
from training.assortments.report.charts.drawing import Chart
from training.assortments.report.columns import Table
from training.assortments.report.names import Names
from training.assortments.report.report import AssortmentReport
from training.assortments.report.screens.clusters import CLUSTER_CURVE, CLUSTER_MIX, CLUSTERS, RANGES, STORES
from training.assortments.report.screens.decisions import DECISIONS_TABLE
from training.assortments.report.screens.evidence import BACKTESTS, CALIBRATION, DEFECTS, DELISTINGS
from training.assortments.report.screens.festival import FESTIVAL_FLOWS, FESTIVAL_STOCK, FESTIVAL_UPLIFTS
from training.assortments.report.screens.needs import NEEDS, TRANSFERS
from training.assortments.report.screens.newcomers import NEWCOMERS
from training.assortments.report.screens.rollout import REALISED, ROLLOUT, ROLLOUT_PAIRS
from training.assortments.report.screens.rules import RULES
from training.assortments.report.screens.space import FACINGS, SKU_CURVE, SPACE
from training.assortments.report.screens.summary import OVERRIDES, SUMMARY_MEASURES, SUMMARY_MONEY
from training.assortments.report.screens.suppliers import ORDERS, PARTIES, SUPPLIERS, TURNS


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen of the page, and a sheet of the workbook.

    question  what it answers, in a sentence
    tables    what it shows, in the order of reading
    drawn     its pictures
    """

    name: str
    title: str
    question: str
    tables: tuple[Table, ...]
    drawn: Callable[[AssortmentReport, Names], Iterator[Chart]]


SCREENS = (
    Screen(
        "summary",
        "Summary",
        "What does the proposal bring, and how sure is it?",
        (SUMMARY_MONEY, SUMMARY_MEASURES, OVERRIDES),
        summary.drawn,
    ),
    Screen(
        "decisions",
        "Decisions",
        "What should each cluster of stores keep, add, delist or swap, and why?",
        (DECISIONS_TABLE,),
        decisions.drawn,
    ),
    Screen(
        "needs",
        "Need states",
        "Which SKUs stand in for each other, where is too much and where is a gap?",
        (NEEDS, TRANSFERS),
        needs.drawn,
    ),
    Screen(
        "clusters",
        "Clusters",
        "Which stores are alike, and what do they share?",
        (CLUSTERS, CLUSTER_MIX, RANGES, STORES, CLUSTER_CURVE),
        clusters.drawn,
    ),
    Screen(
        "space",
        "Space",
        "How is the shelf used, and what would more or fewer SKUs bring?",
        (SPACE, FACINGS, SKU_CURVE),
        space.drawn,
    ),
    Screen(
        "rules",
        "Rules",
        "What does each rule cost?",
        (RULES,),
        rules.drawn,
    ),
    Screen(
        "suppliers",
        "Suppliers",
        "Whom do we buy from, at which tier, and what should we ask for?",
        (TURNS, SUPPLIERS, PARTIES, ORDERS),
        suppliers.drawn,
    ),
    Screen(
        "festival",
        "Festival",
        "What does the event need, and what does it only move?",
        (FESTIVAL_UPLIFTS, FESTIVAL_FLOWS, FESTIVAL_STOCK),
        festival.drawn,
    ),
    Screen(
        "newcomers",
        "New SKUs",
        "What may a new SKU sell, and at whose cost?",
        (NEWCOMERS,),
        newcomers.drawn,
    ),
    Screen(
        "evidence",
        "Evidence",
        "How well did the models do on weeks that they had not seen?",
        (BACKTESTS, CALIBRATION, DELISTINGS, DEFECTS),
        evidence.drawn,
    ),
    Screen(
        "rollout",
        "Roll-out",
        "How do we find out whether the promise is kept?",
        (ROLLOUT, ROLLOUT_PAIRS, REALISED),
        rollout.drawn,
    ),
)


def tables() -> tuple[Table, ...]:
    """Every table of the report, in the order of the screens."""
    return tuple(table for screen in SCREENS for table in screen.tables)


def by_name() -> dict[str, Table]:
    return {table.name: table for table in tables()}
