"""How right are the customers of a planted set? Pairs, whole customers, each evidence, and what was merged wrongly.

A pair is two subjects (accounts or cards). *What the evidence allows*: a pair of one true person is allowed where the
two hang together through records of that person alone, each step of which

- a channel declares (an account that names a card), or
- is a shared e-mail address, phone or member number, or
- is the same family name with the same date of birth, or the same given and family name at the same street, postcode;

identifiers that are too common to say anything are left out, and so are steps between two parties where one of the two
did not consent to pool: nobody may take them. A pair of one person that shares nothing of this cannot be told from
two strangers; it counts in `recall of all pairs` only.
"""

from collections.abc import Mapping

import pandas as pd

from experiments import truth
from experiments.findings import Findings, Goal, Say
from experiments.models.identity_accuracy import Accuracy, by_evidence, false_merges, pairwise, whole_customers
from features.engine import Session, session
from features.errors import DataError
from features.identity.components import components
from features.identity.customers import resolution
from features.identity.evidence import LINKED
from features.identity.shared import known_before
from features.settings import Settings
from features.sql import literal, parquet
from features.warehouse.warehouse import Warehouse

PRECISION, RECALL = 0.995, 0.90
ALLOWING: dict[str, tuple[str, ...]] = {
    "email": ("email",),
    "phone": ("phone",),
    "member_number": ("member_number",),
    "name and birth date": ("family_name", "birth_date"),
    "name and address": ("given_name", "family_name", "street", "postcode"),
}
"""What two records have to share, all of it, to be told for one person."""


def study(settings: Settings, params: Mapping[str, object], say: Say) -> Findings:
    """Raises StateError without a planted set, DataError where its warehouse says nothing of persons."""
    warehouse, told = Warehouse.open(settings), truth.find(settings, params)
    version = resolution(settings, warehouse)
    if version is None:
        raise DataError("The warehouse has no accounts and no loyalty cards. Next: load a planted set.")
    with session(settings) as connection:
        for name in ("evidence", "links", "customers"):
            connection.execute(f"CREATE TABLE {name} AS FROM {parquet(version / f'{name}.parquet')}").fetchall()
        connection.execute(f"CREATE TABLE truth AS {truth.subjects(told)}").fetchall()
        consents = warehouse.input("consents")
        allow(connection, parquet(consents) if consents.is_file() else None)
        say("what the evidence allows is known")
        allowed = _allowed(connection)
        pairs, whole = pairwise(connection, "customers", "truth"), whole_customers(connection, "customers", "truth")
        evidence = by_evidence(connection, "links", "truth")
        wrong = false_merges(connection, "links", "customers", "truth", most=int(str(params["false_merges"])))
    return _findings(pairs, allowed, whole, evidence, wrong)


def allow(connection: Session, consents: str | None) -> None:
    """Make the table `allowed` (subject, root): subjects of one person that the evidence lets hang together."""
    known_before(connection, "evidence", None, "known", consents)
    connection.execute("""
        CREATE TABLE owned AS SELECT known.*, person FROM known JOIN nodes USING (node) JOIN truth USING (subject)
    """).fetchall()
    pooled = "(l.party = r.party OR (l.is_pooled AND r.is_pooled))"
    steps = [_sharing(types, pooled) for types in ALLOWING.values()]
    steps.append(f"""
        SELECT l.node AS left_node, r.node AS right_node FROM owned AS l JOIN nodes AS other ON other.subject = l.other
        JOIN owned AS r ON r.node = other.node AND r.person = l.person
        WHERE l.type = {literal(LINKED)} AND {pooled}
    """)
    connection.execute(f"""
        CREATE TABLE steps AS SELECT DISTINCT least(left_node, right_node) AS left_node,
            greatest(left_node, right_node) AS right_node FROM ({" UNION ALL ".join(steps)})
    """).fetchall()
    components(connection, "steps", "joined")
    connection.execute(
        "CREATE TABLE allowed AS SELECT subject, coalesce(root, node) AS root FROM nodes LEFT JOIN joined USING (node)"
    ).fetchall()


def _sharing(types: tuple[str, ...], pooled: str) -> str:
    """Pairs of one person's nodes that share a value of every type."""
    listed = ", ".join(map(literal, types))
    return f"""
        SELECT l.node AS left_node, r.node AS right_node FROM owned AS l
        JOIN owned AS r ON r.person = l.person AND r.type = l.type AND r.value = l.value AND l.node < r.node
        WHERE l.type IN ({listed}) AND {pooled} GROUP BY ALL HAVING count(DISTINCT l.type) = {len(types)}
    """


def _allowed(connection: Session) -> Accuracy:
    """Of the pairs that the evidence allows, how many were joined; precision is that of all joined pairs."""
    rows = "(SELECT customer_id, person, root FROM customers JOIN truth USING (subject) JOIN allowed USING (subject))"

    def counted(keys: str) -> str:
        return f"(SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM {rows} GROUP BY {keys}))"

    found, right, there = connection.execute(
        f"SELECT {counted('customer_id')}, {counted('customer_id, person, root')}, {counted('person, root')}"
    ).fetchall()[0]
    return Accuracy(int(found or 0), int(right or 0), int(there or 0))


def _findings(
    pairs: Accuracy, allowed: Accuracy, whole: Accuracy, evidence: dict[str, Accuracy], wrong: pd.DataFrame
) -> Findings:
    measured = {"pairs, all": pairs, "whole customers": whole}
    measured |= {f"links by {name}": one for name, one in evidence.items()}
    accuracy = pd.DataFrame(
        [
            {"what": name, "found": one.found, "precision": one.precision, "recall": one.recall, "F1": one.f1}
            for name, one in measured.items()
        ]
    )
    joined = Accuracy(pairs.found, pairs.right, pairs.true)
    row = {"what": "pairs that the evidence allows", "found": allowed.right, "precision": joined.precision}
    both = joined.precision + allowed.recall
    row |= {"recall": allowed.recall, "F1": 2 * joined.precision * allowed.recall / both if both else 0.0}
    accuracy = pd.concat([pd.DataFrame([row]), accuracy], ignore_index=True)
    return Findings(
        headline=(
            f"Of {pairs.found:,} joined pairs {pairs.precision:.4f} are one person; of the {allowed.true:,} pairs that "
            f"the evidence allows {allowed.recall:.4f} are joined ({pairs.recall:.4f} of all {pairs.true:,})."
        ),
        metrics={
            "pairs.precision": pairs.precision,
            "pairs.recall_of_allowed": allowed.recall,
            "pairs.recall_of_all": pairs.recall,
            "customers.f1": whole.f1,
        },
        tables={"accuracy": accuracy, "false merges": wrong},
        goals=(
            Goal("precision", f"{pairs.precision:.4f}", f"≥ {PRECISION}", pairs.precision >= PRECISION),
            Goal("recall of allowed pairs", f"{allowed.recall:.4f}", f"≥ {RECALL}", allowed.recall >= RECALL),
        ),
    )
