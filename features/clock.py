"""Time as an argument: instants are UTC, a cutoff is the first instant that we may not see."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAY_SECONDS = 86_400.0
DAY_MICROSECONDS = 86_400_000_000
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - instants in tables are UTC without a zone marker


@dataclass(frozen=True, slots=True, order=True)
class Cutoff:
    """The first instant that may not be seen; UTC, without a zone marker, whole microseconds."""

    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is not None:
            object.__setattr__(self, "at", self.at.astimezone(UTC).replace(tzinfo=None))

    @classmethod
    def parse(cls, text: str) -> "Cutoff":
        """Read an ISO 8601 date or instant; one without a zone is UTC.

        Raises ValueError where the text is not ISO 8601.
        """
        return cls(datetime.fromisoformat(text))

    @classmethod
    def of_days(cls, days: float) -> "Cutoff":
        """The inverse of `days`, to the microsecond (until 2149)."""
        return cls(EPOCH + timedelta(days=days))

    def minus_days(self, days: float) -> "Cutoff":
        return Cutoff(self.at - timedelta(days=days))

    def plus_days(self, days: float) -> "Cutoff":
        return Cutoff(self.at + timedelta(days=days))

    @property
    def days(self) -> float:
        """Days since 1970-01-01, the unit of every instant inside the feature vector."""
        # Whole numbers divide with one rounding: a binary day is just fine enough to tell microseconds apart.
        return ((self.at - EPOCH) // timedelta(microseconds=1)) / DAY_MICROSECONDS

    def __str__(self) -> str:
        return self.at.isoformat()

    @property
    def slug(self) -> str:
        """A spelling that is safe in file names."""
        return self.at.strftime("%Y%m%dT%H%M%S%f")
