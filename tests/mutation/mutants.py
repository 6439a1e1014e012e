"""Mutants of a module: its text with one small thing wrong.

In Python: comparisons, `and` against `or`, a lost `not` or `~`, arithmetic, numbers, truth values, and pairs of names
such as `min` and `max`. In SQL, which stands in strings: the same, by its words. Docstrings, annotations, decorators
and the arguments `strict` and `frozen` are left alone: they change nothing that a figure could show.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
_PAIRS = (
    ("min", "max"),
    ("minimum", "maximum"),
    ("any", "all"),
    ("isnull", "notnull"),
    ("asc", "desc"),
    ("lead", "lag"),
    ("sum", "mean"),
    ("count", "nunique"),
)
_OTHER = dict(_PAIRS) | {other: one for one, other in _PAIRS}

_IS_SQL = re.compile(
    r"\b(SELECT|WHERE|CASE|AND|OR|NOT|NULL|JOIN|GROUP BY|ORDER BY|UNION|HAVING|DELETE|INSERT)\b"
    r"""|^["']"?\w+"? (<|<=|>|>=|=|<>) \{\w+\}["']$"""
)
"""A word of it, or a condition alone: a column, a comparison and what is put in later."""
_SQL = tuple(
    (re.compile(pattern), others)
    for pattern, others in (
        (r"(?<= )<(?= )", ("<=", ">=")),
        (r"(?<= )<=(?= )", ("<", ">")),
        (r"(?<= )>(?= )", (">=", "<=")),
        (r"(?<= )>=(?= )", (">", "<")),
        (r"(?<= )=(?= )", ("<>",)),
        (r"(?<= )<>(?= )", ("=",)),
        (r"(?<= )\+(?= )", ("-",)),
        (r"(?<= )/(?= )", ("*",)),
        (r"\bAND\b", ("OR",)),
        (r"(?<!CREATE )\bOR\b", ("AND",)),
        (r"\bIS NULL\b", ("IS NOT NULL",)),
        (r"\bIS NOT NULL\b", ("IS NULL",)),
        (r"\b(?<!IS )NOT (?!NULL)", ("",)),
        (r"\bDISTINCT ", ("",)),
        (r" DESC\b", ("",)),
        (r"\bTRUE\b", ("FALSE",)),
        (r"\bFALSE\b", ("TRUE",)),
        (r"\bmin\(", ("max(",)),
        (r"\bmax\(", ("min(",)),
        (r"\bleast\(", ("greatest(",)),
        (r"\bgreatest\(", ("least(",)),
        (r"\bbool_or\(", ("bool_and(",)),
        (r"\bLEFT JOIN\b", ("JOIN",)),
    )
)
_LEFT_ALONE = {"annotation", "returns", "decorator_list", "type_params"}
_ARGUMENTS_LEFT_ALONE = {"strict", "frozen", "slots"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module's text with one thing changed.

    line            where, from 1
    before, after   that line as it was and as it is, without its margin
    """

    line: int
    before: str
    after: str
    text: str


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module that is still Python, from its top to its end."""
    edits = {(edit.start, edit.end, edit.text): edit for edit in _edits(_Text(source), ast.parse(source))}
    found = [_mutant(source, edits[key]) for key in sorted(edits)]
    return [one for one in found if _is_python(one.text)]


def _mutant(source: str, edit: _Edit) -> Mutant:
    text = source[: edit.start] + edit.text + source[edit.end :]
    line = source.count("\n", 0, edit.start)
    return Mutant(line + 1, source.split("\n")[line].strip(), text.split("\n")[line].strip(), text)


def _is_python(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True


class _Text:
    """A text in which a syntax tree's positions (line, byte) can be looked up."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._lines = source.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def start(self, node: ast.expr | ast.stmt) -> int:
        return self._at(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt) -> int:
        return self._at(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def between(self, left: ast.expr, right: ast.expr, symbol: str, other: str) -> Iterator[_Edit]:
        """Replace an operator that stands between two expressions."""
        start, end = self.end(left), self.start(right)
        at = re.search(r"\s+".join(map(re.escape, symbol.split())), self.source[start:end])
        if at:
            yield _Edit(start + at.start(), start + at.end(), other)

    def _at(self, line: int, byte: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:byte].decode())


def _edits(text: _Text, node: ast.AST) -> Iterator[_Edit]:
    if _is_docstring(node):
        return
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield from _in_sql(text, node)
        return
    yield from _of(text, node)
    for name, value in ast.iter_fields(node):
        if name in _LEFT_ALONE:
            continue
        for child in value if isinstance(value, list) else [value]:
            is_left = isinstance(child, ast.keyword) and child.arg in _ARGUMENTS_LEFT_ALONE
            if isinstance(child, ast.AST) and not is_left:
                yield from _edits(text, child)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _of(text: _Text, node: ast.AST) -> Iterator[_Edit]:
    yield from _operators(text, node)
    match node:
        case ast.UnaryOp(op=ast.Not() | ast.Invert()):
            yield _Edit(text.start(node), text.start(node.operand), "")
        case ast.If() | ast.IfExp() if isinstance(node.test, ast.Name | ast.Attribute | ast.Call):
            yield _Edit(text.start(node.test), text.start(node.test), "not ")
        case ast.Constant():
            for other in _other_values(node.value):
                yield _Edit(text.start(node), text.end(node), other)
        case ast.Name() if node.id in _OTHER and isinstance(node.ctx, ast.Load):
            yield _Edit(text.start(node), text.end(node), _OTHER[node.id])
        case ast.Attribute() if node.attr in _OTHER:
            yield _Edit(text.end(node) - len(node.attr), text.end(node), _OTHER[node.attr])


def _operators(text: _Text, node: ast.AST) -> Iterator[_Edit]:
    match node:
        case ast.Compare():
            for (left, right), operator in zip(pairwise([node.left, *node.comparators]), node.ops, strict=True):
                symbol, others = _COMPARISONS[type(operator)]
                for other in others:
                    yield from text.between(left, right, symbol, other)
        case ast.BoolOp():
            symbol, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            for left, right in pairwise(node.values):
                yield from text.between(left, right, symbol, other)
        case ast.BinOp() if type(node.op) in _ARITHMETIC:
            yield from text.between(node.left, node.right, *_ARITHMETIC[type(node.op)])
        case ast.AugAssign() if type(node.op) in _ARITHMETIC:
            symbol, other = _ARITHMETIC[type(node.op)]
            yield from text.between(node.target, node.value, symbol + "=", other + "=")


def _other_values(value: object) -> tuple[str, ...]:
    if isinstance(value, bool):
        return (str(not value),)
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return (str(value + 1), str(value - 1))
    if isinstance(value, float):
        return (str(round(value + 0.01, 12)), str(round(value - 0.01, 12)))
    return ()


def _in_sql(text: _Text, node: ast.JoinedStr | ast.Constant) -> Iterator[_Edit]:
    start, end = text.start(node), text.end(node)
    segment = text.source[start:end]
    if not _IS_SQL.search(segment):
        return
    for pattern, others in _SQL:
        for found in pattern.finditer(segment):
            for other in others:
                yield _Edit(start + found.start(), start + found.end(), other)
