"""README and docs stay true: links lead somewhere, every command says whether it runs, and those that do succeed."""

from itertools import chain
from pathlib import Path

import pytest

from tests.helpers.documents import blocks, links

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
EVERY_PAGE = [*PAGES, ROOT / "CHANGELOG.md", *sorted((ROOT / "experiments").rglob("*.md"))]


def name(path: object) -> str:
    return str(path.relative_to(ROOT)) if isinstance(path, Path) else str(path)


@pytest.mark.parametrize("page", EVERY_PAGE, ids=name)
def test_links_lead_to_files(page):
    missing = [target for target in links(page) if not (page.parent / target).exists()]
    assert not missing


def test_every_block_of_commands_says_whether_it_runs():
    unmarked = [str(block) for block in chain.from_iterable(map(blocks, PAGES)) if block.mark is None]
    assert not unmarked
