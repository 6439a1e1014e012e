"""The web application: the routes of the storefront API, its documentation and its health."""

from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp

from serving.champion import ChampionHolder
from serving.front import answered, not_found
from serving.routes import docs, health, metrics, recommendations
from serving.storefront import Storefront
from serving.telemetry import Telemetry


def web_routes(champion: ChampionHolder, storefront: Storefront, telemetry: Telemetry) -> tuple[BaseRoute, ...]:
    return (
        recommendations.route(storefront),
        *health.routes(champion),
        metrics.route(champion, telemetry),
        *docs.routes(),
    )


def web_app(routes: tuple[BaseRoute, ...]) -> ASGIApp:
    """Every path that `routes` lack is answered with a problem too."""
    return answered(Router(routes=routes, redirect_slashes=False, default=not_found))
