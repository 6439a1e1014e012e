"""The shared core and the local range, from the decisions."""

import pandas as pd


def ranges(decisions: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame:
    """Rows of `ranges`: SKUs that all clusters are to carry are the core, those of a single one are local to it.

    With one cluster all are core. The core comes first, then by profit.
    """
    names = dict(zip(clusters["cluster"], clusters["name"], strict=True))
    rows = []
    for sku, group in decisions[decisions["is_listed_proposed"].astype(bool)].groupby("sku"):
        carried = [cluster for cluster in names if cluster in set(group["cluster"])]
        rows.append(
            {
                "sku": sku,
                "name": group["name"].iloc[0],
                "range": "core" if len(carried) == len(names) else "local" if len(carried) == 1 else "shared",
                "clusters": len(carried),
                "carried_in": "all" if len(carried) == len(names) else ", ".join(names[each] for each in carried),
                "profit_proposed_cents": int(group["profit_proposed_cents"].sum()),
            }
        )
    rows.sort(key=lambda row: (-row["clusters"], -row["profit_proposed_cents"], row["sku"]))
    return pd.DataFrame(rows)
