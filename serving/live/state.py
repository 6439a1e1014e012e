"""Live: what is true at the moment of a request and stands in no bundle."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Live:
    """The moment of a request, as one value, so that the recommender stays pure.

    sold_out  SKUs that the shopper cannot get at the moment, as stock has it
    session   what the visitor has looked at and put into the cart; nothing collects it
    rules     what a merchant wants shown or hidden; nobody can write any
    variant   the arm of an online test that the visitor is in; none runs

    Nothing fills any of them yet: a service answers with `NOTHING_LIVE`.
    """

    sold_out: frozenset[str] = frozenset()
    session: tuple[()] = ()
    rules: tuple[()] = ()
    variant: None = None


NOTHING_LIVE = Live()
