"""The registry of delistings, made by `training.assortments.choice.delistings`, and where their buyers went.

The registry is frozen: the definition holds its digest, and a run that finds another one says so. Intervals are
published as they are, wide or not; a SKU is not left out because its answer is odd.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import cast

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.findings import Findings, Goal, Say
from features.past import Past
from features.settings import Settings
from training.assortments.choice.delistings import REASONS, DelistingRule, Delistings, delistings, diversion
from training.drawing import MUTED, STRONG

_DIGEST_LETTERS = 16


def study(settings: Settings, params: Mapping[str, object], say: Say) -> Findings:
    """`registry`: every apparent delisting with loyal buyers and what it was; `diversion`: the real ones."""
    rule = _rule(params)
    found = delistings(Past.to_date(settings), rule)
    digest = registry_digest(found)
    say(f"{len(found.registry)} sharp ends, {len(found.delisted)} delistings; registry {digest}")
    measured = _measured(found, rule, int(cast("int", params["resamples"])), settings.seed)
    counts = found.registry["reason"].value_counts().reindex(REASONS, fill_value=0)
    apparent = int(counts[REASONS[2]] + counts[REASONS[3]])
    return Findings(
        headline=(
            f"Of {apparent} apparent delistings with loyal buyers {counts[REASONS[2]]} are new barcodes of the same "
            f"maker; {len(measured)} are real. {_pooled_words(measured)}"
        ),
        metrics={f"registry.{reason.replace(' ', '_')}": float(counts[reason]) for reason in REASONS}
        | _pooled_metrics(measured),
        tables={
            "diversion": measured,
            "reasons": counts.rename_axis("reason").rename("SKUs").reset_index(),
            "registry": found.registry[found.registry["reason"].isin(REASONS[2:])].reset_index(drop=True),
        },
        figures={"diversion": _figure(measured)} if len(measured) else {},
        goals=_goals(str(params["registry"]), digest),
    )


def _rule(params: Mapping[str, object]) -> DelistingRule:
    names = ("window_weeks", "silent_weeks", "least_lines", "least_buyers", "launch_weeks")
    numbers = {name: int(cast("int", params[name])) for name in names}
    departments = tuple(cast("list[str]", params["departments"]))
    return DelistingRule(datetime.fromisoformat(str(params["weeks_from"])), departments, **numbers)


def registry_digest(found: Delistings) -> str:
    """Names the registry: its SKUs, last weeks and reasons."""
    table = found.registry[["sku", "last_week", "reason"]].sort_values("sku")
    return hashlib.sha256(table.to_csv(index=False).encode()).hexdigest()[:_DIGEST_LETTERS]


def _goals(frozen: str, digest: str) -> tuple[Goal, ...]:
    """Nothing is asked where the definition holds no digest: other data have another registry."""
    if not frozen:
        return ()
    return (Goal("the registry is the frozen one", digest, frozen, digest == frozen),)


def _measured(found: Delistings, rule: DelistingRule, resamples: int, seed: int) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for row in found.delisted.itertuples():
        each = diversion(found, str(row.sku), rule, resamples, seed)
        rows.append(
            {
                "sku": row.sku,
                "name": row.name,
                "category": row.category,
                "last week": row.last_week,
                "buyers": each.buyers,
                "lines before": each.lines_before,
                "moved within category": each.to_category,
                "low": each.low,
                "high": each.high,
            }
        )
    columns = ["sku", "name", "category", "last week", "buyers", "lines before"]
    return pd.DataFrame(rows, columns=[*columns, "moved within category", "low", "high"])


def pooled(measured: pd.DataFrame) -> tuple[float, float, float]:
    """Mean over delistings weighted by the inverse of their squared interval, and its 95 % interval; NaN without any.

    Fixed effect: what the delistings at hand have in common, not what the next one will do.
    """
    width = (measured["high"] - measured["low"]).to_numpy(dtype=float) / (2 * 1.96)
    told = width > 0
    if not told.any():
        return np.nan, np.nan, np.nan
    weight = 1 / width[told] ** 2
    mean = float(weight @ measured["moved within category"].to_numpy(dtype=float)[told] / weight.sum())
    error = float(1 / np.sqrt(weight.sum()))
    return mean, mean - 1.96 * error, mean + 1.96 * error


def _pooled_metrics(measured: pd.DataFrame) -> dict[str, float]:
    return dict(zip(("diversion.mean", "diversion.low", "diversion.high"), pooled(measured), strict=True))


def _pooled_words(measured: pd.DataFrame) -> str:
    mean, low, high = pooled(measured)
    if not low < high:
        return "No interval can be told."
    verdict = "too wide to tell where demand went" if high - low > 1 else "of what was lost stayed in the category"
    return f"Share of the lost purchases that moved within the category: {mean:.2f} [{low:.2f}, {high:.2f}], {verdict}."


def _figure(measured: pd.DataFrame) -> Figure:
    """Share moved within the category with its interval, a row a delisting; all of it and none of it are marked."""
    rows = measured.sort_values("moved within category", ignore_index=True)
    figure = Figure(figsize=(9.0, 1.4 + 0.3 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    share, places = rows["moved within category"], np.arange(len(rows))
    axes.errorbar(share, places, xerr=[share - rows["low"], rows["high"] - share], fmt="o", color=STRONG)
    axes.set_yticks(
        places, [f"{name} ({buyers} buyers)" for name, buyers in zip(rows["name"], rows["buyers"], strict=True)]
    )
    for mark in (0.0, 1.0):
        axes.axvline(mark, color=MUTED, linewidth=0.8)
    axes.set_xscale("symlog", linthresh=2)
    axes.set_xlabel("share of the lost purchases that moved within the category, 95 % interval")
    axes.set_title("Where buyers of delisted SKUs went", loc="left", fontsize=10)
    return figure
