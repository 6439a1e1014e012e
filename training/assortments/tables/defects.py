"""What is wrong with the data of a run, and what its figures cannot say."""

import pandas as pd

from features.engine import session
from features.loading.quarantine import REASON
from features.settings import Settings
from features.sql import parquet
from training.assortments.report.writing import money
from training.assortments.stages.rules import LEAST_CARRIED
from training.assortments.stages.scope import ASSUMED_COST_SHARE, MOST_SKUS, Scope
from training.assortments.stages.shoppers import OUTSIDE_SHARES, Shoppers
from training.assortments.stages.terms import buying_groups

TRADED_UP = 0.1
"""Of what a unit sells for: a change that a buyer has to know of."""
_USED = ("web_orders", "till_receipts", "skus", "stores", "stock", "prices", "promotions", "listings", "supplier_terms")


def defects(settings: Settings, scope: Scope) -> pd.DataFrame:
    """Rows in quarantine, and what is missing of the planned SKUs and stores."""
    rows = [*_quarantined(settings)]
    catalogue = scope.catalogue
    for column, fault, effect in (
        ("is_cost_assumed", "no cost of a unit", f"Cost is taken as {ASSUMED_COST_SHARE:.0%} of the price."),
        ("width_cm", "no width of a facing", "Lists are limited by their number of SKUs and not by the shelf."),
        ("price_cents", "no price", "Neither its sales nor its profit are counted."),
    ):
        lacking = catalogue[column] if column == "is_cost_assumed" else catalogue[column].isna()
        if lacking.any():
            rows.append(("skus", fault, int(lacking.sum()), effect))
    if not rows:
        return pd.DataFrame()
    return pd.DataFrame(rows, columns=["table", "fault", "rows", "effect"]).drop_duplicates(["table", "fault"])


def _quarantined(settings: Settings) -> list[tuple[str, str, int, str]]:
    found = []
    with session(settings) as connection:
        for name in _USED:
            path = settings.quarantine / f"{name}.parquet"
            if path.is_file():
                counted = f"SELECT {REASON}, count(*) FROM {parquet(path)} GROUP BY 1 ORDER BY 2 DESC, 1"
                found += [
                    (name, str(reason), int(times), "These rows are in quarantine and count nowhere.")
                    for reason, times in connection.execute(counted).fetchall()
                ]
    return found


def unknowns(scope: Scope, found: Shoppers) -> tuple[str, ...]:
    """What the figures cannot say, a sentence each."""
    low, middle, high = OUTSIDE_SHARES
    said = [
        (
            f"Nobody counts visits without a purchase. {middle:.0%} of visits are taken to leave with nothing; ranges "
            f"of what walks go from {low:.0%} to {high:.0%}."
        ),
        "Intervals come from resampled sales of the past. They do not cover a change of what competitors do.",
    ]
    if scope.left_out > 0:
        said.append(
            f"The {MOST_SKUS} SKUs that sell most are planned; the others sold {scope.left_out:.1%} of recent units."
        )
    if scope.catalogue["is_cost_assumed"].any():
        share = scope.catalogue["is_cost_assumed"].mean()
        said.append(
            f"{share:.0%} of the SKUs have no known cost; it is taken as {ASSUMED_COST_SHARE:.0%} of the price."
        )
    groups = buying_groups(scope)
    lost = int(scope.shops["buying_group"].isna().sum())
    if len(groups) > 1 and lost:
        said.append(
            f"{lost} of {len(scope.shops)} stores do not say which buying group buys for them (their store group, or "
            f"terms of their party, could): {' and '.join(groups)} are taken to buy equal parts of what they sell."
        )
    few = int(((scope.listed.mean(axis=0) < LEAST_CARRIED) & scope.listed.any(axis=0)).sum())
    if few:
        said.append(
            f"SKUs carried by fewer than {LEAST_CARRIED:.0%} of the stores: {few}. What they would sell elsewhere is "
            "not known, and no list gets them that does not have them, unless you ask for it."
        )
    if not scope.counted:
        said.append("Stock was not counted: what empty shelves did not sell is not known, so demand may be higher.")
    if found.price is None:
        said.append(f"Prices: {found.why_no_price}")
    else:
        low_end, high_end = found.price.interval
        ends = f"95 % interval of the elasticity {low_end:.2f} to {high_end:.2f}"
        said.append(
            f"A price 1 % higher sells {-found.price.elasticity:.2f} % less ({ends}), learned from weeks in which "
            "prices moved."
            if high_end < 0
            else f"What a change of price does cannot be told from the weeks in which prices moved ({ends})."
        )
    return tuple(said)


def below_cost(decisions: pd.DataFrame) -> tuple[str, ...]:
    """What today's lists lose on SKUs that cost more than they sell for: much of a gain may be no more than that."""
    losing = decisions[decisions["profit_now_cents"] < 0]
    if losing.empty:
        return ()
    lost = -int(losing["profit_now_cents"].sum())
    said = (
        f"SKUs that cost more now than they sell for, as recorded: {losing['sku'].nunique()}; they lose {money(lost)} "
        "over the weeks planned. Part of the gain is to be rid of them; check these costs first."
    )
    return (said,)


def traded_up(decisions: pd.DataFrame) -> tuple[str, ...]:
    """Where a unit sells for much more, or less, than today: the gain leans on shoppers who take dearer SKUs."""
    sums = decisions[["sales_now_cents", "sales_proposed_cents", "units_now", "units_proposed"]].sum()
    if not (sums > 0).all():
        return ()
    now, then = sums["sales_now_cents"] / sums["units_now"], sums["sales_proposed_cents"] / sums["units_proposed"]
    change = float(then / now - 1)
    if abs(change) < TRADED_UP:
        return ()
    said = (
        f"A unit sells for {money(round(then))} as proposed, {money(round(now))} now: the plan takes it that shoppers "
        f"take {'dearer' if change > 0 else 'cheaper'} SKUs or larger packs where others are gone, as those of stores "
        "with such lists do. Nobody has seen these shoppers do it: try it in test stores first (screen 11)."
    )
    return (said,)
