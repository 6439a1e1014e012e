"""Held-out choices of real households: a model that remembers each household, beside three simpler ones.

Weeks from `held_out_from` on are judged and never learned from; the ridge is chosen on the weeks before them. What a
household bought earlier, in held-out weeks too, is known when its next trip begins, to every model alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.findings import Findings, Goal, Say
from experiments.models.category_lines import read
from experiments.models.household_memory import memory
from experiments.models.loyalty import Column, household_column, loyalty_column, promotion_column
from experiments.models.trips import TripRule, Trips, trips, uniform_nats
from experiments.models.weekly_prices import weekly_prices
from features.errors import DataError
from features.past import Past
from features.settings import Settings
from training.assortments.choice.panel import Floats
from training.assortments.choice.price import PriceResponse, ordinary, price_response
from training.drawing import MUTED, SOFT, STRONG, WARM
from training.recommendations.metrics.bootstrap import paired

MODELS = ("uniform", "promotion", "loyalty", "household")


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """One category: its occasions, the three fitted models, the lead of the last over the best loyalty, and price."""

    name: str
    data: Trips
    reference: tuple[float, ...]
    uniform: float
    columns: tuple[Column, Column, Column]
    lead: tuple[float, float, float]
    price: PriceResponse | None
    plain_price: tuple[float, float] | None

    @property
    def nats(self) -> tuple[float, ...]:
        """Mean held-out nats of MODELS."""
        return (self.uniform, *(float(column.nats.mean()) for column in self.columns))

    @property
    def bar(self) -> float:
        """What the loyalty model costs at best: fitted here, or as measured before."""
        return min(self.nats[2], self.reference[2])


def study(settings: Settings, params: Mapping[str, object], say: Say) -> Findings:
    """Every category of the definition; a row a category in `held-out nats`, a row a trait in `coefficients`."""
    named = cast("list[dict[str, Any]]", params["categories"])
    rule = TripRule(*(int(cast("int", params[each])) for each in ("skus", "stores", "held_out_from", "memory_weeks")))
    begin = datetime.fromisoformat(str(params["weeks_from"]))
    say(f"reading {len(named)} categories")
    lines = read(
        Past.to_date(settings),
        str(params["department"]),
        [each["category"] for each in named],
        begin,
        rule.held_out_from,
    )
    answers = []
    for each in named:
        answers.append(
            _answer(each, trips(lines[each["category"]], rule), settings, int(cast("int", params["resamples"])))
        )
        say(f"{each['name']}: " + ", ".join(f"{m} {n:.3f}" for m, n in zip(MODELS, answers[-1].nats, strict=True)))
    least = float(cast("float", params["least_lead_nats"]))
    return _findings(answers, least)


def _answer(named: Mapping[str, Any], data: Trips, settings: Settings, resamples: int) -> Answer:
    remembered = memory(data)
    columns = (promotion_column(data), loyalty_column(data, remembered), household_column(data, remembered))
    reference = tuple(float(each) for each in named["reference"])
    price, plain = _price(data, settings.seed)
    return Answer(
        name=str(named["name"]),
        data=data,
        reference=reference,
        uniform=uniform_nats(data),
        columns=columns,
        lead=_lead(data, columns, reference[2], resamples, settings.seed),
        price=price,
        plain_price=plain,
    )


def _lead(
    data: Trips, columns: tuple[Column, Column, Column], reference: float, resamples: int, seed: int
) -> tuple[float, float, float]:
    """Nats below the loyalty model fitted here: mean and 95 % interval, households drawn with all their occasions.

    Where the loyalty model as measured before is better than the one fitted here, the difference is taken off.
    """
    customers = data.occasions.loc[data.held_out, "customer_id"].reset_index(drop=True)
    own, ours = (pd.DataFrame({"nats": columns[nth].nats}) for nth in (1, 2))
    mean, low, high = paired(own, ours, customers, resamples, seed)[["mean", "low", "high"]].to_numpy(dtype=float)[0]
    handicap = max(0.0, float(columns[1].nats.mean()) - reference)
    return mean - handicap, low - handicap, high - handicap


def _price(data: Trips, seed: int) -> tuple[PriceResponse | None, tuple[float, float] | None]:
    """The response to price before the held-out weeks; nothing where weeks or prices do not carry one."""
    try:
        observed = weekly_prices(data)
        return price_response(observed, seed), ordinary(observed)
    except DataError:
        return None, None


def _findings(answers: list[Answer], least: float) -> Findings:
    goals = tuple(
        Goal(
            name=f"{each.name} beats loyalty",
            found=f"{each.nats[3]:.3f} nats, {each.lead[0]:.3f} below [{each.lead[1]:.3f}, {each.lead[2]:.3f}]",
            asked=f"at least {least:g} below {each.bar:.3f}",
            is_met=each.bar - each.nats[3] >= least,
        )
        for each in answers
    )
    leads = ", ".join(f"{each.name} {each.lead[0]:.3f}" for each in answers)
    return Findings(
        headline=f"Remembering the household foretells held-out choices better than loyalty, in nats: {leads}.",
        metrics={
            f"{each.name}.{model}.nats": nats for each in answers for model, nats in zip(MODELS, each.nats, strict=True)
        }
        | {f"{each.name}.lead.nats": each.lead[0] for each in answers},
        tables={
            "held-out nats": pd.DataFrame([_row(each) for each in answers]),
            "coefficients": pd.concat([_coefficients(each) for each in answers], ignore_index=True),
            "price response": pd.DataFrame([_price_row(each) for each in answers if each.price is not None]),
        },
        figures={"held-out nats": _figure(answers)},
        goals=goals,
    )


def _row(answer: Answer) -> dict[str, object]:
    held_out = answer.data.held_out
    told = {f"{model} before": value for model, value in zip(MODELS, answer.reference, strict=False)}
    return {
        "category": answer.name,
        "choices judged": int(held_out.sum()),
        "choices learned from": int((~held_out).sum()),
        "mean alternatives": float(answer.data.available[held_out].sum(axis=1).mean()),
        **dict(zip(MODELS, answer.nats, strict=True)),
        **told,
        "lead": answer.lead[0],
        "lead low": answer.lead[1],
        "lead high": answer.lead[2],
        "ridge": answer.columns[2].ridge,
    }


def _coefficients(answer: Answer) -> pd.DataFrame:
    column = answer.columns[2]
    model = column.model
    return pd.DataFrame(
        {"category": answer.name, "trait": column.names, "coefficient": model.coefficients, "error": model.errors}
    )


def _price_row(answer: Answer) -> dict[str, object]:
    price, plain = answer.price, answer.plain_price
    if price is None or plain is None:
        return {}
    low, high = price.interval
    logit = answer.columns[0].model
    return {
        "category": answer.name,
        "double machine learning": price.elasticity,
        "low": low,
        "high": high,
        "spread over SKUs": price.spread,
        "least of a SKU": float(price.by_sku.min()),
        "most of a SKU": float(price.by_sku.max()),
        "plain regression": plain[0],
        "logit": float(logit.coefficients[0]),
        "price left": price.price_left,
    }


def _figure(answers: list[Answer]) -> Figure:
    """Bars of held-out nats, a group a category; ticks mark what was measured before."""
    figure = Figure(figsize=(9.0, 4.2), layout="constrained")
    axes = figure.add_subplot()
    places: Floats = np.arange(len(answers), dtype=np.float64)
    for nth, (model, colour) in enumerate(zip(MODELS, (MUTED, SOFT, WARM, STRONG), strict=True)):
        at = places + (nth - 1.5) * 0.2
        axes.bar(at, [each.nats[nth] for each in answers], width=0.18, color=colour, label=model)
        if nth < len(MODELS) - 1:
            axes.scatter(at, [each.reference[nth] for each in answers], marker="_", s=140, color="black", zorder=3)
    axes.set_xticks(places, [each.name for each in answers])
    axes.set_ylabel("nats a held-out choice, lower is better")
    axes.set_title("Held-out choices of households; ticks: as measured before", loc="left", fontsize=10)
    axes.legend(frameon=False, ncols=4, fontsize=8)
    return figure
