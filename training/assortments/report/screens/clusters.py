"""Clusters of stores: who shops there, where they are, and what one more would bring."""

from training.assortments.report.columns import Column, Kind, Table
from training.assortments.report.screens.shared_columns import CLUSTER, NAME, SKU, optional

REACH = ("core", "shared", "local")

CLUSTERS = Table(
    "clusters",
    "Clusters",
    "a cluster of stores",
    (
        CLUSTER,
        NAME,
        Column("stores", Kind.COUNT, "Stores", "How many stores"),
        Column("profile", Kind.SENTENCE, "Profile", "What sets its shoppers and stores apart"),
        optional("weekly_visits", Kind.NUMBER, "Visits a week", "Visits to the category, all stores"),
        optional("sales_now_cents", Kind.CENTS, "Sales now", "Sales of the category as listed now"),
        Column("profit_now_cents", Kind.CENTS, "Profit now", "Profit as listed now"),
        Column("profit_proposed_cents", Kind.CENTS, "Profit proposed", "Profit as proposed"),
        optional("low_cents", Kind.CENTS, "Low", "Low end of the 80 % interval of the proposal"),
        optional("high_cents", Kind.CENTS, "High", "High end of that interval"),
        Column("skus_now", Kind.COUNT, "SKUs now", "SKUs carried now"),
        Column("skus_proposed", Kind.COUNT, "SKUs proposed", "SKUs proposed"),
    ),
    ("cluster",),
    required=True,
)
CLUSTER_MIX = Table(
    "cluster_mix",
    "Who shops there",
    "a class of shoppers in a cluster",
    (
        CLUSTER,
        Column("shopper_class", Kind.TEXT, "Class", "The class of shoppers, named for what sets it apart"),
        Column("share_percent", Kind.PERCENT, "Share", "Its share of the cluster's visits"),
    ),
    ("cluster", "shopper_class"),
)
RANGES = Table(
    "ranges",
    "Shared core and local range",
    "a SKU that the plan carries",
    (
        SKU,
        NAME,
        Column(
            "range", Kind.CHOICE, "Range", "core: in all clusters; shared: in several; local: in one", choices=REACH
        ),
        Column("clusters", Kind.COUNT, "Clusters", "How many carry it as proposed"),
        Column("carried_in", Kind.TEXT, "Carried in", "Their names"),
        Column("profit_proposed_cents", Kind.CENTS, "Profit", "What it earns in them as proposed"),
    ),
    ("sku",),
)
STORES = Table(
    "stores",
    "Stores",
    "a store",
    (
        Column("store_id", Kind.ID, "Store", "The store"),
        NAME,
        CLUSTER,
        optional("latitude", Kind.DEGREES, "Latitude", "North positive"),
        optional("longitude", Kind.DEGREES, "Longitude", "East positive"),
        optional("weekly_sales_cents", Kind.CENTS, "Sales a week", "Sales of the category"),
        optional("skus_now", Kind.COUNT, "SKUs now", "SKUs that the store carries"),
        optional("skus_proposed", Kind.COUNT, "Own list", "SKUs of its own list, where lists were made by store"),
        optional("profit_now_cents", Kind.CENTS, "Profit now", "As it is listed now"),
        optional("profit_proposed_cents", Kind.CENTS, "Profit of its own list", "At the unit costs of the plan"),
    ),
    ("store_id",),
)
CLUSTER_CURVE = Table(
    "cluster_curve",
    "Value of one more cluster",
    "a number of clusters",
    (
        Column("clusters", Kind.COUNT, "Clusters", "So many clusters, each with its own list"),
        Column("profit_cents", Kind.CENTS, "Profit", "Profit of the best plan with so many"),
        optional("low_cents", Kind.CENTS, "Low", "Low end of the 80 % interval"),
        optional("high_cents", Kind.CENTS, "High", "High end of that interval"),
    ),
    ("clusters",),
)
