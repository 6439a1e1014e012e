"""The optimiser on random shops: bounds against every list, distance to the best known, proven gaps, and its size."""

import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from experiments.findings import Findings, Goal, Say
from experiments.studies.optimiser_cases import chain, every_list, one_shelf, stores_of
from features.settings import Settings
from training.assortments.optimiser.audit import audit
from training.assortments.optimiser.plan import relative_gap
from training.assortments.optimiser.problem import AssortmentProblem
from training.assortments.optimiser.selection import best_selection, cheap_bound_cents
from training.assortments.optimiser.shelf import Shelf, shelves
from training.assortments.optimiser.shelf_search import search
from training.assortments.optimiser.solve import solve
from training.assortments.optimiser.stores import plan_stores

_SIZES = ((50, 5), (100, 5), (200, 5), (60, 25), (100, 10), (200, 10), (100, 25), (200, 25))
"""SKUs and classes of the instances, in turn."""
_BUDGETS = (2.0, 10.0)
"""Seconds at which gaps are looked at on the way, before the whole time."""
_STARTS = 20
_ROUNDING = 1e-9


def study(_settings: Settings, params: Mapping[str, object], say: Say) -> Findings:
    """What the module says.

    tiny            cases of at most 14 SKUs, held against every list
    instances       cases of 50 to 200 SKUs and 5 to 25 classes, `seconds` each; `largest` SKUs at most
    clusters, skus  of the chain that shares costs of listing, in `chain_seconds`
    stores          of the same chain, each with a list of its own
    """
    given = {name: int(str(value)) for name, value in params.items()}
    tiny = _tiny(given["tiny"], given["seed"], say)
    gaps = _instances(given, say)
    wide = chain(given["clusters"], given["skus"], 5, given["seed"])
    large = pd.DataFrame([_chain(wide, given, say), _stores(wide, given, say)])
    at_end = gaps[gaps["budget, s"] == given["seconds"]]
    metrics = {
        "tiny_bounds_valid": float((tiny["bound"] >= tiny["best"] * (1 - _ROUNDING)).mean()),
        "tiny_cheap_bounds_valid": float((tiny["cheap bound"] >= tiny["best"] * (1 - _ROUNDING)).mean()),
        "tiny_optimal": float((tiny["profit"] >= tiny["best"] * (1 - _ROUNDING)).mean()),
        "loss_to_best_known_max": float(at_end["loss to best known"].max()),
        "search_loss_to_best_known_max": float(at_end["search's loss"].max()),
        "gap_median": float(at_end["gap"].median()),
        "gap_max": float(at_end["gap"].max()),
        "gap_within_tenth_percent": float((at_end["gap"] <= 1e-3).mean()),
        "seconds_max": float(at_end["seconds"].max()),
        "chain_gap": float(large["gap"].iloc[0]),
        "chain_seconds": float(large["seconds"].iloc[0]),
        "stores_gap": float(large["gap"].iloc[1]),
        "stores_seconds": float(large["seconds"].iloc[1]),
        "audit_faults": float(tiny["faults"].sum() + gaps["faults"].sum() + large["faults"].sum()),
    }
    return Findings(
        headline=(
            f"{metrics['gap_within_tenth_percent']:.0%} of {len(at_end)} instances are proven within 0.1 %; "
            f"{metrics['tiny_bounds_valid']:.0%} of {len(tiny)} bounds hold against every list; "
            f"{large['size'].iloc[0]} within {metrics['chain_gap']:.2%}; "
            f"{large['size'].iloc[1]} in {metrics['stores_seconds']:.0f} s."
        ),
        metrics=metrics,
        tables={"instances": gaps, "large": large, "tiny": tiny.head(20)},
        figures={"gap_distribution": _distribution(at_end), "gap_over_time": _over_time(gaps)},
        goals=_goals(metrics, (len(tiny), len(at_end), given["stores"])),
    )


def _tiny(count: int, seed: int, say: Say) -> pd.DataFrame:
    """A row per case: the best of all lists, what was found, both bounds, in cents."""
    say(f"{count} tiny shops against every list")
    rows = []
    for nth in range(count):
        problem = one_shelf(8 + nth % 7, 1 + nth % 5, seed + nth)
        _, best = every_list(problem)
        plan = solve(problem, 5.0)
        cheap = cheap_bound_cents(shelves(problem)[0])
        faults = len(audit(problem, plan).faults)
        rows.append(
            (nth, len(problem.skus), problem.shape[1], best, plan.profit_cents, plan.bound_cents, cheap, faults)
        )
    names = ["case", "SKUs", "classes", "best", "profit", "bound", "cheap bound", "faults"]
    return pd.DataFrame(rows, columns=names)


def _instances(given: Mapping[str, int], say: Say) -> pd.DataFrame:
    """A row per instance and budget; budgets after the one that proved enough repeat its row."""
    rows: list[dict[str, float]] = []
    for nth in range(given["instances"]):
        skus, classes = _SIZES[nth % len(_SIZES)]
        problem = one_shelf(min(skus, given["largest"]), classes, given["seed"] + 1000 + nth)
        found = _budgets(problem, float(given["seconds"]), given["seed"] + nth)
        rows += [{"case": nth, **row} for row in found]
        last = found[-1]
        say(f"{skus} SKUs × {classes} classes: gap {last['gap']:.4%} in {last['seconds']:.0f} s")
    return pd.DataFrame(rows)


def _budgets(problem: AssortmentProblem, seconds: float, seed: int) -> list[dict[str, float]]:
    shelf = shelves(problem)[0]
    began = time.perf_counter()
    quick = search(shelf)
    took = time.perf_counter() - began
    by_search = 0.0 if quick is None else shelf.profit_cents(quick)
    best, rows = _best_known(shelf, seed), []
    plan = solve(problem, min(_BUDGETS[0], seconds))
    for budget in sorted({*(one for one in _BUDGETS if one < seconds), seconds}):
        if plan.gap > 1e-4 and budget > min(_BUDGETS[0], seconds):
            plan = solve(problem, budget)
        rows.append(
            {
                "budget, s": budget,
                "profit": plan.profit_cents,
                "gap": plan.gap,
                "seconds": plan.seconds,
                "faults": float(len(audit(problem, plan).faults)),
            }
        )
        best = max(best, plan.profit_cents)
    shape = {"SKUs": float(len(shelf.may)), "classes": float(len(shelf.weight))}
    cheap = relative_gap(plan.profit_cents, cheap_bound_cents(shelf))
    shared = {"search's loss": 1 - by_search / best, "search, s": took, "gap of cheap bound": cheap}
    return [{**shape, **row, "loss to best known": 1 - row["profit"] / best, **shared} for row in rows]


def _best_known(shelf: Shelf, seed: int) -> float:
    """The best of many more starts than the optimiser takes: lists that are best for random scores."""
    draw = np.random.default_rng(seed)
    starts = [best_selection(shelf, draw.random(len(shelf.may)))[0] for _ in range(_STARTS)]
    found = search(shelf, tuple(start for start in starts if start is not None))
    return -np.inf if found is None else shelf.profit_cents(found)


def _chain(wide: AssortmentProblem, given: Mapping[str, int], say: Say) -> dict[str, object]:
    clusters, _, skus = wide.shape
    say(f"{skus} SKUs × {clusters} clusters that share costs of listing")
    plan = solve(wide, float(given["chain_seconds"]), gap=1e-3)
    faults = len(audit(wide, plan).faults)
    size = f"{skus} SKUs × {clusters} clusters"
    return {"size": size, "profit": plan.profit_cents, "gap": plan.gap, "seconds": plan.seconds, "faults": faults}


def _stores(wide: AssortmentProblem, given: Mapping[str, int], say: Say) -> dict[str, object]:
    problem, group = stores_of(wide, given["stores"], given["seed"])
    size = f"{len(problem.skus)} SKUs × {len(problem.clusters):,} stores"
    say(f"{size}, each with a list of its own")
    plan = plan_stores(problem, group, seconds=float(given["chain_seconds"]))
    faults = len(audit(problem, plan).faults)
    return {"size": size, "profit": plan.profit_cents, "gap": plan.gap, "seconds": plan.seconds, "faults": faults}


def _goals(found: Mapping[str, float], counts: tuple[int, int, int]) -> tuple[Goal, ...]:
    tiny, instances, stores = counts
    within, loss, gap = found["gap_within_tenth_percent"], found["loss_to_best_known_max"], found["chain_gap"]
    store_seconds, faults = found["stores_seconds"], found["audit_faults"]
    valid = found["tiny_bounds_valid"]
    return (
        Goal(f"bounds of {tiny} tiny shops against every list", f"{valid:.1%} hold", "100 %", valid == 1.0),
        Goal(f"profit of {instances} instances", f"{loss:.4%} below the best known at most", "≤ 0.02 %", loss <= 2e-4),
        Goal("proven gap ≤ 0.1 % in 60 s", f"{within:.0%} of instances", "≥ 90 %", within >= 0.9),
        Goal(
            "clusters that share costs", f"{gap:.2%} in {found['chain_seconds']:.0f} s", "≤ 1 % in 600 s", gap <= 0.01
        ),
        Goal(
            f"{stores:,} stores",
            f"{store_seconds:.0f} s, gap {found['stores_gap']:.2%}",
            "≤ 900 s",
            store_seconds <= 900,
        ),
        Goal("audits", f"{faults:.0f} faults", "none", faults == 0),
    )


def _distribution(at_end: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.add_subplot()
    gaps = np.sort(at_end["gap"].to_numpy(dtype=float)) * 100
    axes.step(np.maximum(gaps, 1e-4), np.arange(1, len(gaps) + 1) / len(gaps), where="post")
    axes.axvline(0.1, color="grey", linestyle=":")
    axes.set(xscale="log", xlabel="proven gap, %", ylabel="share of instances", ylim=(0, 1.02))
    axes.set_title("How close to the optimum plans are proven to be")
    return figure


def _over_time(gaps: pd.DataFrame) -> Figure:
    figure = Figure(figsize=(6.4, 4), layout="constrained")
    axes = figure.add_subplot()
    for _, rows in gaps.groupby("case"):
        axes.plot(rows["budget, s"], np.maximum(rows["gap"] * 100, 1e-4), color="steelblue", alpha=0.5, marker=".")
    axes.axhline(0.1, color="grey", linestyle=":")
    axes.set(xscale="log", yscale="log", xlabel="time allowed, s", ylabel="proven gap, %")
    axes.set_title("The gap of each instance by the time allowed")
    return figure
