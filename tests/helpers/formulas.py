"""A second way to the figures of a workbook: its formulas worked out from the cells that they name.

Knows what the report writes: + - * /, comparisons, ranges, other sheets, SUM, SUBTOTAL(109, …) without a filter,
SUMIF, COUNTIF, COUNTA, IF, OR, ISNUMBER. Anything else raises KeyError, so that no formula goes unchecked.
"""

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from openpyxl import Workbook
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge, "<>": operator.ne,
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
_LEVELS = ({"=", "<", ">", "<=", ">=", "<>"}, {"+", "-"}, {"*", "/"})


def calculated(book: Workbook, sheet: str, formula: str) -> Any:  # what a cell may hold
    tokens = [token for token in Tokenizer(formula).items if token.type != Token.WSPACE]
    return _Reader(book, sheet, tokens).whole()


class _Reader:
    """Recursive descent over the tokens of one formula; cells that are formulas are worked out too."""

    def __init__(self, book: Workbook, sheet: str, tokens: list[Token]) -> None:
        self.book, self.sheet, self.tokens, self.at = book, sheet, tokens, 0

    def whole(self) -> Any:
        value = self.expression(0)
        if self.at != len(self.tokens):
            raise KeyError(self.tokens[self.at].value)
        return value

    def expression(self, level: int) -> Any:
        if level == len(_LEVELS):
            return self.operand()
        value = self.expression(level + 1)
        while self.at < len(self.tokens) and self.tokens[self.at].value in _LEVELS[level]:
            sign = self.take().value
            value = _OPERATORS[sign](_zero(value), _zero(self.expression(level + 1)))
        return value

    def operand(self) -> Any:
        token = self.take()
        if token.type == Token.FUNC and token.subtype == Token.OPEN:
            return _FUNCTIONS[token.value](*self.arguments())
        if token.type == Token.PAREN:
            value = self.expression(0)
            self.take()
            return value
        if token.subtype == Token.RANGE:
            return self.cells(token.value)
        if token.subtype == Token.NUMBER:
            return float(token.value)
        if token.subtype == Token.TEXT:
            return token.value.strip('"')
        if token.subtype == Token.LOGICAL:
            return token.value == "TRUE"
        raise KeyError(token.value)

    def arguments(self) -> list[Any]:
        values = []
        while True:
            values.append(self.expression(0))
            if self.take().subtype == Token.CLOSE:
                return values

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def cells(self, name: str) -> Any:
        sheet, _, area = name.rpartition("!")
        sheet = sheet.strip("'") or self.sheet
        found = self.book[sheet][area.replace("$", "")]
        if isinstance(found, tuple):
            return [self.value(sheet, cell.value) for row in found for cell in row]
        return self.value(sheet, found.value)

    def value(self, sheet: str, held: Any) -> Any:
        is_formula = isinstance(held, str) and held.startswith("=")
        return calculated(self.book, sheet, held) if is_formula else held


def _zero(value: Any) -> Any:
    """An empty cell counts as 0 beside an operator and as an empty text beside one."""
    return "" if value is None else value


def _sum(*areas: Any) -> float:
    cells = [cell for area in areas for cell in (area if isinstance(area, list) else [area])]
    return math.fsum(cell for cell in cells if isinstance(cell, int | float) and not isinstance(cell, bool))


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "SUM(": _sum,
    "SUBTOTAL(": lambda kind, area: _sum(area) if kind == 109 else _FUNCTIONS[f"SUBTOTAL {kind}"](),
    "SUMIF(": lambda keys, wanted, values: _sum([v for key, v in zip(keys, values, strict=True) if key == wanted]),
    "COUNTIF(": lambda area, wanted: sum(cell is wanted or cell == wanted for cell in area),
    "COUNTA(": lambda area: sum(cell is not None for cell in area),
    "IF(": lambda condition, then, otherwise: then if condition else otherwise,
    "OR(": lambda *conditions: any(conditions),
    "ISNUMBER(": lambda value: isinstance(value, int | float),
}
