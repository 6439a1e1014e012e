"""Probable links: Splink's model (Fellegi and Sunter 1969) over hashed names, birth dates, addresses, phones.

How often records of one person agree (m) is written here, from the error rates of retail records: names a few
percent, phones and addresses often, because people have several and move. How often strangers agree (u) is
counted in the data, exactly, and mixed with a prior that only matters where there are few records.
"""

import logging
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from features.identity import agreement
from features.identity.limits import FEWEST_TO_LEARN_FROM, Options
from features.identity.shared import MAY_POOL
from features.sql import count

PRIOR_PAIRS = 1e6
"""The prior of u counts as much as this many pairs of strangers."""
FOUND_BY_STRONG = 0.5
"""The share of all pairs of one person that strong identifiers are taken to find."""


@dataclass(frozen=True, slots=True)
class Level:
    """One degree of agreement."""

    name: str
    condition: str
    """SQL over `field_l` and `field_r`."""
    agree_on: tuple[tuple[str, ...], ...]
    """The sets of fields that strangers agree on by chance at this level, counted for u; none: `prior_u` is u."""
    m: float
    """Only its ratio to u counts, and so do the levels of one comparison without adding up to one."""
    prior_u: float
    frequency_of: str = ""
    """The field whose rare values weigh more than common ones."""


@dataclass(frozen=True, slots=True)
class Comparison:
    name: str
    is_null: str
    levels: tuple[Level, ...]
    """Best first."""
    m_differs: float
    """How often records of one person do not agree at all; for strangers it is nearly always."""


def _both(*fields: str) -> str:
    return " AND ".join(f"{field}_l = {field}_r" for field in fields)


def _either_null(*fields: str) -> str:
    return " OR ".join(f"{field}_l IS NULL OR {field}_r IS NULL" for field in fields)


_YEAR_MONTH, _YEAR_DAY, _MONTH_DAY = (
    ("birth_year", "birth_month"),
    ("birth_year", "birth_day"),
    ("birth_month", "birth_day"),
)
_NEAR_BIRTH = " OR ".join(f"({_both(*pair)})" for pair in (_YEAR_MONTH, _YEAR_DAY, _MONTH_DAY))
_SWAPPED = "birth_year_l = birth_year_r AND birth_day_l = birth_month_r AND birth_month_l = birth_day_r"

_SAME_STREET = _both("street", "postcode")
_NAMESAKES = _both("given_name", "family_name")
_SAME_HOME = f"(({_SAME_STREET}) OR ({_both('phone')}))"

COMPARISONS = (
    Comparison(
        "given",
        _either_null("given_name"),
        (
            Level("same", _both("given_name"), (("given_name",),), 0.9, 1e-2, "given_name"),
            Level("same sound", _both("given_sound"), (("given_sound",),), 0.05, 1e-2),
        ),
        m_differs=0.04,
    ),
    Comparison(
        "family",
        _either_null("family_name"),
        (
            # people of one home share a family name as often as a person keeps one: it says nothing more
            Level("same, at the same home", f"{_both('family_name')} AND {_SAME_HOME}", (), 0.95, 0.88),
            Level("same", _both("family_name"), (("family_name",),), 0.92, 1e-3, "family_name"),
            Level("same sound, at the same home", f"{_both('family_sound')} AND {_SAME_HOME}", (), 0.04, 0.04),
            Level("same sound", _both("family_sound"), (("family_sound",),), 0.04, 3e-3),
        ),
        m_differs=0.04,
    ),
    Comparison(
        "birth",
        _either_null("birth_date"),
        (
            Level("same", _both("birth_date"), (("birth_date",),), 0.95, 5e-5),
            Level(
                "two parts of three", f"{_NEAR_BIRTH} OR ({_SWAPPED})", (_YEAR_MONTH, _YEAR_DAY, _MONTH_DAY), 0.04, 5e-3
            ),
        ),
        m_differs=0.01,
    ),
    Comparison(
        "email",
        _either_null("email"),
        (
            Level("same", _both("email"), (("email",),), 0.5, 1e-6, "email"),
            # mailboxes are made of names: between namesakes one says little more than that they are namesakes
            Level("same mailbox, of namesakes", f"{_both('mailbox')} AND {_NAMESAKES}", (), 0.1, 0.01),
            Level("same mailbox", _both("mailbox"), (("mailbox",),), 0.1, 2e-6, "mailbox"),
        ),
        m_differs=0.4,
    ),
    Comparison(
        "phone",
        _either_null("phone"),
        (
            Level("same, in the same street", f"{_both('phone')} AND {_SAME_STREET}", (), 0.5, 0.05),
            Level("same", _both("phone"), (("phone",),), 0.5, 1e-6, "phone"),
        ),
        m_differs=0.4,
    ),
    Comparison(
        "address",
        _either_null("postcode"),
        (
            Level("same street", _SAME_STREET, (("street", "postcode"),), 0.65, 2e-6),
            Level("same postcode", _both("postcode"), (("postcode",),), 0.1, 1e-3, "postcode"),
        ),
        m_differs=0.25,
    ),
)

BLOCKS = (
    ("phone",),
    ("mailbox",),
    ("birth_date", "family_sound"),
    ("birth_date", "given_sound"),
    ("street", "postcode", "given_sound"),
    ("given_name", "family_name", "postcode"),
    ("given_name", "family_name", "birth_year"),
)
"""Pairs that agree on none of these sets of fields are not looked at."""


def probable_links(connection: DuckDBPyConnection, profiles: str, into: str, options: Options) -> None:
    """Insert into `into` (see LINK_COLUMNS) the sure pairs that agree in something personal."""
    subjects = count(connection, profiles)
    if not any(_meet(connection, profiles, block) for block in BLOCKS):
        return  # there is no pair to look at, and Splink takes its time over nothing
    scored = _scored(connection, profiles, _settings(connection, profiles, into, subjects), options.threshold)
    connection.execute(f"""
        INSERT INTO {into}
        SELECT least(node_l, node_r), greatest(node_l, node_r), 'profile', 'splink', match_probability,
            greatest(nl.first_seen, nr.first_seen)
        FROM {scored} AS pairs JOIN {profiles} AS l ON l.node = node_l JOIN {profiles} AS r ON r.node = node_r
        JOIN nodes AS nl ON nl.node = node_l JOIN nodes AS nr ON nr.node = node_r
        WHERE {agreement.PERSONAL} AND {MAY_POOL}
    """).fetchall()
    connection.execute(f"DROP TABLE {scored}").fetchall()


def _meet(connection: DuckDBPyConnection, profiles: str, block: tuple[str, ...]) -> bool:
    """Whether any two subjects agree on all fields of a block."""
    known = " AND ".join(f"{field} IS NOT NULL" for field in block)
    twice = f"SELECT 1 FROM {profiles} WHERE {known} GROUP BY {', '.join(block)} HAVING count(*) > 1 LIMIT 1"
    return bool(count(connection, f"({twice})"))


def _scored(connection: DuckDBPyConnection, profiles: str, settings: dict[str, object], threshold: float) -> str:
    """The name of the table of pairs at or above the threshold."""
    from splink import Linker
    from splink.backends.duckdb import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    api = DuckDBAPI(connection)
    linker = Linker(api.register(profiles, table_name=f"{profiles}_in"), settings, log_level=None)
    found = linker.inference.predict(threshold_match_probability=threshold, warning_mode="never")
    kept = f"{profiles}_scored"
    connection.execute(
        f"CREATE OR REPLACE TABLE {kept} AS SELECT node_l, node_r, match_probability FROM {found.physical_name}"
    ).fetchall()
    found.drop_table_from_database_and_remove_from_cache()
    return kept


def _settings(connection: DuckDBPyConnection, profiles: str, strong: str, subjects: int) -> dict[str, object]:
    pairs = subjects * (subjects - 1) / 2
    found = count(connection, f"(SELECT DISTINCT left_node, right_node FROM {strong})")
    weighs_rarity = subjects >= FEWEST_TO_LEARN_FROM
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "node",
        "probability_two_random_records_match": min(max(found, 1) / FOUND_BY_STRONG / pairs, 1e-3),
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": " AND ".join(f"l.{field} = r.{field}" for field in block), "sql_dialect": "duckdb"}
            for block in BLOCKS
        ],
        "comparisons": [_comparison(connection, profiles, one, weighs_rarity=weighs_rarity) for one in COMPARISONS],
    }


def _comparison(
    connection: DuckDBPyConnection, profiles: str, comparison: Comparison, *, weighs_rarity: bool
) -> dict[str, object]:
    levels: list[dict[str, object]] = [
        {"sql_condition": comparison.is_null, "label_for_charts": "not known", "is_null_level": True}
    ]
    above = 0.0
    for level in comparison.levels:
        u = level.prior_u
        if level.agree_on:
            by_chance = sum(_chance(connection, profiles, fields, level.prior_u) for fields in level.agree_on)
            u = min(max(by_chance - above, 1e-9), 0.5)
            above += u
        rarity = {"tf_adjustment_column": level.frequency_of, "tf_minimum_u_value": 1e-7}
        levels.append(
            {
                "sql_condition": level.condition,
                "label_for_charts": level.name,
                "m_probability": level.m,
                "u_probability": u,
                **(rarity if weighs_rarity and level.frequency_of else {}),
            }
        )
    levels.append(
        {
            "sql_condition": "ELSE",
            "label_for_charts": "differs",
            "m_probability": comparison.m_differs,
            "u_probability": 1.0 - above,
        }
    )
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _chance(connection: DuckDBPyConnection, profiles: str, fields: tuple[str, ...], prior: float) -> float:
    """The share of pairs, among those that know these fields, that agree in them."""
    known = " AND ".join(f"{field} IS NOT NULL" for field in fields)
    ((agreeing, subjects),) = connection.execute(f"""
        SELECT coalesce(sum(n * (n - 1) / 2), 0), coalesce(sum(n), 0) FROM (
            SELECT CAST(count(*) AS DOUBLE) AS n FROM {profiles} WHERE {known} GROUP BY {", ".join(fields)})
    """).fetchall()
    return float((agreeing + prior * PRIOR_PAIRS) / (subjects * (subjects - 1) / 2 + PRIOR_PAIRS))
