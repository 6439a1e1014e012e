"""Settings come from the environment; nonsense is told by its name."""

import re
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from features.errors import UserError
from features.settings import Settings

ROOT = Path(__file__).parents[2]


def test_the_environment_sets_every_field(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {"WORK": str(tmp_path), "TRACKING_URI": "http://127.0.0.1:5000", "SEED": "7"}.items():
        monkeypatch.setenv(f"OMNISHELF_{name}", value)
    monkeypatch.setenv("OMNISHELF_THREADS", "3")
    monkeypatch.setenv("OMNISHELF_MEMORY_LIMIT", "1.5GiB")
    settings = Settings.load()
    assert (settings.work, settings.tracking_uri, settings.seed) == (tmp_path, "http://127.0.0.1:5000", 7)
    assert (settings.threads, settings.memory_limit) == (3, "1.5GiB")
    assert Settings.load(tmp_path / "other").work == tmp_path / "other"


@pytest.mark.parametrize(
    ("name", "value"), [("THREADS", "0"), ("THREADS", "many"), ("SEED", "-1"), ("MEMORY_LIMIT", "plenty"), ("SEED", "")]
)
def test_nonsense_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"OMNISHELF_{name}", value)
    with pytest.raises(UserError, match=f"OMNISHELF_{name} is '{value}'"):
        Settings.load()


def test_processes_side_by_side_share_the_memory() -> None:
    shared = Settings(memory_limit="3 GB", threads=8).shared_by(2)
    assert (shared.memory_limit, shared.threads) == ("1.5GB", 1)


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(
    st.builds(
        Settings,
        work=st.lists(st.from_regex(r"[\w ]{1,8}", fullmatch=True), max_size=3).map(lambda names: Path("/", *names)),
        tracking_uri=texts,
        model_name=texts,
        memory_limit=st.from_regex(r"[0-9]{1,3}(\.[0-9])? ?[KMGT]i?B", fullmatch=True),
        threads=st.integers(1, 500),
        as_of=st.sampled_from(["", "2025-03-01T08:00:00"]),
        seed=st.integers(0, 2**70),
    )
)
def test_a_child_process_that_is_told_the_environment_has_the_same_settings(settings: Settings) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.environment().items():
            patch.setenv(name, value)
        assert Settings.load() == settings


def test_every_place_in_the_work_folder_has_one_name(tmp_path: Path) -> None:
    """Nobody else joins a name of ours to the work folder."""
    names = [name for name, value in vars(Settings).items() if isinstance(value, property)]
    places = [getattr(Settings(work=tmp_path), name) for name in names]
    assert len(set(places)) == len(places)
    ours = {path.relative_to(tmp_path).parts[0] for path in places}
    joined = re.compile(r"settings\.work\s*/\s*[\"']([^\"'/]+)")
    sources = [
        path
        for package in ("features", "serving", "training", "experiments")
        for path in Path(ROOT, package).rglob("*.py")
    ]
    found = {(str(path), name) for path in sources for name in joined.findall(path.read_text(encoding="utf-8"))}
    assert {(path, name) for path, name in found if name in ours} == set()
