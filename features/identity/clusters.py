"""Customers out of links: what hangs together, unless a veto stands inside."""

from collections import defaultdict
from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from features.identity.agreement import CONFLICT
from features.identity.components import components

STRENGTH = "CASE method WHEN 'decided' THEN 0 WHEN 'declared' THEN 1 WHEN 'shared' THEN 2 ELSE 3 END"


def cluster(connection: DuckDBPyConnection, links: str, profiles: str, apart: str, into: str) -> int:
    """Make the table `into` (node, root) of every node that has a link; return how many components a veto divided.

    `apart` names a table (left_node, right_node) of pairs that someone decided are different people. In a component
    with a veto, links join the strongest first, and a link that would bring together what a veto keeps apart is left.
    """
    connection.execute(f"""
        DELETE FROM {links} USING {apart} WHERE {links}.left_node = {apart}.left_node
            AND {links}.right_node = {apart}.right_node
    """).fetchall()
    components(connection, links, into)
    connection.execute(f"""
        CREATE OR REPLACE TABLE vetoes AS
        SELECT lc.root, lc.node AS left_node, rc.node AS right_node
        FROM {into} AS lc JOIN {into} AS rc ON lc.root = rc.root AND lc.node < rc.node
        JOIN {profiles} AS l ON l.node = lc.node JOIN {profiles} AS r ON r.node = rc.node
        WHERE {CONFLICT}
        UNION
        SELECT lc.root, left_node, right_node FROM {apart}
        JOIN {into} AS lc ON lc.node = left_node JOIN {into} AS rc ON rc.node = right_node AND rc.root = lc.root
    """).fetchall()
    vetoes = connection.execute("SELECT left_node, right_node FROM vetoes").fetchall()
    if not vetoes:
        return 0
    joined = connection.execute(f"""
        SELECT left_node, right_node FROM {links} JOIN {into} ON node = left_node
        WHERE root IN (SELECT root FROM vetoes)
        ORDER BY {STRENGTH}, score DESC, left_node, right_node
    """).fetchall()
    _reassign(connection, into, divided(joined, vetoes))
    return int(connection.execute("SELECT count(DISTINCT root) FROM vetoes").fetchall()[0][0])


def divided(links: Iterable[tuple[int, int]], vetoes: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Each node of `links`, in the order in which they may join, and the least node of its group.

    No group holds both nodes of a veto.
    """
    foes: defaultdict[int, set[int]] = defaultdict(set)
    for left, right in vetoes:
        foes[left].add(right)
        foes[right].add(left)
    groups: dict[int, set[int]] = {}
    for left, right in links:
        one, other = groups.setdefault(left, {left}), groups.setdefault(right, {right})
        if one is other or any(not foes[node].isdisjoint(other) for node in one if node in foes):
            continue
        small, large = sorted((one, other), key=len)
        large |= small
        groups.update(dict.fromkeys(small, large))
    return {node: min(group) for node, group in groups.items()}


def _reassign(connection: DuckDBPyConnection, clusters: str, roots: dict[int, int]) -> None:
    connection.execute(
        "CREATE OR REPLACE TABLE divided_roots AS SELECT unnest(?) AS node, unnest(?) AS root",
        [list(roots), list(roots.values())],
    ).fetchall()
    connection.execute(
        f"UPDATE {clusters} SET root = divided_roots.root FROM divided_roots WHERE {clusters}.node = divided_roots.node"
    ).fetchall()
    connection.execute("DROP TABLE divided_roots").fetchall()
