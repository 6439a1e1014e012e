"""Columns that several tables of the report have."""

from training.assortments.report.columns import Column, Kind

CLUSTER = Column("cluster", Kind.ID, "Cluster", "The cluster of stores")
SKU = Column("sku", Kind.ID, "SKU", "The SKU")
NAME = Column("name", Kind.TEXT, "Name", "What a buyer reads")
LOW_CENTS = Column("low_cents", Kind.CENTS, "Low", "Low end of the 80 % interval")
HIGH_CENTS = Column("high_cents", Kind.CENTS, "High", "High end of the 80 % interval")
LOW_UNITS = Column("low_units", Kind.UNITS, "Low", "Low end of the 80 % interval")
HIGH_UNITS = Column("high_units", Kind.UNITS, "High", "High end of the 80 % interval")
NOTE = Column("note", Kind.SENTENCE, "In words", "What the row means, in a sentence", required=False)


def optional(name: str, kind: Kind, title: str, meaning: str) -> Column:
    return Column(name, kind, title, meaning, required=False)
