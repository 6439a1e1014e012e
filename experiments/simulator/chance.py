"""Chance in SQL: a draw depends on the seed, on what is drawn and on the row's own numbers, never on the order of rows.

So rows can be made in any order, in blocks, by any number of threads, and come out the same.
"""

from features.sql import literal


def uniform(seed: int, what: str, *keys: str) -> str:
    """A number above 0 and below 1 for each value of `keys`, expressions of whole numbers (cast them to BIGINT).

    The hash is hashed again: alone, draws of two kinds for the same keys would differ by a constant. The numbers are
    written as DOUBLE: with decimals DuckDB reckons in 128 bits, fifty times slower, for the same result.
    """
    drawn = ", ".join([literal(f"{seed}:{what}"), *keys])
    return f"((CAST(hash(hash({drawn})) >> 11 AS DOUBLE) + 5e-1) / 9007199254740992e0)"


def normal(seed: int, what: str, *keys: str) -> str:
    """A standard normal number for each value of `keys` (Box and Muller 1958)."""
    radius = f"sqrt(-2 * ln({uniform(seed, f'{what} radius', *keys)}))"
    return f"({radius} * cos(2 * pi() * {uniform(seed, f'{what} angle', *keys)}))"


def below(limit: str, seed: int, what: str, *keys: str) -> str:
    """A whole number from 0, below the expression `limit`, for each value of `keys`."""
    return f"CAST(floor({uniform(seed, what, *keys)} * {limit}) AS BIGINT)"
