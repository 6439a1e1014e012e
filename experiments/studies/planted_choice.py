"""Assortments for planted shoppers: what plans lose to those made with the truth, and what is known of transfer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.findings import Findings, Goal, Say
from experiments.models.climb import climbed
from experiments.models.price_cuts import controlled
from experiments.simulator.shoppers import Size, World, best_list, observe, plant, true_transfer
from features.settings import Settings
from training.assortments.choice.attraction import Attraction, averaged
from training.assortments.choice.classes import choose
from training.assortments.choice.estimate import fit
from training.assortments.choice.latent_class import LatentClass
from training.assortments.choice.panel import Flags, Floats, Panel
from training.assortments.choice.transfer import Transfer, intervals, transfer

RATE, ONE_LIST, CHAIN_LOGIT, PLAN = "rate of sale × margin", "one list for the chain", "chain logit", "latent classes"
_OTHER_TRUTHS = ("nested", "markov", "ranking")


@dataclass(frozen=True, slots=True)
class Options:
    """What the definition's parameters say; `kinds` and `seeds` are joined by |."""

    kinds: tuple[str, ...]
    seeds: tuple[int, ...]
    size: Size
    stock_outs: float
    most_classes: int
    replicates: int

    @classmethod
    def of(cls, params: Mapping[str, object]) -> "Options":
        number = {name: int(str(params[name])) for name in ("skus", "stores", "weeks", "visits")}
        return cls(
            kinds=tuple(str(params["kinds"]).split("|")),
            seeds=tuple(int(seed) for seed in str(params["seeds"]).split("|")),
            size=Size(**number),
            stock_outs=float(str(params["stock_outs"])),
            most_classes=int(str(params["most_classes"])),
            replicates=int(str(params["replicates"])),
        )


def study(_settings: Settings, params: Mapping[str, object], say: Say) -> Findings:
    """Each kind of shopper with each seed: plan from what an analyst sees, and judge under the truth.

    kinds, seeds        of worlds, joined by |; intervals are made for the first kind only, as they cost most
    skus, stores, weeks, visits, stock_outs   how large worlds are, and the share of listed SKUs that is out in a week
    most_classes        of the latent-class model; how many classes is found on choices kept aside
    replicates          resamples of an interval
    """
    options = Options.of(params)
    worlds, known = [], []
    for kind in options.kinds:
        for seed in options.seeds:
            row, covered = _world(kind, seed, options, has_intervals=kind == options.kinds[0])
            worlds.append(row)
            known.extend(covered)
            say(f"{kind}, seed {seed}: {row[PLAN]:.2%} below the oracle with {row['classes']} classes")
    table, inside = pd.DataFrame(worlds), np.array(known, dtype=float)
    summary = table.groupby("truth", sort=False)[[RATE, ONE_LIST, CHAIN_LOGIT, PLAN, "diversion error"]].mean()
    metrics = _metrics(table, inside)
    return Findings(
        headline=_headline(summary, options),
        metrics=metrics,
        tables={"profit lost, mean": summary.reset_index(), "worlds": table},
        figures={"profit_lost": _figure(summary)},
        goals=_goals(table, metrics, options),
    )


def _world(kind: str, seed: int, options: Options, *, has_intervals: bool) -> tuple[dict[str, object], list[bool]]:
    """A row of the table of worlds, and for each SKU whether the interval of its incremental share holds the truth."""
    world = plant(kind, seed, options.size)
    panel = controlled(observe(world, options.stock_outs, seed, options.size))
    chosen = choose(panel, options.most_classes)
    lists = {
        RATE: _by_rate(world, panel, each=True),
        ONE_LIST: _by_rate(world, panel, each=False),
        CHAIN_LOGIT: _planned(world, panel, [fit(panel, 1)]),
        PLAN: _planned(world, panel, chosen.committee),
    }
    starts = (lists[CHAIN_LOGIT], lists[PLAN])
    best = [best_list(world, store, [plan[store] for plan in starts]) for store in range(len(world.mix))]
    top = _profit(world, np.array(best))
    now = _last_lists(panel)
    truth = true_transfer(world, now)
    row: dict[str, object] = {"truth": kind, "seed": seed, "classes": chosen.model.classes}
    row |= {name: 1 - _profit(world, plan) / top for name, plan in lists.items()}
    row["diversion error"] = _diversion_error(transfer(_attraction(world, chosen.model), now, world.visits), truth)
    covered = _covered(world, panel, chosen.model, now, truth, options, seed) if has_intervals else []
    return row, covered


def _attraction(world: World, model: LatentClass) -> Attraction:
    """At usual prices, nothing on display."""
    return model.attraction(np.zeros((len(world.price), len(model.trait_names))))


def _planned(world: World, panel: Panel, models: Sequence[LatentClass]) -> Flags:
    """(S, n) a list for each store, by search under all models at once, from nothing and from what sells and earns."""
    attraction = averaged([_attraction(world, model) for model in models])
    return climbed(attraction, world.unit_profit, world.max_skus, [_by_rate(world, panel, each=True)])


def _by_rate(world: World, panel: Panel, *, each: bool) -> Flags:
    """(S, n) the SKUs that earn most a week on the shelf: in each store, or in the chain where it has not had one."""
    counts, weeks = np.zeros((2, len(world.mix), len(world.price)))
    np.add.at(counts, panel.store, panel.counts)
    np.add.at(weeks, panel.store, panel.available)
    chain = counts.sum(axis=0) / np.maximum(weeks.sum(axis=0), 1)
    own = np.where(weeks > 0, counts / np.maximum(weeks, 1), chain)
    earned = (own if each else np.broadcast_to(chain, own.shape)) * world.unit_profit
    rank = np.argsort(np.argsort(-earned, axis=1, kind="stable"), axis=1)
    return np.asarray(rank < world.max_skus[:, None])


def _profit(world: World, lists: Flags) -> float:
    return float(sum(world.profit(store, listed[None])[0] for store, listed in enumerate(lists)))


def _last_lists(panel: Panel) -> Flags:
    """(S, n) what was on the shelf in any of the last four weeks of each store."""
    rows = [np.flatnonzero(panel.store == store)[-4:] for store in range(panel.shape[2])]
    return np.array([panel.available[row].any(axis=0) for row in rows])


def _diversion_error(found: Transfer, truth: Transfer) -> float:
    """Share of a missing SKU's demand that is sent to the wrong place, by demand: total variation, leaving included."""
    wrong = 0.5 * (np.abs(found.moved - truth.moved).sum(axis=1) + np.abs(found.walked - truth.walked))
    return float(np.average(wrong, weights=truth.demand))


def _covered(
    world: World, panel: Panel, model: LatentClass, now: Flags, truth: Transfer, options: Options, seed: int
) -> list[bool]:
    def walked(one: LatentClass) -> Floats:
        return transfer(_attraction(world, one), now, world.visits).walked

    found = intervals(model, panel, walked, seed, options.replicates)
    inside = (found.low <= truth.walked) & (truth.walked <= found.high)
    return [bool(one) for one in inside[truth.demand > 0]]


def _metrics(table: pd.DataFrame, inside: Floats) -> dict[str, float]:
    found = {}
    for kind in (str(name) for name in table["truth"].unique()):
        rows = table[table["truth"] == kind]
        found[f"gap_mean.{kind}"] = float(rows[PLAN].mean())
        found[f"gap_max.{kind}"] = float(rows[PLAN].max())
        found[f"gap_rate_of_sale.{kind}"] = float(rows[RATE].mean())
        found[f"gap_one_list.{kind}"] = float(rows[ONE_LIST].mean())
        found[f"gap_chain_logit.{kind}"] = float(rows[CHAIN_LOGIT].mean())
        found[f"diversion_error.{kind}"] = float(rows["diversion error"].mean())
    return found | {"coverage_80": float(inside.mean())}


def _headline(summary: pd.DataFrame, options: Options) -> str:
    lost = {name: summary[name].to_numpy(float) for name in (PLAN, RATE, ONE_LIST)}
    plans = ", ".join(f"{kind} {lost[PLAN][nth]:.2%}" for nth, kind in enumerate(options.kinds))
    return (
        f"Plans lose to the oracle: {plans}. On {options.kinds[0]} shoppers rate of sale × margin loses "
        f"{lost[RATE][0]:.1%}, one list for the chain {lost[ONE_LIST][0]:.1%}."
    )


def _goals(table: pd.DataFrame, metrics: Mapping[str, float], options: Options) -> tuple[Goal, ...]:
    goals = []
    if "latent" in options.kinds:
        mean, most = metrics["gap_mean.latent"], metrics["gap_max.latent"]
        goals += [
            Goal("gap to the oracle, latent classes, mean", f"{mean:.2%}", "≤ 0.5 %", mean <= 0.005),
            Goal("gap to the oracle, latent classes, worst seed", f"{most:.2%}", "≤ 1.5 %", most <= 0.015),
        ]
    for kind in (kind for kind in _OTHER_TRUTHS if kind in options.kinds):
        mean = metrics[f"gap_mean.{kind}"]
        goals.append(Goal(f"gap to the oracle, {kind}, mean", f"{mean:.2%}", "≤ 2 %", mean <= 0.02))
    ahead = bool((table[PLAN] < table[[RATE, ONE_LIST]].min(axis=1)).all())
    goals.append(Goal("better than rules of thumb in every world", "yes" if ahead else "no", "yes", ahead))
    covered = metrics["coverage_80"]
    goals.append(
        Goal(
            "80 % intervals of incremental shares hold the truth",
            f"{covered:.0%}",
            "76 to 84 %",
            0.76 <= covered <= 0.84,
        )
    )
    return tuple(goals)


def _figure(summary: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    names = [RATE, ONE_LIST, CHAIN_LOGIT, PLAN]
    for nth, name in enumerate(names):
        axes.bar(np.arange(len(summary)) + 0.2 * (nth - 1.5), 100 * summary[name], 0.2, label=name)
    axes.set_xticks(np.arange(len(summary)), [str(kind) for kind in summary.index])
    axes.set_yscale("log")
    axes.set_ylabel("profit lost to the oracle, %")
    axes.set_xlabel("how shoppers choose in truth")
    axes.legend()
    return figure
