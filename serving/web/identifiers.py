"""Ids that the service gives out: one for each request, one for each answer."""

import re
import secrets

_GIVEN_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def time_ordered_id(now_ns: int) -> str:
    """32 hexadecimal digits laid out as UUID version 7 (RFC 9562, section 5.7).

    48 bits of milliseconds, then 74 random bits: ids of later answers sort after earlier ones, and
    workers need not agree on anything to keep them unique.
    """
    random = secrets.randbits(74)
    milliseconds = (now_ns // 1_000_000) & 0xFFFF_FFFF_FFFF
    value = milliseconds << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return f"{value:032x}"


def recommendation_id(now_ns: int) -> str:
    return f"r-{time_ordered_id(now_ns)}"


def request_id(given: str, now_ns: int) -> str:
    """The caller's own `X-Request-Id` where it is safe to log and to echo, else a new one."""
    return given if _GIVEN_REQUEST_ID.fullmatch(given) else time_ordered_id(now_ns)
