"""Every placement. What checks, documents, tries or answers requests goes by this tuple."""

from serving.recommender.placements.buy_again import BUY_AGAIN
from serving.recommender.placements.home import HOME
from serving.recommender.placements.pdp_similar import PDP_SIMILAR
from serving.recommender.placements.placement import Placement

PLACEMENTS: tuple[Placement, ...] = (
    HOME,
    BUY_AGAIN,
    PDP_SIMILAR,
)

BY_NAME = {placement.name: placement for placement in PLACEMENTS}
