"""Grains: what a row of the snapshot is about. Snapshot, facts, vector and bundle all read this one table.

To add a grain, add an entry; a family function of its name makes its columns.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """A column that names something, and the name of the array of its ids in the facts."""

    column: str
    ids: str


CUSTOMER = Key("customer_id", "customers")
STORE = Key("store_id", "stores")
SKU = Key("sku", "skus")
SUBCATEGORY = Key("subcategory", "subcategories")
CATEGORY = Key("category", "categories")
BRAND = Key("brand", "brands")


@dataclass(frozen=True, slots=True)
class Grain:
    """The keys that tell its rows apart.

    of     whose row it is; that of a pair is CUSTOMER or STORE
    about  what a pair is about: SKU, or a key that is a column of the warehouse's SKUs; None: no pair
    """

    of: Key
    about: Key | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the key, in the order of its rows."""
        return (self.of.column,) if self.about is None else (self.of.column, self.about.column)


GRAINS: dict[str, Grain] = {
    "customer": Grain(CUSTOMER),
    "store": Grain(STORE),
    "sku": Grain(SKU),
    "customer_sku": Grain(CUSTOMER, SKU),
    "customer_subcategory": Grain(CUSTOMER, SUBCATEGORY),
    "customer_category": Grain(CUSTOMER, CATEGORY),
    "customer_brand": Grain(CUSTOMER, BRAND),
    "store_sku": Grain(STORE, SKU),
    "store_category": Grain(STORE, CATEGORY),
}
"""By name, in the order of their columns in the vector. New ones go last."""


def pairs() -> dict[str, tuple[Key, Key]]:
    """Grains of two keys: whose row it is, and what it is about."""
    return {name: (grain.of, grain.about) for name, grain in GRAINS.items() if grain.about}


def levels() -> tuple[Key, ...]:
    """What pairs are about besides SKUs: columns of the warehouse's SKUs, each once."""
    return tuple(dict.fromkeys(about for _, about in pairs().values() if about != SKU))
