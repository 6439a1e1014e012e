"""Settings come from the environment; nonsense is told by its name."""

from pathlib import Path

import pytest

from features.errors import UserError
from features.settings import Settings


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
