"""README and docs stay true: links lead somewhere, every command says whether it runs, and those that do succeed."""

from pathlib import Path

import pytest

from tests.helpers.commands import must_exist
from tests.helpers.documents import Block, blocks, links

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [block for page in PAGES for block in blocks(page)]
EVERY_PAGE = [*PAGES, ROOT / "CHANGELOG.md", *sorted((ROOT / "experiments").rglob("*.md"))]


def name(path: object) -> str:
    return str(path.relative_to(ROOT)) if isinstance(path, Path) else str(path)


@pytest.mark.parametrize("page", EVERY_PAGE, ids=name)
def test_links_lead_to_files(page):
    missing = [target for target in links(page) if not (page.parent / target).exists()]
    assert not missing


def test_every_block_of_commands_says_whether_it_runs():
    assert not [str(block) for block in BLOCKS if block.mark is None]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_commands_and_their_options_exist(block: Block):
    for command in block.commands:
        must_exist(command)


@pytest.mark.timeout(600)  # the first of them trains a model
@pytest.mark.parametrize("block", [block for block in BLOCKS if block.runs], ids=str)
def test_commands_run(block: Block, place):
    for command in block.commands:
        place.run(command)
