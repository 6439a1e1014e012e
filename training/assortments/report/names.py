"""What a reader calls a cluster, a SKU, a supplier or a need state, where a table holds its id."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from training.assortments.report.report import AssortmentReport

_SKU_COLUMNS = (
    "sku",
    "to_sku",
    "swap_partner",
    *(f"{what}_{n}" for what in ("destination", "takes_from") for n in (1, 2, 3)),
)


@dataclass(frozen=True, slots=True)
class Names:
    clusters: Mapping[str, str]
    skus: Mapping[str, str]
    suppliers: Mapping[str, str]
    needs: Mapping[str, str]

    def of(self, column: str, value: str) -> str:
        """The name behind an id of that column; the id itself where it has none."""
        if column in _SKU_COLUMNS:
            return self.skus.get(value, value)
        known = {"cluster": self.clusters, "supplier": self.suppliers, "need_state": self.needs, "parent": self.needs}
        return known.get(column, {}).get(value, value)


def names(report: AssortmentReport) -> Names:
    skus = {
        **_pairs(report.tables["newcomers"], "sku"),
        **_pairs(report.tables["facings"], "sku"),
        **_pairs(report.decisions, "sku"),
    }
    return Names(
        _pairs(report.tables["clusters"], "cluster"),
        skus,
        _pairs(report.tables["suppliers"], "supplier"),
        _pairs(report.tables["needs"], "need_state"),
    )


def _pairs(rows: pd.DataFrame, key: str) -> dict[str, str]:
    return {str(one): str(name) for one, name in zip(rows[key], rows["name"], strict=True)}
