"""A bundle is whole or it is not there: what is written reads back, and every damage is told with the next step."""

import hashlib
import json
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.errors import StateError
from features.facts.facts import Columns, Grouped, Ids, Level
from features.settings import Settings
from features.vector.shopper import Shopper
from features.vector.vector import names, vector
from serving.bundle.bundle import MANIFEST, SCHEMA, Bundle, Contents, read_manifest, verify, write
from serving.bundle.texts import Texts
from serving.recommender.answers import Query
from serving.recommender.recommender import Recommender
from tests.helpers.tiny_bundle import TinyShop, tiny_shop, write_bundle

ROOT = Path(__file__).parents[3]
ABOUT = {"version": "again", "cutoff": "2025-04-15", "created_at": "2025-04-16", "data_hash": "d"}
NEXT_STEP = "Fetch or train it again|omnishelf train"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> TinyShop:
    return tiny_shop(Settings(work=tmp_path_factory.mktemp("shop"), memory_limit="512MB"))


@pytest.fixture(scope="module")
def original(shop: TinyShop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(shop, tmp_path_factory.mktemp("bundles") / "one", "1")


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return shutil.copytree(original, tmp_path / "bundle")


def contents(bundle: Bundle) -> Contents:
    """What a bundle was written from, as read back from it."""
    files = {name: bundle.path / name for name in ("ranker.onnx", "discovery.onnx")}
    guards = {"ranker": bundle.ranker.guard, "discovery": bundle.discovery.guard}
    return Contents(bundle.facts, bundle.candidates, bundle.lists, bundle.catalogue, guards=guards, files=files)


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)


def test_what_was_written_reads_back(shop: TinyShop, original: Path) -> None:
    bundle = Bundle.open(original)
    assert bundle.version == "tiny-1"
    assert bundle.cutoff.days == bundle.facts.cutoff_days == shop.facts.cutoff_days
    for field in fields(shop.facts):
        same(getattr(bundle.facts, field.name), getattr(shop.facts, field.name))
    read = [bundle.catalogue.names[code] for code in range(len(shop.facts.skus))]
    assert read == list(shop.sku_names)


def same(one: object, other: object) -> None:
    """Both hold the same numbers."""
    if isinstance(one, Grouped) and isinstance(other, Grouped):
        same(one.starts, other.starts)
        same(one.keys, other.keys)
        same(one.columns, other.columns)
    elif isinstance(one, Columns) and isinstance(other, Columns):
        assert one.names == other.names
        same(one.values, other.values)
    elif isinstance(one, Ids) and isinstance(other, Ids):
        same(one.values, other.values)
    elif isinstance(one, Level) and isinstance(other, Level):
        same(one.ids, other.ids)
        same(one.of_sku, other.of_sku)
    elif isinstance(one, dict) and isinstance(other, dict):
        assert one.keys() == other.keys()
        for name, part in one.items():
            same(part, other[name])
    else:
        np.testing.assert_array_equal(one, other)  # type: ignore[call-overload]


def test_a_bundle_written_from_a_read_one_answers_alike(original: Path, tmp_path: Path) -> None:
    first = Bundle.open(original)
    second = write(contents(first), tmp_path / "again", ABOUT, lambda _: None)
    customer = first.facts.customers.text(3)
    for placement in ("home", "buy-again"):
        query = Query(placement=placement, customer_id=customer)
        assert Recommender(second).recommend(query).items == Recommender(first).recommend(query).items


def test_the_manifest_tells_every_file_and_its_hash(original: Path) -> None:
    manifest = json.loads((original / MANIFEST).read_text())
    expected = {
        path.relative_to(original).as_posix(): {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
        for path in files_of(original)
    }
    assert manifest["files"] == expected
    assert len(expected) > 40
    assert manifest["schema"] == SCHEMA
    assert {"version", "cutoff", "created_at", "data_hash", "libraries", "guards", "features"} <= manifest.keys()
    assert "metrics" not in manifest  # a training's figures stand in its record
    assert verify(original) == read_manifest(original) == manifest


def test_a_bundle_whose_manifest_still_has_metrics_opens(folder: Path) -> None:
    before = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(before | {"metrics": {}}))
    verify(folder)
    assert Bundle.open(folder).version == before["version"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(data=st.data())
def test_any_byte_that_changed_is_found(folder: Path, data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(files_of(folder)))
    content = file.read_bytes()
    at, flip = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(1, 255))
    file.write_bytes(content[:at] + bytes([content[at] ^ flip]) + content[at + 1 :])
    try:
        with pytest.raises(StateError, match=f"is damaged: .*{file.name} is not what was written. {NEXT_STEP}"):
            verify(folder)
        opens_or_says_so(folder)
    finally:
        file.write_bytes(content)
    verify(folder)


def opens_or_says_so(folder: Path) -> None:
    """`open` does not read every byte; what it cannot open it says, and nothing else is raised."""
    with suppress(StateError):
        assert Bundle.open(folder).path == folder


@pytest.mark.parametrize("name", ["ranker.onnx", "discovery.onnx"])
def test_a_model_of_other_bytes_is_refused(folder: Path, name: str) -> None:
    size = (folder / name).stat().st_size
    (folder / name).write_bytes(b"\xff" * size)
    with pytest.raises(StateError, match=rf"cannot be opened: {name} is no model.*{NEXT_STEP}"):
        Bundle.open(folder)


@pytest.mark.parametrize(
    "name", ["ranker.onnx", "facts/customer_sku.keys.npy", "facts/facts.json", "lists/similar.json"]
)
@pytest.mark.parametrize("how", ["missing", "shorter", "longer", "empty"])
def test_a_file_that_is_missing_or_of_another_size(folder: Path, name: str, how: str) -> None:
    content = (folder / name).read_bytes()
    if how == "missing":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes({"shorter": content[:-1], "longer": content + b"\n", "empty": b""}[how])
    found = "missing" if how == "missing" else f"bytes instead of {len(content)}"
    for read in (Bundle.open, verify):
        with pytest.raises(StateError, match=f"{name} is .*{found}. {NEXT_STEP}"):
            read(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "damaged"),
        ('{"schema": ', "damaged"),
        ("[]", "no JSON object"),
        ('{"schema": 99}', f"schema 99, this version reads {SCHEMA}"),
        ("{}", "schema None"),
        (f'{{"schema": {SCHEMA}}}', "no hashes"),
        (f'{{"schema": {SCHEMA}, "files": {{"a": 1}}}}', "no hashes"),
        (f'{{"schema": {SCHEMA}, "files": {{}}, "version": "1"}}', "cutoff"),
        (f'{{"schema": {SCHEMA}, "files": {{}}, "version": "1", "cutoff": "soon"}}', "soon"),
        (f'{{"schema": {SCHEMA}, "files": {{}}, "cutoff": "2025-01-01"}}', "version"),
        (f'{{"schema": {SCHEMA}, "files": {{}}, "cutoff": "2025-01-01", "version": 7}}', "version is no text"),
        (f'{{"schema": {SCHEMA}, "files": {{}}, "cutoff": "2025-01-01", "version": "7"}}', ""),
    ],
)
def test_a_manifest_that_cannot_be_one(folder: Path, text: str, said: str) -> None:
    (folder / MANIFEST).write_text(text)
    with pytest.raises(StateError, match=f"{said}.*({NEXT_STEP})"):
        Bundle.open(folder)


def test_a_folder_without_a_manifest_is_no_bundle(folder: Path, tmp_path: Path) -> None:
    (folder / MANIFEST).unlink()
    for path in (folder, tmp_path / "nowhere"):
        for read in (Bundle.open, verify, read_manifest):
            with pytest.raises(
                StateError, match=f"{path} is not a bundle: it has no manifest.json. Run `omnishelf train`"
            ):
                read(path)


def test_a_check_that_fails_leaves_nothing_behind(original: Path, tmp_path: Path) -> None:
    def refuse(bundle: Bundle) -> None:
        assert Recommender(bundle).recommend(Query()).items
        raise StateError("not as it should be")

    with pytest.raises(StateError, match="not as it should be"):
        write(contents(Bundle.open(original)), tmp_path / "new", ABOUT, refuse)
    assert not list(tmp_path.iterdir())


def test_a_check_that_fails_leaves_the_bundle_that_was_there(original: Path, folder: Path) -> None:
    def refuse(_: Bundle) -> None:
        raise StateError("no")

    with pytest.raises(StateError):
        write(contents(Bundle.open(original)), folder, ABOUT, refuse)
    assert verify(folder)["version"] == "tiny-1"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from serving.bundle.bundle import Bundle, Contents, write

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

read = Bundle.open(Path(sys.argv[1]))
guards = {"ranker": read.ranker.guard, "discovery": read.discovery.guard}
files = {name: read.path / name for name in ("ranker.onnx", "discovery.onnx")}
parts = Contents(read.facts, read.candidates, read.lists, read.catalogue, guards=guards, files=files)
if sys.argv[3] == "between files":
    shutil.copyfile = die
write(parts, Path(sys.argv[2]), {"version": "2", "cutoff": "2025-04-15"}, die)
"""


@pytest.mark.parametrize("when", ["between files", "before the rename"])
def test_a_writer_that_is_killed_leaves_the_bundle_that_was_there(original: Path, folder: Path, when: str) -> None:
    command = [sys.executable, "-c", KILLED, str(original), str(folder), when]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -9
    assert verify(folder)["version"] == "tiny-1"
    assert len(list(folder.parent.iterdir())) == 2, "the half-written folder lies beside it, under another name"
    assert write(contents(Bundle.open(original)), folder, ABOUT, lambda _: None).version == "again"


def test_a_folder_that_was_only_half_copied_is_no_bundle(original: Path, tmp_path: Path) -> None:
    """Whatever the order in which files arrive, nothing short of all of them opens."""
    arrived = tmp_path / "arriving"
    paths = [original / MANIFEST, *files_of(original)]
    for path in paths:
        goal = arrived / path.relative_to(original)
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, goal)
        if path != paths[-1]:
            with pytest.raises(StateError, match="is missing"):
                Bundle.open(arrived)
    assert Bundle.open(arrived).version == "tiny-1"


def test_two_bundles_side_by_side_are_themselves(shop: TinyShop, original: Path, tmp_path: Path) -> None:
    one = Bundle.open(original)
    other = Bundle.open(write_bundle(shop, tmp_path / "two", "2"))
    query = Query(customer_id=shop.facts.customers.text(0))
    answers = [Recommender(bundle).recommend(query) for bundle in (one, other, one)]
    assert [answer.model_version for answer in answers] == ["tiny-1", "tiny-2", "tiny-1"]
    assert answers[0] == answers[2]
    assert [item.sku for item in answers[0].items] != [item.sku for item in answers[1].items]
    verify(original)


def test_a_bundle_written_over_another_takes_its_place_whole(shop: TinyShop, folder: Path) -> None:
    opened = Bundle.open(folder)
    before = Recommender(opened).recommend(Query())
    write_bundle(shop, folder, "2")
    assert Bundle.open(folder).version == "tiny-2"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert Recommender(opened).recommend(Query()) == before, "whoever has the old one open goes on reading it"


def test_features_of_a_read_bundle_are_those_of_the_facts(shop: TinyShop, original: Path) -> None:
    bundle = Bundle.open(original)
    skus = np.arange(len(shop.facts.skus), dtype=np.int32)
    scores = np.zeros((len(skus), len(bundle.candidates.sources)), dtype=np.float32)
    for shopper in (Shopper(), Shopper(3, 1), Shopper(5, 0, 3.5)):
        made = vector(bundle.facts, shopper, skus, scores)
        assert made.shape == (len(skus), len(names(shop.facts, bundle.candidates.sources)))
        np.testing.assert_array_equal(made, vector(shop.facts, shopper, skus, scores))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_texts_are_what_they_were(texts: list[str]) -> None:
    made = Texts.of(texts)
    assert [made[code] for code in range(len(texts))] == texts


@pytest.mark.parametrize("texts", [[], [""], ["", "Käse 🧀", ""]])
def test_texts_are_saved_and_read_back(texts: list[str], tmp_path: Path) -> None:
    Texts.of(texts).save(tmp_path, "some")
    back = Texts.load(tmp_path, "some")
    assert [back[code] for code in range(len(texts))] == texts


def test_a_bundle_whose_rankers_learned_from_other_columns_is_refused(original: Path, tmp_path: Path) -> None:
    """A ranker knows a column by its place: two that were exchanged would be scored wrongly in silence."""
    folder = Path(shutil.copytree(original, tmp_path / "moved"))
    manifest = json.loads((folder / MANIFEST).read_text())
    learned = manifest["features"]
    for features, said in (
        ([*learned[:-2], learned[-1], learned[-2]], "the order of columns"),
        (learned[:-1], learned[-1]),
    ):
        (folder / MANIFEST).write_text(json.dumps(manifest | {"features": features}))
        with pytest.raises(StateError, match=said):
            Bundle.open(folder)
    del manifest["features"]  # as bundles of earlier versions have it
    (folder / MANIFEST).write_text(json.dumps(manifest))
    assert Bundle.open(folder).version == Bundle.open(original).version
