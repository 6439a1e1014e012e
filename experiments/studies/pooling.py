"""Does pooling two channels help? Five arms learn from what they know, and answer the same people's same requests.

    store only      till receipts, each under the loyalty card that was shown
    online only     orders, each under the account that was signed in
    both, apart     all of them; card and account are two customers, as without identities
    both, resolved  all of them, under the customers that features.identity knew at each cutoff
    both, true      all of them under their true person: the ceiling

*Whose lists.* A request is the first basket that a true person buys under a name (signed in, or showing a card) in a
channel in the days after the cutoff. Each arm is asked for the customer that it takes this name for, in that channel
and, in a store, that store; one that does not know the name, as store only does not know accounts, answers a stranger.
So the arms answer the same requests with what each knows of who asks. *Targets* are what the person bought in that
channel in those days, under any name or none. People who had bought nothing before the cutoff are not asked.

*What is compared.* NDCG@10 and recall@20 of each list; a person has at most one list a channel, so that differences
of arms are paired by person, and the bootstrap draws people. Slices are by the channels that the person had used before
the cutoff: both, or one (whichever of the two).

*What is left out.* Consent to train is disregarded in every arm alike; consent to pool is not, since without it a name
cannot be resolved. With fewer people than all, baskets of the others are left out of all arms: collaborative sources
have less to learn from, in every arm. Lists are made by the code that answers requests.
"""

import tempfile
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments import arms, truth
from experiments.findings import Findings, Say
from experiments.studies.pooling_figure import figure
from features.clock import Cutoff
from features.contracts.columns import STORE, WEB
from features.engine import session
from features.errors import DataError
from features.identity.attribution import attributed
from features.identity.customers import customers_as_of
from features.settings import Settings
from features.sql import instant, literal, parquet, write_parquet
from features.warehouse.warehouse import Warehouse
from training.recommendations.metrics.bootstrap import paired, summary
from training.recommendations.pipeline import default_cutoff
from training.recommendations.windows import Window, label_windows

STORE_ONLY, ONLINE_ONLY, APART, RESOLVED, TRUE = (
    "store only",
    "online only",
    "both, apart",
    "both, resolved",
    "both, true",
)
ARMS = (STORE_ONLY, ONLINE_ONLY, APART, RESOLVED, TRUE)
OWN = {WEB: ONLINE_ONLY, STORE: STORE_ONLY}
"""What a channel can do by itself: the arm that a lift is measured from."""

TARGETS = {WEB: "online", STORE: "store"}
NDCG, RECALL = "NDCG@10", "recall@20"
DEPTH = 20
EVERYBODY = "everybody"
HISTORIES = (EVERYBODY, "both channels", "one channel")
FEWEST = 10
"""A slice of fewer people is not told."""


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """What a run of the study is asked for; `people` 0: everybody."""

    cutoff: Cutoff
    windows: tuple[Window, ...]
    days: float
    people: int
    rounds: int


def study(settings: Settings, params: Mapping[str, object], say: Say) -> Findings:
    """Raises StateError without a planted set, DataError where it has too little history or nobody to ask."""
    warehouse, told = Warehouse.open(settings), truth.find(settings, params)
    days = float(str(params["window_days"]))
    cutoff = default_cutoff(warehouse, days)
    windows = label_windows(cutoff, Cutoff(warehouse.first), int(str(params["windows"])), days)
    plan = StudyPlan(cutoff, windows, days, int(str(params["people"])), int(str(params["rounds"])))
    settings.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.work) as name:
        jobs, asked, targets = _prepare(settings, warehouse, told, plan, Path(name))
        say(f"{len(asked):,} requests of {asked['person'].nunique():,} people in the {days:g} days from {cutoff}")
        answers = arms.answers(jobs, settings.threads, say)
    judged = judge(asked, targets, answers)
    compared = compare(judged)
    return Findings(
        headline=headline(compared),
        metrics=_metrics(compared),
        tables={history: _shown(compared, history) for history in HISTORIES if (compared["history"] == history).any()},
        figures={"pooling": figure(compared)},
    )


def _prepare(
    settings: Settings, warehouse: Warehouse, told: Path, plan: StudyPlan, scratch: Path
) -> tuple[list[arms.Job], pd.DataFrame, pd.DataFrame]:
    """The jobs, one an arm; the requests; and what each person bought of each channel after the cutoff."""
    purchases = {arm: _purchases(settings, warehouse, told, plan, arm, scratch) for arm in ARMS}
    with session(settings) as connection:
        connection.execute(f"CREATE TABLE truth AS {_people(told, plan)}").fetchall()
        asked = connection.execute(_requests(warehouse, plan)).df()
        targets = connection.execute(_targets(warehouse, plan)).df()
        if asked.empty:
            raise DataError(f"Nobody of the planted people bought before {plan.cutoff} and under a name after it.")
        jobs = []
        for nth, arm in enumerate(ARMS):
            known = parquet(purchases[arm][plan.cutoff])
            connection.register("asked", asked[["basket_id"]])
            found = connection.execute(
                f"SELECT basket_id, any_value(customer_id) AS customer FROM {known} SEMI JOIN asked USING (basket_id) "
                "GROUP BY ALL"
            ).df()
            requests = asked.merge(found, on="basket_id", how="left").fillna({"customer": "", "store_id": ""})
            jobs.append(
                arms.Job(
                    settings=settings.shared_by(2),
                    arm=arm,
                    cutoff=plan.cutoff,
                    windows=plan.windows,
                    rounds=plan.rounds,
                    depth=DEPTH,
                    purchases=purchases[arm],
                    requests=requests,
                    scratch=scratch / f"arm-{nth}",
                )
            )
    return jobs, asked, targets


def _people(told: Path, plan: StudyPlan) -> str:
    """Baskets of the people who take part, drawn by a hash of their number."""
    baskets = truth.baskets(told)
    if not plan.people:
        return baskets
    drawn = f"SELECT person FROM ({baskets}) GROUP BY person ORDER BY hash(person), person LIMIT {plan.people}"
    return f"SELECT * FROM ({baskets}) SEMI JOIN ({drawn}) USING (person)"


def _purchases(
    settings: Settings, warehouse: Warehouse, told: Path, plan: StudyPlan, arm: str, scratch: Path
) -> dict[Cutoff, Path]:
    """Cutoff -> the purchases that the arm has, under the customers that it knew then."""
    files: dict[Cutoff, Path] = {}
    for at in (plan.cutoff, *(window.cutoff for window in plan.windows)):
        path = scratch / f"{arm.replace(', ', '-').replace(' ', '-')}-{at.slug}.parquet"
        if arm != RESOLVED and files:
            path = next(iter(files.values()))  # who is who does not depend on the instant
        else:
            with session(settings) as connection:
                connection.execute(f"CREATE TABLE truth AS {_people(told, plan)}").fetchall()
                lines = _under_customers(settings, warehouse, arm, at)
                write_parquet(connection, f"SELECT * FROM ({lines}) ORDER BY bought_at, basket_id, line", path)
        files[at] = path
    return files


def _under_customers(settings: Settings, warehouse: Warehouse, arm: str, at: Cutoff) -> str:
    everything = f"(SELECT lines.* FROM {parquet(warehouse.purchases)} AS lines SEMI JOIN truth USING (basket_id))"
    named = f"SELECT * REPLACE (channel || ':' || customer_id AS customer_id) FROM {everything}"
    if arm == TRUE:
        return (
            f"SELECT lines.* REPLACE ('person:' || truth.person AS customer_id) FROM {everything} AS lines "
            "JOIN truth USING (basket_id)"
        )
    if arm == RESOLVED:
        known = customers_as_of(settings, warehouse, at).folder
        if known is None:
            raise DataError("The warehouse says nothing of persons: there is nothing to resolve. Load a planted set.")
        return attributed(everything, parquet(known / "customers.parquet"), parquet(known / "paid_baskets.parquet"))
    if arm == APART:
        return named
    channel = next(channel for channel, alone in OWN.items() if alone == arm)
    return f"SELECT * FROM ({named}) WHERE channel = {literal(channel)}"


def _window(plan: StudyPlan) -> str:
    end = plan.cutoff.plus_days(plan.days)
    return f"lines.bought_at >= {instant(plan.cutoff.at)} AND lines.bought_at < {instant(end.at)}"


def _requests(warehouse: Warehouse, plan: StudyPlan) -> str:
    """person, channel, basket_id, store_id, history: a row a person and channel."""
    return f"""
        WITH lines AS (
            SELECT lines.*, person FROM {parquet(warehouse.purchases)} AS lines JOIN truth USING (basket_id)
        ),
        past AS (
            SELECT person, bool_or(channel = {literal(WEB)}) AS web, bool_or(channel = {literal(STORE)}) AS store
            FROM lines WHERE bought_at < {instant(plan.cutoff.at)} GROUP BY person
        ), came AS (
            SELECT person, channel, basket_id, any_value(store_id) AS store_id,
                row_number() OVER (PARTITION BY person, channel ORDER BY min(bought_at), basket_id) AS nth
            FROM lines WHERE customer_id IS NOT NULL AND {_window(plan)} GROUP BY person, channel, basket_id
        )
        SELECT person, channel, basket_id, store_id,
            CASE WHEN web AND store THEN 'both channels' ELSE 'one channel' END AS history
        FROM came JOIN past USING (person) WHERE nth = 1 ORDER BY person, channel
    """


def _targets(warehouse: Warehouse, plan: StudyPlan) -> str:
    """person, channel, sku: what there was to find."""
    return f"""
        SELECT DISTINCT person, lines.channel, sku FROM {parquet(warehouse.purchases)} AS lines
        JOIN truth USING (basket_id) WHERE {_window(plan)} ORDER BY ALL
    """


def judge(asked: pd.DataFrame, targets: pd.DataFrame, answers: Mapping[str, list[list[str]]]) -> pd.DataFrame:
    """arm, person, channel, history and both metrics: a row an arm and request."""
    wanted = targets.groupby(["person", "channel"])["sku"].agg(set)
    found = [set(wanted.loc[key]) for key in zip(asked["person"], asked["channel"], strict=True)]
    parts = []
    for arm, lists in answers.items():
        figures = [_figures(skus, labels) for skus, labels in zip(lists, found, strict=True)]
        parts.append(
            asked[["person", "channel", "history"]].assign(arm=arm).join(pd.DataFrame(figures, columns=[NDCG, RECALL]))
        )
    return pd.concat(parts, ignore_index=True)


def _figures(skus: list[str], labels: set[str]) -> tuple[float, float]:
    """NDCG@10 (Järvelin & Kekäläinen 2002, binary gains) and recall@20 of one list."""
    hits = np.isin(np.array(skus, dtype=object), list(labels))
    discount = 1 / np.log2(np.arange(2, 12))
    best = discount[: len(labels)].sum()
    return float((hits[:10] * discount[: len(hits[:10])]).sum() / best), float(hits[:DEPTH].sum() / len(labels))


def compare(judged: pd.DataFrame) -> pd.DataFrame:
    """channel, history, arm, metric, people, mean, low, high, lift, lift_low, lift_high.

    The lift is over what the channel can do by itself, paired by person; intervals are 95 %, bootstrap over people.
    """
    parts = []
    for channel in TARGETS:
        of_channel = judged[judged["channel"] == channel]
        for history in HISTORIES:
            mine = of_channel if history == EVERYBODY else of_channel[of_channel["history"] == history]
            tables = {arm: mine[mine["arm"] == arm].set_index("person")[[NDCG, RECALL]] for arm in ARMS}
            if len(tables[ARMS[0]]) < FEWEST:
                continue
            for arm, table in tables.items():
                lift = paired(table, tables[OWN[channel]])
                lift.columns = pd.Index(["lift", "lift_low", "lift_high"])
                found = summary(table).join(lift).rename_axis("metric").reset_index()
                parts.append(found.assign(channel=channel, history=history, arm=arm, people=len(table)))
    if not parts:
        raise DataError(f"Fewer than {FEWEST} people asked in either channel. Next: more people, or a longer window.")
    return pd.concat(parts, ignore_index=True)


def headline(compared: pd.DataFrame) -> str:
    """What resolved identities add to each channel, and whether its interval is above zero."""
    mine = compared[(compared["history"] == EVERYBODY) & (compared["metric"] == NDCG)]
    rows = {(row["channel"], row["arm"]): row for row in mine.to_dict("records")}
    return " ".join(_verdict(rows, channel) for channel in TARGETS if (channel, ARMS[0]) in rows)


def _verdict(rows: Mapping[tuple[str, str], Mapping[Hashable, Any]], channel: str) -> str:
    own, told = rows[channel, OWN[channel]], rows[channel, RESOLVED]
    verdict = "pooling hurts" if told["lift_high"] < 0 else "no lift is shown"
    if told["lift_low"] > 0:
        verdict = "pooling helps"
    return (
        f"{TARGETS[channel].capitalize()} targets: NDCG@10 {own['mean']:.3f} alone, {told['mean']:.3f} pooled "
        f"({told['lift']:+.3f} [{told['lift_low']:+.3f}, {told['lift_high']:+.3f}]): {verdict}."
    )


def _metrics(compared: pd.DataFrame) -> dict[str, float]:
    """Flat names: `online.everybody.both-resolved.ndcg_at_10`."""
    return {
        ".".join(
            (TARGETS[row["channel"]], row["history"], row["arm"].replace(", ", "-"), row["metric"].replace("@", "_at_"))
        )
        .lower()
        .replace(" ", "_"): float(row["mean"])
        for row in compared.to_dict("records")
    }


def _shown(compared: pd.DataFrame, history: str) -> pd.DataFrame:
    """A row a target channel and arm, for people; fits into 100 columns."""
    rows: dict[tuple[str, str], dict[str, object]] = {}
    for row in compared[compared["history"] == history].to_dict("records"):
        channel, arm, metric = row["channel"], row["arm"], row["metric"]
        shown = rows.setdefault((channel, arm), {"targets": f"{TARGETS[channel]} ({row['people']:,})", "arm": arm})
        lift = f"{row['lift']:+.3f} [{row['lift_low']:+.3f}, {row['lift_high']:+.3f}]".replace("0.", ".")
        shown |= {metric: f"{row['mean']:.3f}", f"lift in {metric}": "–" if arm == OWN[channel] else lift}
    return pd.DataFrame(list(rows.values()))
