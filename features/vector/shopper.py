"""For whom a list is made, and where they are."""

from dataclasses import dataclass

from features.contracts.columns import STORE, WEB

ON_WEB = 1
IN_STORE = 0
UNKNOWN_CHANNEL = -1
CHANNELS = {WEB: ON_WEB, STORE: IN_STORE}
"""Codes of the channels of a request."""


@dataclass(frozen=True, slots=True)
class Shopper:
    """For whom and where: codes (-1 = unknown) and how many days have passed since the cutoff.

    channel  ON_WEB or IN_STORE: where the customer shops right now
    """

    customer: int = -1
    store: int = -1
    elapsed_days: float = 0.0
    channel: int = UNKNOWN_CHANNEL
