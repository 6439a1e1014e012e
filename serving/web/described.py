"""A part of the API: its routes, with what the OpenAPI document says of them."""

from dataclasses import dataclass, field

from starlette.routing import Route

from serving.web.openapi_parts import Json


@dataclass(frozen=True, slots=True)
class Described:
    """`paths` and `schemas` go into the document's `paths` and `components.schemas` as they are."""

    routes: tuple[Route, ...]
    paths: Json
    schemas: Json = field(default_factory=dict)
