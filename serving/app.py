"""The web application: the storefront API, the buyers' side, documentation and health."""

from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp

from features.settings import Settings
from serving.buyers import api as buyers_api
from serving.buyers import routes as buyers_pages
from serving.buyers.accounts import Buyers
from serving.docs import routes as documentation
from serving.front import answered, not_found
from serving.storefront import health, metrics
from serving.storefront import routes as recommendations
from serving.storefront.champion import ChampionHolder
from serving.storefront.storefront import Storefront
from serving.storefront.telemetry import Telemetry


def web_routes(
    champion: ChampionHolder, storefront: Storefront, telemetry: Telemetry, settings: Settings
) -> tuple[BaseRoute, ...]:
    known = Buyers(settings.buyers)
    return (
        recommendations.route(storefront),
        *health.routes(champion),
        metrics.route(champion, telemetry),
        *buyers_api.routes(settings, known),
        *buyers_pages.routes(settings, known),
        *documentation.routes(),
    )


def web_app(routes: tuple[BaseRoute, ...]) -> ASGIApp:
    """Every path that `routes` lack is answered with a problem too."""
    return answered(Router(routes=routes, redirect_slashes=False, default=not_found))
