"""What each cluster of stores should keep, add, delist or swap: the table that everything else explains."""

from training.assortments.report.columns import Column, Kind, Table
from training.assortments.report.screens.shared_columns import CLUSTER, NAME, SKU, optional

DECISIONS = ("keep", "add", "delist", "swap", "leave")
"""`swap` stands on both SKUs of a pair, each naming the other; `leave`: not carried and not proposed."""

CODES = {
    "INCREMENTAL": "most of its demand would be lost without it",
    "DUPLICATE": "other SKUs on the shelf take most of its demand",
    "SLOW": "sells less than the shelf it takes is worth",
    "FAST": "sells more than the shelf it takes is worth",
    "MARGIN": "earns more, or less, a unit than what stands in for it",
    "MUST_CARRY": "a rule asks for it",
    "BANNED": "a rule forbids it",
    "FEW_STORES": "too few stores carry it to tell what others would sell",
    "BRAND_MINIMUM": "its brand has to have so many SKUs",
    "SPACE": "the shelf is full",
    "SKU_LIMIT": "the number of SKUs is limited",
    "CHANGE_LIMIT": "the number of changes is limited",
    "SKU_COST": "the fixed cost of listing it in the chain",
    "OVERRIDE": "the buyer asked for it",
}
"""The codes that a decision may carry, and what each says."""

_DECISION_COLUMNS = (
    CLUSTER,
    SKU,
    NAME,
    optional("brand", Kind.TEXT, "Brand", "The brand"),
    optional("need_state", Kind.ID, "Need state", "The need state that it serves, as in `needs`"),
    optional("party", Kind.TEXT, "Party", "Whose stores and shelf"),
    Column("decision", Kind.CHOICE, "Decision", "What is proposed", choices=DECISIONS),
    optional("swap_partner", Kind.ID, "Swap with", "For a swap: the SKU that comes in its place, or that it replaces"),
    Column("is_listed_now", Kind.YES_NO, "Now", "Whether at least half of the stores carry it now"),
    optional("stores_now", Kind.COUNT, "Stores now", "Stores of the cluster that carry it now"),
    Column("is_listed_proposed", Kind.YES_NO, "Proposed", "Whether the cluster is to carry it"),
    Column("reason", Kind.SENTENCE, "Why", "The reason in a sentence"),
    Column("reason_codes", Kind.TEXT, "Codes", "The reason as codes of CODES, parted by blanks"),
    Column("rate_of_sale_units", Kind.UNITS, "Rate of sale", "Units a store a week; expected where not carried"),
    Column("incremental_percent", Kind.PERCENT, "Incremental", "Of its demand, what is lost without it"),
    Column("transferable_percent", Kind.PERCENT, "Transferable", "Of its demand, what other SKUs would take"),
    optional("destination_1", Kind.ID, "Goes to (1)", "The SKU that takes most of its demand where it is missing"),
    optional("destination_1_percent", Kind.PERCENT, "(1)", "The share of its demand that goes there"),
    optional("destination_2", Kind.ID, "Goes to (2)", "The second"),
    optional("destination_2_percent", Kind.PERCENT, "(2)", "The share of its demand that goes there"),
    optional("destination_3", Kind.ID, "Goes to (3)", "The third"),
    optional("destination_3_percent", Kind.PERCENT, "(3)", "The share of its demand that goes there"),
    Column("walk_low_percent", Kind.PERCENT, "Walks, low", "Of its demand, what leaves the category: low end"),
    Column("walk_high_percent", Kind.PERCENT, "Walks, high", "Of its demand, what leaves the category: high end"),
    optional("loyal_buyers", Kind.COUNT, "Loyal buyers", "Customers who bought it and no other in its need state"),
    optional("facings_now", Kind.COUNT, "Facings now", "Visible fronts now"),
    optional("facings", Kind.COUNT, "Facings", "Visible fronts proposed"),
    optional("days_of_supply", Kind.DAYS, "Days of supply", "How long a full shelf lasts at the expected rate of sale"),
    optional("sales_per_metre_cents", Kind.CENTS, "Sales a metre", "Sales a week and store for a metre of its shelf"),
    optional("supplier", Kind.ID, "Supplier", "From whom it is bought"),
    optional("unit_cost_cents", Kind.CENTS, "Unit cost", "What a unit costs at the tier reached"),
    optional("price_cents", Kind.CENTS, "Price", "What a unit sells for"),
    Column("units_now", Kind.UNITS, "Units now", "Units that stores sell from their lists of now"),
    Column("units_proposed", Kind.UNITS, "Units proposed", "Units sold as proposed"),
    Column("sales_now_cents", Kind.CENTS, "Sales now", "Sales from the lists of now"),
    Column("sales_proposed_cents", Kind.CENTS, "Sales proposed", "Sales as proposed"),
    Column("profit_now_cents", Kind.CENTS, "Profit now", "What it earns from the lists of now"),
    Column("profit_proposed_cents", Kind.CENTS, "Profit proposed", "What it earns as proposed"),
    Column("profit_low_cents", Kind.CENTS, "Profit, low", "Low end of the 80 % interval of what it earns as proposed"),
    Column("profit_high_cents", Kind.CENTS, "Profit, high", "High end of that interval"),
    Column("worth_cents", Kind.CENTS, "Worth", "What the decision gains the cluster against its opposite"),
    Column("worth_low_cents", Kind.CENTS, "Worth, low", "Low end of the 80 % interval of the worth"),
    Column("worth_high_cents", Kind.CENTS, "Worth, high", "High end of that interval"),
    Column("confidence_percent", Kind.PERCENT, "Confidence", "Share of resampled histories in which the decision pays"),
    Column("what_would_change_it", Kind.SENTENCE, "What would change it", "The smallest change that turns it"),
    optional("binding_rule", Kind.TEXT, "Rule", "The rule that decides it, as in `rules`"),
    optional("shadow_price_cents", Kind.CENTS, "Shadow price", "What one more place on this shelf would be worth"),
)

DECISIONS_TABLE = Table(
    "decisions",
    "Decisions",
    "one SKU in one cluster of stores",
    _DECISION_COLUMNS,
    ("cluster", "sku"),
    required=True,
)
