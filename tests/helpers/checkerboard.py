"""A shop with an obvious answer: blocks of customers who buy the SKUs of their own block, each but one.

Customer n of a block has bought every regular SKU of the block thrice, except the one withheld from them;
what they buy next is no secret. Each block is a store and a subcategory. Besides: an odd SKU or two that
one customer bought once, a SKU that nobody has bought for long, and a customer who bought nothing else.
"""

from pathlib import Path

import pytest

from features.facts.facts import Facts
from features.past import Past
from features.settings import Settings
from tests.helpers.worked_tables import CUTOFF, write_warehouse

BLOCKS, CUSTOMERS, REGULARS = 4, 12, 8
LAPSED = "lapsed"
"""Bought one SKU, half a year ago, on the web."""


def customer(block: int, nth: int) -> str:
    return f"b{block}-c{nth:02d}"


def regular(block: int, nth: int) -> str:
    return f"b{block}-s{nth}"


def withheld(block: int, nth: int) -> str:
    """What customer `nth` of the block has not bought yet."""
    return regular(block, nth % REGULARS)


def odd(block: int, nth: int) -> str:
    """Bought once, by the last customer but `nth` of the block."""
    return f"b{block}-odd{nth}"


def forgotten(block: int) -> str:
    """Not bought for longer than anything is recommended."""
    return f"b{block}-old"


def made(folder: Path) -> Facts:
    """Facts of the shop as of CUTOFF, made in the folder."""
    purchases = [
        "customer | basket | store | sku | days_ago",
        *(line for block in range(BLOCKS) for line in _block(block)),
    ]
    purchases.append(f"{LAPSED} | long-ago |  | {forgotten(0)} | 180")
    skus = [
        "sku | brand | department | category | subcategory",
        *(line for block in range(BLOCKS) for line in _skus(block)),
    ]
    warehouse = write_warehouse(folder / "checkerboard", "\n".join(purchases), skus="\n".join(skus))
    return Past(Settings(work=folder, memory_limit="512MB", threads=1), warehouse, CUTOFF).facts()


@pytest.fixture(scope="session")
def checkerboard(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return made(tmp_path_factory.mktemp("board"))


def _block(block: int) -> list[str]:
    lines = [f"{customer(block, 0)} | b{block}-old | store-{block} | {forgotten(block)} | 120"]
    for nth in range(CUSTOMERS):
        for visit in range(3):
            start = f"{customer(block, nth)} | b{block}-{nth}-{visit} | store-{block}"
            ago = 3 + 9 * visit + nth % 3
            lines += [f"{start} | {regular(block, sku)} | {ago}" for sku in range(REGULARS) if sku != nth % REGULARS]
    for nth in range(2):
        lines.append(
            f"{customer(block, CUSTOMERS - 1 - nth)} | b{block}-odd-{nth} | store-{block} | {odd(block, nth)} | 5"
        )
    return lines


def _skus(block: int) -> list[str]:
    names = [*(regular(block, nth) for nth in range(REGULARS)), odd(block, 0), odd(block, 1)]
    lines = [f"{name} | brand {block} | department | category {block} | shelf {block}" for name in names]
    return [*lines, f"{forgotten(block)} | | department | category of old | shelf of old"]
