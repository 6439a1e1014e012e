"""What two profiles agree and conflict in, as SQL over profiles `l` and `r`. Unknown is neither."""

from features.identity.limits import UNIQUE

_PARTS = ("birth_year", "birth_month", "birth_day")


def equal(*fields: str) -> str:
    """Both know every field, and the same."""
    return "(" + " AND ".join(f"coalesce(l.{field} = r.{field}, FALSE)" for field in fields) + ")"


def differ(*fields: str) -> str:
    """Both know some field, and not the same."""
    return "(" + " OR ".join(f"coalesce(l.{field} <> r.{field}, FALSE)" for field in fields) + ")"


BIRTH_PARTS_EQUAL = "(" + " + ".join(f"CAST({equal(part)} AS INTEGER)" for part in _PARTS) + ")"
DAY_AND_MONTH_SWAPPED = (
    f"({equal('birth_year')} AND coalesce(l.birth_day = r.birth_month AND l.birth_month = r.birth_day, FALSE))"
)
BIRTH_IS_NEAR = f"({BIRTH_PARTS_EQUAL} >= 2 OR {DAY_AND_MONTH_SWAPPED})"
BIRTH_CONFLICTS = f"({differ('birth_date')} AND NOT {BIRTH_IS_NEAR})"
GIVEN_CONFLICTS = f"({differ('given_name')} AND {differ('given_sound')})"

CONFLICT = f"({differ(*UNIQUE)} OR ({GIVEN_CONFLICTS} AND {BIRTH_CONFLICTS}))"
"""The veto: two such profiles are not one person, whatever they share."""

PERSONAL = (
    f"(({equal('given_name')} OR {equal('given_sound')} OR {equal('mailbox')} "
    f"OR ({equal('birth_date')} AND NOT {GIVEN_CONFLICTS})) AND NOT {BIRTH_CONFLICTS})"
)
"""Something of the person, not of the household: phone, address and family name alone never join, and a child that is
named for a parent is somebody else."""
