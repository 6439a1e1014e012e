"""pyproject.toml names what the code imports, and nothing that it does not use."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"features", "serving", "training", "experiments"}
UNIMPORTED = {
    "httptools": "uvicorn and BentoML pick it up for HTTP where it is installed",
    "uvloop": "uvicorn and BentoML pick it up as event loop where it is installed",
    "uvicorn": "BentoML's server; named so that its version is ours to choose",
}


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", distribution)[0]).lower()


def imported(packages: Iterable[str] = OURS) -> Iterator[str]:
    """Top-level names of everything that the packages import, wherever the import stands."""
    for path in (path for package in packages for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def declared(extra: str = "") -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {normal(line) for line in (project["optional-dependencies"][extra] if extra else project["dependencies"])}


@pytest.mark.parametrize(("packages", "extras"), [
    ({"features", "serving", "training"}, {"spark"}),
    ({"experiments"}, {"studies"}),
])  # fmt: skip
def test_what_is_imported_is_declared(packages, extras):
    """What is not installed (Spark) is taken to come from the distribution of its name."""
    owners = packages_distributions()
    foreign = set(imported(packages)) - OURS - set(sys.stdlib_module_names)
    known = declared().union(*(declared(extra) for extra in extras))
    undeclared = {name for name in foreign if not {normal(owner) for owner in owners.get(name, [name])} & known}
    assert not undeclared


def test_what_is_declared_is_used():
    owners = packages_distributions()
    used = {normal(owner) for name in imported() for owner in owners.get(name, [])}
    assert (declared() | declared("studies")) - used == set(UNIMPORTED)
