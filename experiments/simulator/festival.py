"""A shopping festival of three days: more baskets than usual, some of them pulled forward from the weeks after it."""

from datetime import datetime, timedelta

from experiments.simulator.chance import uniform
from experiments.simulator.ground import Ground

DAYS = 3
AROUND_DAYS = 28
"""Extra baskets are like those of so many days before and after."""
AFTER_DAYS = 14


def festival_days(ground: Ground) -> tuple[datetime, datetime]:
    """First instant of the festival and the first one after it: three quarters into the purchases."""
    middle = ground.first + (ground.last - ground.first) * 0.75
    first = datetime(middle.year, middle.month, middle.day)  # noqa: DTZ001 - instants in tables carry no zone
    return first, first + timedelta(days=DAYS)


def hold_festival(ground: Ground) -> None:
    """Add the festival's baskets to `baskets`; move others into it.

    An extra basket repeats one of the same person from four weeks before or after (`origin` is 'festival');
    its number is that one's plus the number of real baskets. One that was pulled forward keeps its number
    and says in `moved_from` when it was bought without the festival.
    """
    first, after = festival_days(ground)
    day = f"TIMESTAMP '{first}' + to_seconds({{}} * {DAYS * 86_400})"
    at = f"CAST({day.format(uniform(ground.seed, 'festival instant', 'basket'))} AS TIMESTAMP)"
    if ground.dials.pulled_forward:
        later = f"TIMESTAMP '{after + timedelta(days=AFTER_DAYS)}'"
        drawn = f"{uniform(ground.seed, 'pulled', 'basket')} < {ground.dials.pulled_forward}"
        pulled = f"bought_at >= TIMESTAMP '{after}' AND bought_at < {later} AND {drawn}"
        ground.run(f"UPDATE baskets SET moved_from = bought_at, bought_at = {at} WHERE {pulled}")
    if ground.dials.festival_lift:
        around = timedelta(days=AROUND_DAYS)
        # the lift is measured in the festival's usual baskets; they are drawn from many more
        share = ground.dials.festival_lift * DAYS / (2 * AROUND_DAYS + DAYS)
        drawn = f"{uniform(ground.seed, 'extra', 'basket')} < {share}"
        near = f"bought_at >= TIMESTAMP '{first - around}' AND bought_at < TIMESTAMP '{after + around}'"
        within = f"moved_from IS NULL AND {near}"
        new = f"basket + {ground.baskets} AS basket"
        repeated = f"SELECT * REPLACE ({new}, {at} AS bought_at, 'festival' AS origin) FROM baskets"
        ground.run(f"INSERT INTO baskets {repeated} WHERE {within} AND {drawn}")


def write_calendar(ground: Ground) -> int:
    """The festival of both parties in the calendar; the number of rows."""
    if not (ground.dials.festival_lift or ground.dials.pulled_forward):
        return 0
    first, after = festival_days(ground)
    parties = "(SELECT unnest(['web-shop', 'store-chain']) AS party)"
    dates = f"TIMESTAMP '{first}' AS \"from\", TIMESTAMP '{after}' AS \"to\""
    return ground.write("calendar", f"SELECT party, 'festival' AS event_id, 'Big days' AS name, {dates} FROM {parties}")
