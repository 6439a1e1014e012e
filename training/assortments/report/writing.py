"""How a value is written for a reader, the same in every place."""

import math
from collections.abc import Mapping

import pandas as pd

from training.assortments.report.columns import WORDS, Kind

MINUS = "−"
NOTHING = "–"
"""Stands where there is no value."""

_FORMS: Mapping[Kind, str] = {
    Kind.COUNT: "{:,d}",
    Kind.UNITS: "{:,.1f}",
    Kind.NUMBER: "{:,.2f}",
    Kind.PERCENT: "{:,.1f} %",
    Kind.DAYS: "{:,.1f}",
    Kind.CM: "{:,.0f}",
    Kind.DEGREES: "{:,.4f}",
}


def written(kind: Kind, value: object) -> str:
    """`1,234.56` for 123456 cents, `12.3 %`, `yes`; a true minus sign, and a dash for null."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return NOTHING
    if kind in WORDS:
        return str(value)
    if kind is Kind.YES_NO:
        return "yes" if value else "no"
    if kind is Kind.CENTS:
        return money(int(str(value)))
    number = int(str(value)) if kind is Kind.COUNT else float(str(value))
    return _signed(_form(kind, number).format(number))


def _form(kind: Kind, number: float) -> str:
    if kind is Kind.UNITS and 0 < abs(number) < 1:
        return "{:.2f}"  # slow SKUs sell less than one a week: a tenth would hide them
    return "{:,.0f}" if kind is Kind.DAYS and number >= 100 else _FORMS[kind]


def money(cents: int) -> str:
    """Exact: no float is between the cents and the text."""
    whole, part = divmod(abs(cents), 100)
    return _signed(f"{'-' if cents < 0 else ''}{whole:,d}.{part:02d}")


def gain(cents: int) -> str:
    """A difference: with its sign."""
    return money(cents) if cents < 0 else f"+{money(cents)}"


def change_percent(now: float, then: float) -> str:
    """`+5.1 %`, or a dash where there was nothing before."""
    return _signed(f"{(then / now - 1) * 100:+.1f} %") if now else NOTHING


def glued(text: str) -> str:
    """No line breaks before a per cent sign."""
    return text.replace(" %", "\u00a0%")


def short(amount: float) -> str:
    """For axes: 1.2M, 340k, 12."""
    size = abs(amount)
    for limit, letter in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if size >= limit:
            return _signed(f"{amount / limit:.4g}{letter}")
    return _signed(f"{amount:.3g}")


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
