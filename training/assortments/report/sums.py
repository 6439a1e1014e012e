"""The first screen's rows from the decisions, so that they agree to the cent without anyone's care."""

from collections.abc import Mapping

import pandas as pd

Interval = tuple[int, int]
Pair = tuple[int, int]

WEEKS_A_YEAR = 365.25 / 7


def summary_money(
    decisions: pd.DataFrame,
    *,
    intervals: Mapping[str, Interval],
    changes: Mapping[str, Interval],
    others: Mapping[str, Pair],
) -> pd.DataFrame:
    """Rows of `summary_money`: sales and profit are sums of the decisions.

    intervals  measure -> 80 % interval of the proposal, cents; changes: of proposed − now
    others     measure -> (now, proposed) for `working_capital` and `listing_costs`, where they are known
    """
    pairs = {
        measure: (int(decisions[f"{measure}_now_cents"].sum()), int(decisions[f"{measure}_proposed_cents"].sum()))
        for measure in ("profit", "sales")
    } | dict(others)
    return pd.DataFrame(
        [
            {
                "measure": measure,
                "now_cents": now,
                "proposed_cents": proposed,
                "low_cents": intervals.get(measure, (None, None))[0],
                "high_cents": intervals.get(measure, (None, None))[1],
                "change_low_cents": changes.get(measure, (None, None))[0],
                "change_high_cents": changes.get(measure, (None, None))[1],
            }
            for measure, (now, proposed) in pairs.items()
        ]
    )


def summary_measures(
    decisions: pd.DataFrame,
    *,
    horizon_weeks: int,
    working_capital_cents: Pair | None = None,
    used_cm: tuple[float, float] | None = None,
    units_interval: tuple[float, float] | None = None,
) -> pd.DataFrame:
    """Rows of `summary_measures` from the decisions.

    GMROI is the profit of a year for each unit of money that lies in stock; without working capital it is left out.
    `used_cm`: shelf that facings take now and as proposed, all stores.
    """
    rows = [
        ("units", float(decisions["units_now"].sum()), float(decisions["units_proposed"].sum())),
        ("skus", *(float(_carried(decisions, when)["sku"].nunique()) for when in ("now", "proposed"))),
        ("listings", *(float(len(_carried(decisions, when))) for when in ("now", "proposed"))),
    ]
    if working_capital_cents is not None and min(working_capital_cents) > 0:
        rows.append(("gmroi", *(gmroi(decisions, when, horizon_weeks, working_capital_cents) for when in _WHEN)))
    if used_cm is not None:
        rows.append(("space", *used_cm))
    table = pd.DataFrame(rows, columns=["measure", "now", "proposed"])
    low, high = units_interval or (None, None)
    is_units = table["measure"] == "units"
    return table.assign(
        low=pd.Series(low, table.index).where(is_units), high=pd.Series(high, table.index).where(is_units)
    )


_WHEN = ("now", "proposed")


def gmroi(decisions: pd.DataFrame, when: str, horizon_weeks: int, working_capital_cents: Pair) -> float:
    profit = int(decisions[f"profit_{when}_cents"].sum())
    return profit * WEEKS_A_YEAR / horizon_weeks / working_capital_cents[_WHEN.index(when)]


def _carried(decisions: pd.DataFrame, when: str) -> pd.DataFrame:
    return decisions[decisions[f"is_listed_{when}"].astype(bool)]
