"""The web application: the storefront API, the buyers' side, documentation and health."""

from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp

from features.settings import Settings
from serving.buyers import Buyers, folder_of
from serving.champion import ChampionHolder
from serving.front import answered, not_found
from serving.routes import assortments, buyers, docs, health, metrics, recommendations
from serving.storefront import Storefront
from serving.telemetry import Telemetry


def web_routes(
    champion: ChampionHolder, storefront: Storefront, telemetry: Telemetry, settings: Settings
) -> tuple[BaseRoute, ...]:
    known = Buyers(folder_of(settings))
    return (
        recommendations.route(storefront),
        *health.routes(champion),
        metrics.route(champion, telemetry),
        *assortments.routes(settings, known),
        *buyers.routes(settings, known),
        *docs.routes(),
    )


def web_app(routes: tuple[BaseRoute, ...]) -> ASGIApp:
    """Every path that `routes` lack is answered with a problem too."""
    return answered(Router(routes=routes, redirect_slashes=False, default=not_found))
