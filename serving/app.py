"""The web application: the storefront API, the buyers' side, documentation and health."""

from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp

from features.settings import Settings
from serving.buyers import api as assortments
from serving.buyers import routes as buyers_pages
from serving.buyers.accounts import Buyers
from serving.docs import routes as documentation
from serving.storefront import health, metrics
from serving.storefront import routes as recommendations
from serving.storefront.champion import ChampionHolder
from serving.storefront.storefront import Storefront
from serving.storefront.telemetry import Telemetry
from serving.web.middleware import answered, not_found


def web_routes(
    champion: ChampionHolder, storefront: Storefront, telemetry: Telemetry, settings: Settings
) -> tuple[BaseRoute, ...]:
    known = Buyers(settings.buyers)
    api = (
        recommendations.api(storefront),
        assortments.api(settings, known),
        health.api(champion),
        metrics.api(champion, telemetry),
    )
    return (
        *(route for part in api for route in part.routes),
        *buyers_pages.routes(settings, known),
        *documentation.routes(api),
    )


def web_app(routes: tuple[BaseRoute, ...]) -> ASGIApp:
    """Every path that `routes` lack is answered with a problem too."""
    return answered(Router(routes=routes, redirect_slashes=False, default=not_found))
