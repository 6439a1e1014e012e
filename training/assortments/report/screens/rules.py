"""Rules and their shadow prices."""

from training.assortments.report.columns import Column, Kind, Table
from training.assortments.report.screens.shared_columns import NOTE

RULE_KINDS = (
    "must-carry", "ban", "brand minimum", "space", "SKU limit", "change limit", "days of supply", "facings", "override",
)  # fmt: skip

RULES = Table(
    "rules",
    "Rules and what they cost",
    "a rule that the plan keeps",
    (
        Column("rule", Kind.ID, "Rule", "Its name, as in the decisions' rule"),
        Column("kind", Kind.CHOICE, "Kind", "What it asks", choices=RULE_KINDS),
        Column("applies_to", Kind.TEXT, "Applies to", "SKUs, brands and clusters"),
        Column("is_binding", Kind.YES_NO, "Binds", "Whether the plan would be another without it"),
        Column(
            "shadow_price_cents",
            Kind.CENTS,
            "Shadow price",
            "What one step less would bring; 0 where slack",
        ),
        Column("step", Kind.TEXT, "For", "The step: a SKU, a metre, a change, the whole rule"),
        Column("method", Kind.TEXT, "Found by", "How: solved again without it, or the dual of a linear relaxation"),
        NOTE,
    ),
    ("rule",),
)
