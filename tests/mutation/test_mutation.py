"""The mutation tests themselves: on a toy they find what no test notices, and say that the rest died."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.mutants import mutants

ROOT = Path(__file__).parents[2]
TOY = '''
"""A toy: 3 < 4."""

def is_late(days: int | None = None) -> bool:
    return days > 7

def fee(days):
    return days * 2
'''
TESTS = """
from toy import fee, is_late

def test_late():
    assert is_late(8) and not is_late(7)

def test_fee():
    assert fee(1) == 2 and fee(0) == 0 {more}
"""
RUN = """
import sys
from pathlib import Path
from tests.mutation.__main__ import main
from tests.mutation.trial import Equivalent, Subject
equivalent = tuple(Equivalent(*words.split(" => "), "a toy") for words in sys.argv[2:])
sys.exit(main([], Path(sys.argv[1]), (Subject("toy.py", ("test_toy.py",), equivalent),)))
"""


def run(folder: Path, more: str, *equivalent: str) -> subprocess.CompletedProcess[str]:
    (folder / "toy.py").write_text(TOY)
    (folder / "test_toy.py").write_text(TESTS.format(more=more))
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\npythonpath = ['.']\n")
    command = [sys.executable, "-c", RUN, str(folder), *equivalent]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_a_planted_survivor_is_found_and_the_others_are_killed(tmp_path: Path) -> None:
    found = run(tmp_path, "or fee(1) == 3")
    assert found.returncode == 1, found.stdout + found.stderr
    assert "survived, line 8\n    - return days * 2\n    + return days * 3" in found.stdout
    assert "toy.py: 6 of 7 killed" in found.stdout
    assert (tmp_path / "toy.py").read_text() == TOY


def test_a_survivor_that_is_stated_is_well(tmp_path: Path) -> None:
    found = run(tmp_path, "or fee(1) == 3", "return days * 2 => return days * 3")
    assert found.returncode == 0, found.stdout + found.stderr


def test_a_stated_survivor_that_a_test_kills_is_told(tmp_path: Path) -> None:
    found = run(tmp_path, "", "return days * 2 => return days * 3")
    assert found.returncode == 1
    assert "toy.py: 7 of 7 killed" in found.stdout
    assert "stated as equivalent, but no survivor" in found.stdout


def test_tests_that_fail_before_anything_is_changed_are_told(tmp_path: Path) -> None:
    found = run(tmp_path, "and False")
    assert found.returncode == 2
    assert "The tests of toy.py do not pass as they are" in found.stdout


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("x = a < b", {"x = a <= b", "x = a >= b"}),
        ("x = not a and b", {"x = a and b", "x = not a or b"}),
        ("x = ~a & b", {"x = a & b", "x = ~a | b"}),
        ("x = min(a, 0.5)", {"x = max(a, 0.5)", "x = min(a, 0.51)", "x = min(a, 0.49)"}),
        ("x = f'ä' if a else 1", {"x = f'ä' if not a else 1", "x = f'ä' if a else 2", "x = f'ä' if a else 0"}),
        (
            "x = f'WHERE {a} < 3 AND b IS NULL'",
            {
                "x = f'WHERE {a} <= 3 AND b IS NULL'",
                "x = f'WHERE {a} >= 3 AND b IS NULL'",
                "x = f'WHERE {a} < 3 OR b IS NULL'",
                "x = f'WHERE {a} < 3 AND b IS NOT NULL'",
            },
        ),
        ("x = 'at < {cutoff}'", {"x = 'at <= {cutoff}'", "x = 'at >= {cutoff}'"}),
        ("""x = '"from" < {end}'""", {"""x = '"from" <= {end}'""", """x = '"from" >= {end}'"""}),
        ("x = 'plain words < 3'", set()),
        ("x: int | None = zip(a, b, strict=True)", set()),
    ],
)
def test_what_is_changed_in_a_line(line: str, changed: set[str]) -> None:
    assert {mutant.after for mutant in mutants(line)} == changed
