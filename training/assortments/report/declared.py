"""The list of screens and of tables, in the order of reading."""

from dataclasses import dataclass

from training.assortments.report.columns import Table
from training.assortments.report.screens.clusters import CLUSTER_CURVE, CLUSTER_MIX, CLUSTERS, RANGES, STORES
from training.assortments.report.screens.decisions import DECISIONS_TABLE
from training.assortments.report.screens.evidence import BACKTESTS, CALIBRATION, DEFECTS, REMOVALS
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
    name: str
    title: str
    question: str


SCREENS = (
    Screen("summary", "Summary", "What does the proposal bring, and how sure is it?"),
    Screen("decisions", "Decisions", "What should each cluster of stores keep, add, delist or swap, and why?"),
    Screen("needs", "Need states", "Which SKUs stand in for each other, where is too much and where is a gap?"),
    Screen("clusters", "Clusters", "Which stores are alike, and what do they share?"),
    Screen("space", "Space", "How is the shelf used, and what would more or fewer SKUs bring?"),
    Screen("rules", "Rules", "What does each rule cost?"),
    Screen("suppliers", "Suppliers", "Whom do we buy from, at which tier, and what should we ask for?"),
    Screen("festival", "Festival", "What does the event need, and what does it only move?"),
    Screen("newcomers", "New SKUs", "What may a new SKU sell, and at whose cost?"),
    Screen("evidence", "Evidence", "How well did the models do on weeks that they had not seen?"),
    Screen("rollout", "Roll-out", "How do we find out whether the promise is kept?"),
)

TABLES = (
    SUMMARY_MONEY, SUMMARY_MEASURES, OVERRIDES, DECISIONS_TABLE, NEEDS, TRANSFERS, CLUSTERS, CLUSTER_MIX, RANGES,
    STORES, CLUSTER_CURVE, SPACE, FACINGS, SKU_CURVE, RULES, TURNS, SUPPLIERS, PARTIES, ORDERS, FESTIVAL_UPLIFTS,
    FESTIVAL_FLOWS, FESTIVAL_STOCK, NEWCOMERS, BACKTESTS, CALIBRATION, REMOVALS, DEFECTS, ROLLOUT, ROLLOUT_PAIRS,
    REALISED,
)  # fmt: skip
BY_NAME = {table.name: table for table in TABLES}


def tables_of(screen: str) -> tuple[Table, ...]:
    return tuple(table for table in TABLES if table.screen == screen)
