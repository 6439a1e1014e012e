"""The test of the proposal: stores, weeks, what it can detect, and what came of it."""

from training.assortments.report.columns import Column, Kind, Table
from training.assortments.report.screens.shared_columns import CLUSTER, HIGH_CENTS, LOW_CENTS, optional

ROLLOUT = Table(
    "rollout",
    "Test plan",
    "a cluster in which the proposal is tried out",
    (
        CLUSTER,
        Column("test_stores", Kind.COUNT, "Test stores", "That get the proposal"),
        Column("control_stores", Kind.COUNT, "Control stores", "That stay as they are"),
        Column("weeks", Kind.COUNT, "Weeks", "How long"),
        Column("promised_percent", Kind.NUMBER, "Promised %", "Change of profit that the plan promises"),
        Column("detectable_percent", Kind.NUMBER, "Detectable %", "The smallest change seen with 80 % power at 5 %"),
        Column("stop_rule", Kind.SENTENCE, "Stop rule", "When to end early"),
    ),
    ("cluster",),
)
ROLLOUT_PAIRS = Table(
    "rollout_pairs",
    "Matched stores",
    "a test store and its control",
    (
        CLUSTER,
        Column("test_store", Kind.ID, "Test store", "Gets the proposal"),
        Column("control_store", Kind.ID, "Control store", "The store most like it"),
        optional("correlation", Kind.NUMBER, "Correlation", "Of their weekly sales before"),
    ),
    ("cluster", "test_store"),
)
REALISED = Table(
    "realised",
    "Promised against realised",
    "a week of the test in a cluster",
    (
        CLUSTER,
        Column("week", Kind.TEXT, "Week", "Its first day, yyyy-mm-dd"),
        Column("promised_cents", Kind.CENTS, "Promised", "Change of profit, test − control"),
        Column("realised_cents", Kind.CENTS, "Realised", "Change of profit, test − control"),
        LOW_CENTS,
        HIGH_CENTS,
    ),
    ("cluster", "week"),
)
