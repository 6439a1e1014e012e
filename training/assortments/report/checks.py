"""What has to hold before a buyer may see a report: every decision can be judged, and figures agree to the cent."""

from collections.abc import Iterator, Mapping

import pandas as pd

from training.assortments.report.screens.decisions import CODES

Tables = Mapping[str, pd.DataFrame]

_LISTED = {"keep": (True, True), "add": (False, True), "delist": (True, False), "leave": (False, False)}
"""Decision -> whether the SKU is listed now, and as proposed. A swap is one of the two."""

TRANSFERS_WITHIN_PERCENT = 0.5
"""A SKU's rows of `transfers` make 100 % within so much: they may have been rounded to a tenth."""


def faults(tables: Tables) -> list[str]:
    """A sentence for each thing that does not hold, with the count and one example; empty where all holds."""
    decisions = tables["decisions"]
    return [
        *_judgeable(decisions),
        *_listings(decisions),
        *_partners(decisions),
        *_sums(tables),
        *_clusters(tables),
        *_transfers(tables["transfers"]),
    ]


def _judgeable(rows: pd.DataFrame) -> Iterator[str]:
    """100 % of decisions carry reason, destinations, interval, and rule or shadow price."""
    codes = pd.Series([str(text).split() for text in rows["reason_codes"]], index=rows.index)
    yield from _told(rows, _blank(rows["reason"]), "have no reason")
    yield from _told(rows, codes.map(len) == 0, "have no reason code")
    known = codes.map(set(CODES).issuperset)
    yield from _told(rows, ~known, f"have a reason code that is not one of {', '.join(CODES)}", "reason_codes")
    nowhere = rows["destination_1"].isna() & (rows["transferable_percent"] > 0)
    yield from _told(rows, nowhere, "do not say where their demand goes (destination_1)")
    for what in ("worth", "profit"):
        middle = "worth_cents" if what == "worth" else "profit_proposed_cents"
        low, high = rows[f"{what}_low_cents"], rows[f"{what}_high_cents"]
        outside = (low > rows[middle]) | (rows[middle] > high)
        yield from _told(rows, outside, f"have a {middle} outside of its own interval", middle)
    yield from _told(rows, rows["walk_low_percent"] > rows["walk_high_percent"], "have a walk range upside down")
    neither = _blank(rows["binding_rule"]) & rows["shadow_price_cents"].isna()
    yield from _told(rows, neither, "have neither a binding rule nor a shadow price")
    yield from _told(rows, _blank(rows["what_would_change_it"]), "do not say what would change them")


def _listings(rows: pd.DataFrame) -> Iterator[str]:
    listed = list(zip(rows["is_listed_now"], rows["is_listed_proposed"], strict=True))
    wrong = [
        (now == proposed) if decision == "swap" else _LISTED[decision] != (now, proposed)
        for decision, (now, proposed) in zip(rows["decision"], listed, strict=True)
    ]
    yield from _told(rows, pd.Series(wrong, index=rows.index), "contradict is_listed_now or _proposed", "decision")
    sold = ~rows["is_listed_proposed"] & (rows["profit_proposed_cents"] != 0)
    yield from _told(rows, sold, "earn as proposed although they are not to be listed", "profit_proposed_cents")


def _partners(rows: pd.DataFrame) -> Iterator[str]:
    swaps = rows[rows["decision"] == "swap"]
    other = {
        (cluster, partner): (sku, now)
        for cluster, sku, partner, now in zip(
            swaps["cluster"], swaps["sku"], swaps["swap_partner"], swaps["is_listed_now"], strict=True
        )
    }
    alone = [
        other.get((cluster, sku), (None, now)) != (partner, not now)
        for cluster, sku, partner, now in zip(
            swaps["cluster"], swaps["sku"], swaps["swap_partner"], swaps["is_listed_now"], strict=True
        )
    ]
    yield from _told(swaps, pd.Series(alone, index=swaps.index, dtype=bool), "are a swap without its other half")


def _sums(tables: Tables) -> Iterator[str]:
    """The first screen's profit and sales, and those of clusters, are the sums of the decisions."""
    decisions = tables["decisions"]
    money = tables["summary_money"].set_index("measure")
    for measure in ("sales", "profit"):
        for when in ("now", "proposed"):
            total = int(decisions[f"{measure}_{when}_cents"].sum())
            if measure not in money.index:
                yield f"summary_money has no row {measure}"
            elif total != (shown := int(money[f"{when}_cents"][measure])):
                yield f"summary_money, {measure}, {when}: {shown:,} cents, but its decisions make {total:,}"
    clusters = tables["clusters"].set_index("cluster")
    for when in ("now", "proposed"):
        column = f"profit_{when}_cents"
        sums = decisions.groupby("cluster")[column].sum().reindex(clusters.index, fill_value=0)
        off = sums[sums != clusters[column]]
        if len(off):
            first = off.index[0]
            yield (
                f"clusters, {column}: {len(off):,} are not the sum of their decisions, for example {first}: "
                f"{int(clusters[column][first]):,} cents, decisions {int(off.iloc[0]):,}"
            )


def _clusters(tables: Tables) -> Iterator[str]:
    known = set(tables["clusters"]["cluster"])
    for name, rows in tables.items():
        if name != "clusters" and "cluster" in rows:
            lost = rows.loc[~rows["cluster"].isin(known), "cluster"]
            if len(lost):
                yield f"{name}: {len(lost):,} rows of a cluster that `clusters` lacks, for example {lost.iloc[0]}"


def _transfers(rows: pd.DataFrame) -> Iterator[str]:
    totals = rows.groupby("sku")["transfer_percent"].sum()
    off = totals[(totals - 100).abs() > TRANSFERS_WITHIN_PERCENT]
    if len(off):
        yield (
            f"transfers: of {len(off):,} SKUs the shares do not make 100 %, "
            f"for example {off.index[0]}: {float(off.iloc[0]):.1f} %"
        )


def _blank(words: pd.Series) -> pd.Series:
    return words.isna() | (words.fillna("").str.strip() == "")


def _told(rows: pd.DataFrame, wrong: pd.Series, fault: str, shown: str = "") -> Iterator[str]:
    wrong = wrong.fillna(value=False).astype(bool)
    if wrong.any():
        first = rows[wrong].iloc[0]
        value = f" ({shown} {first[shown]})" if shown else ""
        yield (
            f"decisions: {int(wrong.sum()):,} of {len(rows):,} {fault}, "
            f"for example SKU {first['sku']} in cluster {first['cluster']}{value}"
        )
