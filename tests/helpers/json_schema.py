"""Whether a value fits a JSON schema: the keywords that our OpenAPI document uses, no more.

A keyword that is not known here raises: a schema cannot grow a rule that nobody checks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Json = Any

_SILENT = frozenset({"title", "description", "default", "example", "examples"})

_TYPES: dict[str, Callable[[Json], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "null": lambda value: value is None,
}

_LIMITS: dict[str, tuple[type | tuple[type, ...], Callable[[Json, Json], bool]]] = {
    "minimum": ((int, float), lambda value, limit: bool(value >= limit)),
    "maximum": ((int, float), lambda value, limit: bool(value <= limit)),
    "minLength": (str, lambda value, limit: len(value) >= limit),
    "maxLength": (str, lambda value, limit: len(value) <= limit),
    "maxItems": (list, lambda value, limit: len(value) <= limit),
    "enum": (object, lambda value, limit: value in limit),
    "const": (object, lambda value, limit: bool(value == limit)),
}


def violations(document: Json, schema: Json, value: Json, *, closed: bool = False) -> list[str]:
    """What is wrong with the value; nothing where it fits. References are looked up in `document`.

    `closed`: a member that the schema does not name is wrong too, even where the schema allows more.
    """
    return list(_Check(document, closed).all(schema, value, "$"))


@dataclass(frozen=True, slots=True)
class _Check:
    """Each method yields what is wrong with the value `at` a path."""

    document: Json
    closed: bool

    def all(self, schema: Json, value: Json, at: str) -> Iterator[str]:
        for keyword, limit in schema.items():
            if keyword in _LIMITS:
                yield from self.limited(keyword, limit, value, at)
            elif keyword in _RULES:
                yield from _RULES[keyword](self, limit, value, at)
            elif keyword not in _SILENT | {"properties", "additionalProperties"}:
                raise NotImplementedError(f"{at}: the keyword {keyword!r} is not checked yet")
        if isinstance(value, dict) and ("properties" in schema or "additionalProperties" in schema):
            yield from self.members(schema, value, at)

    def limited(self, keyword: str, limit: Json, value: Json, at: str) -> Iterator[str]:
        applies, fits = _LIMITS[keyword]
        if isinstance(value, applies) and not fits(value, limit):
            yield f"{at}: {value!r} breaks {keyword} {limit!r}"

    def typed(self, kind: str, value: Json, at: str) -> Iterator[str]:
        if not _TYPES[kind](value):
            yield f"{at}: {value!r} is no {kind}"

    def required(self, names: Json, value: Json, at: str) -> Iterator[str]:
        yield from (f"{at}: {name} is missing" for name in names if isinstance(value, dict) and name not in value)

    def items(self, schema: Json, value: Json, at: str) -> Iterator[str]:
        for position, item in enumerate(value if isinstance(value, list) else ()):
            yield from self.all(schema, item, f"{at}[{position}]")

    def any_of(self, choices: Json, value: Json, at: str) -> Iterator[str]:
        found = [list(self.all(choice, value, at)) for choice in choices]
        if all(found):
            yield f"{at}: none of the choices fits: {found}"

    def reference(self, path: str, value: Json, at: str) -> Iterator[str]:
        schema = self.document
        for part in path.removeprefix("#/").split("/"):
            schema = schema[part]
        yield from self.all(schema, value, at)

    def members(self, schema: Json, value: dict[str, Json], at: str) -> Iterator[str]:
        named, others = schema.get("properties", {}), schema.get("additionalProperties", not self.closed)
        for name, member in value.items():
            if name in named:
                yield from self.all(named[name], member, f"{at}.{name}")
            elif isinstance(others, dict):
                yield from self.all(others, member, f"{at}.{name}")
            elif not others:
                yield f"{at}: {name} is not named by the schema"


_RULES: dict[str, Callable[[_Check, Json, Json, str], Iterator[str]]] = {
    "$ref": _Check.reference,
    "anyOf": _Check.any_of,
    "type": _Check.typed,
    "required": _Check.required,
    "items": _Check.items,
}
