"""How well the demand model did on weeks that it had not seen, beside what anyone could forecast."""

import pandas as pd

from features.clock import Cutoff
from features.errors import DataError
from training.assortments.demand.backtest import backtest
from training.assortments.demand.baselines import moving_average, seasonal_naive
from training.assortments.demand.forecast import forecast
from training.assortments.demand.scores import calibration_curve, scores
from training.assortments.stages.scope import Scope
from training.assortments.tables.part import Part, without

CUTOFFS = 2
WEEKS = 4
OURS = "ours"


def backtests(scope: Scope, cutoff: Cutoff, horizon_weeks: int, seed: int, threads: int) -> Part:
    """`backtests` and `calibration` of the planned SKUs and stores; the last windows before the cutoff.

    The panel is cut at each earlier cutoff: later sales and returns are not seen by the forecast.
    """
    weeks = min(WEEKS, horizon_weeks)
    known = scope.panel[scope.panel["week"] < cutoff.at]
    models = {
        OURS: lambda rows, at, ahead, chance: forecast(rows, at, ahead, chance, threads=threads),
        "moving average": moving_average,
        "same week a year ago": seasonal_naive,
    }
    cutoffs = [cutoff.minus_days(7 * weeks * nth) for nth in range(CUTOFFS, 0, -1)]
    try:
        judged = backtest(lambda at: known[known["week"] < at.at], known, cutoffs, weeks, models, seed)
    except DataError as error:
        return without(f"The history is too short to judge forecasts on: {error}", "backtests", "calibration")
    whole = scores(judged, ["model"]).assign(slice="all")
    tiers = scores(judged, ["model", "tier"]).rename(columns={"tier": "slice"})
    tiers["slice"] = tiers["slice"] + " stores"
    both = pd.concat([whole, tiers], ignore_index=True)
    table = pd.DataFrame({
        "model": both["model"],
        "slice": both["slice"],
        "cutoffs": CUTOFFS,
        "horizon_weeks": weeks,
        "wmape_percent": (100 * both["wmape"]).fillna(0.0),
        "bias_percent": (100 * both["bias"]).fillna(0.0),
        "pinball": both["pinball"],
        "coverage_percent": 100 * both["coverage"],
    })  # fmt: skip
    curve = calibration_curve(judged[judged["model"] == OURS])
    calibration = pd.DataFrame({
        "nominal_percent": 100 * curve["level"],
        "observed_percent": 100 * curve["share"],
        "rows": int((judged["model"] == OURS).sum()),
    })  # fmt: skip
    return Part({"backtests": table, "calibration": calibration})
