"""How well the models did on what they had not seen, and what is wrong with the data."""

from training.assortments.report.columns import Column, Kind, Table
from training.assortments.report.screens.shared_columns import NAME, NOTE, SKU, optional

BACKTESTS = Table(
    "backtests",
    "Backtests",
    "a model on a slice of weeks that it had not seen",
    (
        Column("model", Kind.TEXT, "Model", "Ours, or what it is compared with"),
        Column("slice", Kind.TEXT, "Slice", "Category, store tier or the whole"),
        Column("cutoffs", Kind.COUNT, "Cutoffs", "How many"),
        Column("horizon_weeks", Kind.COUNT, "Weeks ahead", "How far"),
        Column("wmape_percent", Kind.PERCENT, "WMAPE", "Absolute error over all units"),
        Column("bias_percent", Kind.NUMBER, "Bias %", "Forecast over units − 1"),
        optional("pinball", Kind.NUMBER, "Pinball", "Mean pinball loss of the 10th, 50th and 90th percentile, units"),
        optional("coverage_percent", Kind.PERCENT, "Coverage", "Share of weeks inside the 80 % interval"),
    ),
    ("model", "slice", "horizon_weeks"),
)
CALIBRATION = Table(
    "calibration",
    "Calibration",
    "a nominal probability",
    (
        Column("nominal_percent", Kind.PERCENT, "Promised", "The percentile that was forecast"),
        Column("observed_percent", Kind.PERCENT, "Seen", "Share of weeks below it; a tie counts half"),
        Column("rows", Kind.COUNT, "Weeks", "Store × SKU × weeks"),
    ),
    ("nominal_percent",),
)
DELISTINGS = Table(
    "removals",
    "Real removals",
    "a SKU that went away, and what its buyers then did",
    (
        SKU,
        NAME,
        Column("gone_on", Kind.TEXT, "Gone on", "The day, yyyy-mm-dd"),
        Column("buyers", Kind.COUNT, "Buyers", "Repeat buyers before, who still shop in the chain"),
        optional("lines_before", Kind.COUNT, "Lines", "Lines of it that they bought in the weeks before"),
        Column("predicted_percent", Kind.PERCENT, "Plan", "What the plan takes to stay, on average over the category"),
        Column("observed_percent", Kind.PERCENT, "Seen", "Share of their demand that stayed; may be outside 0 to 100"),
        Column("low_percent", Kind.PERCENT, "Low %", "Low end of the 95 % interval, buyers resampled"),
        Column("high_percent", Kind.PERCENT, "High %", "High end of the 95 % interval"),
        NOTE,
    ),
    ("sku", "gone_on"),
)
DEFECTS = Table(
    "defects",
    "What is wrong with the data",
    "a defect",
    (
        Column("table", Kind.TEXT, "Table", "Where"),
        Column("fault", Kind.TEXT, "Defect", "What"),
        Column("rows", Kind.COUNT, "Rows", "How many"),
        Column("effect", Kind.SENTENCE, "What it does to this report", "Which figures it touches"),
    ),
    ("table", "fault"),
)
