"""The directory: names lead to customers, shared short names to nobody, and a file of it reads back."""

import numpy as np
import pytest

from serving.bundle import directory
from serving.bundle.directory import AMBIGUOUS, NO_CONSENT, UNKNOWN, Directory

NAMES = [
    ("account:own:7", 0),
    ("account:7", 0),
    ("7", 0),
    ("card:own:7", 1),
    ("card:7", 1),
    ("7", 1),
    ("zoe", NO_CONSENT),
]
FOUND = {"account:own:7": 0, "account:7": 0, "card:7": 1, "7": AMBIGUOUS, "zoe": NO_CONSENT, "8": UNKNOWN}
FOUND |= {"": UNKNOWN, None: UNKNOWN, "ü\ud800": UNKNOWN}


def test_names_lead_to_customers():
    one = Directory.of(NAMES)
    assert {name: one.find(name) for name in FOUND} == FOUND
    assert Directory.of(reversed(NAMES)).codes.tolist() == one.codes.tolist()


def test_a_saved_directory_reads_back(tmp_path):
    Directory.of(NAMES).save(tmp_path / "directory")
    back = Directory.load(tmp_path / "directory")
    assert {name: back.find(name) for name in FOUND} == FOUND


def test_none_is_empty(tmp_path):
    for one in (Directory.empty(), Directory.of([]), Directory.load(tmp_path / "none")):
        assert one.find("7") == UNKNOWN


def test_customers_that_go_take_their_names_along():
    left = Directory.of(NAMES).recoded(np.array([UNKNOWN, 0], dtype=np.int32))
    assert {name: left.find(name) for name in ("account:7", "card:7", "7", "zoe")} == {
        "account:7": UNKNOWN,
        "card:7": 0,
        "7": AMBIGUOUS,
        "zoe": NO_CONSENT,
    }


@pytest.mark.parametrize("name", ["7", "card:7"])
def test_names_are_found_by_their_hash_alone(name, monkeypatch):
    one = Directory.of(NAMES)
    monkeypatch.setattr(directory, "name_hash", lambda _: int(one.hashes[0]))
    assert one.find(name) == one.codes[0]
