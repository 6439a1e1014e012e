"""How right a resolution is, where the truth is known: pairs and whole customers, and what each evidence does.

A pair is two subjects. Precision is the share of joined pairs that are one person; recall the share of pairs of one
person that are joined (Menestrina, Whang and Garcia-Molina 2010, pairwise and cluster F1).
"""

from dataclasses import dataclass

import pandas as pd

from features.engine import Session


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Counts of what was found, what was right, and what there was to find."""

    found: int
    right: int
    true: int

    @property
    def precision(self) -> float:
        """1 where nothing was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """1 where there was nothing to find."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def pairwise(connection: Session, customers: str, truth: str) -> Accuracy:
    """`customers` names a table (subject, customer_id), `truth` one (subject, person); subjects of both count."""
    return _accuracy(
        connection,
        f"""
        WITH rows AS (SELECT customer_id, person FROM {customers} JOIN {truth} USING (subject)),
        met AS (SELECT customer_id, person, count(*) AS n FROM rows GROUP BY ALL)
        SELECT (SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM rows GROUP BY customer_id)),
            (SELECT sum(n * (n - 1) // 2) FROM met),
            (SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM rows GROUP BY person))
        """,
    )


def whole_customers(connection: Session, customers: str, truth: str) -> Accuracy:
    """Customers that hold all the subjects of one person and no other."""
    return _accuracy(
        connection,
        f"""
        WITH rows AS (SELECT customer_id, person FROM {customers} JOIN {truth} USING (subject)),
        sizes AS (SELECT customer_id, count(*) AS n, count(DISTINCT person) AS people, min(person) AS person
                  FROM rows GROUP BY customer_id),
        people AS (SELECT person, count(*) AS n FROM rows GROUP BY person)
        SELECT (SELECT count(*) FROM sizes),
            (SELECT count(*) FROM sizes JOIN people USING (person, n) WHERE sizes.people = 1),
            (SELECT count(*) FROM people)
        """,
    )


def by_evidence(connection: Session, links: str, truth: str) -> dict[str, Accuracy]:
    """Each type of evidence alone, before vetoes and before what follows from several links."""
    rows = connection.execute(f"""
        WITH pairs AS (SELECT DISTINCT type, left_subject, right_subject FROM {links}),
        everyone AS (SELECT sum(n * (n - 1) // 2) AS there FROM (SELECT count(*) AS n FROM {truth} GROUP BY person))
        SELECT type, count(*), count(*) FILTER (l.person = r.person), any_value(there)
        FROM pairs JOIN {truth} AS l ON l.subject = left_subject JOIN {truth} AS r ON r.subject = right_subject,
            everyone
        GROUP BY type ORDER BY type
    """).fetchall()
    return {kind: Accuracy(int(found), int(right), int(true)) for kind, found, right, true in rows}


def false_merges(connection: Session, links: str, customers: str, truth: str, most: int = 100) -> pd.DataFrame:
    """Links inside a customer that join two people, the surest first; one row a link."""
    names = ["left_subject", "right_subject", "type", "score", "customer_id"]
    rows = connection.execute(f"""
        SELECT left_subject, right_subject, type, score, lc.customer_id
        FROM {links} JOIN {customers} AS lc ON lc.subject = left_subject
        JOIN {customers} AS rc ON rc.subject = right_subject AND rc.customer_id = lc.customer_id
        JOIN {truth} AS l ON l.subject = left_subject JOIN {truth} AS r ON r.subject = right_subject
        WHERE l.person <> r.person
        ORDER BY score DESC, left_subject, right_subject, type LIMIT {most}
    """).fetchall()
    return pd.DataFrame(rows, columns=names)


def _accuracy(connection: Session, select: str) -> Accuracy:
    found, right, true = connection.execute(select).fetchall()[0]
    return Accuracy(int(found or 0), int(right or 0), int(true or 0))
