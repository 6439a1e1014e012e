"""The code at hand against that of a commit: trees from git, trainings as processes, and what is said of them."""

import subprocess
from pathlib import Path

import pandas as pd
import pytest

from experiments import against as module
from experiments.against import against, code_of, train, verdicts
from features.clock import Cutoff
from features.errors import StateError, UserError
from features.settings import Settings
from tests.helpers.records import training_record

CUTOFFS = [Cutoff.parse("2025-01-01"), Cutoff.parse("2025-01-08")]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits of one file; the second stands in the working tree, changed again."""
    folder = tmp_path / "repository"
    (folder / "training").mkdir(parents=True)
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    for text in ("first", "second"):
        (folder / "training" / "idea.txt").write_text(text)
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-qm", text], check=True)
    (folder / "training" / "idea.txt").write_text("not committed")
    return folder


@pytest.mark.parametrize(("revision", "text"), [("HEAD", "second"), ("HEAD~1", "first")])
def test_the_code_of_a_commit_is_as_it_was_committed(repository: Path, tmp_path: Path, revision, text):
    code = code_of(revision, tmp_path / "code", repository)
    assert (code / "training" / "idea.txt").read_text() == text


def test_a_commit_that_is_not_there_is_told(repository: Path, tmp_path: Path):
    with pytest.raises(UserError, match="git has no code of 'nowhere'"):
        code_of("nowhere", tmp_path / "code", repository)


@pytest.mark.parametrize("cutoffs", ["", "yesterday", "2025-01-01,"])
def test_what_is_no_cutoff_is_told(cutoffs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert module.main(["--cutoffs", cutoffs, "--work", str(tmp_path)]) == UserError.exit_code
    assert "is no cutoff" in capsys.readouterr().err


def code_that_says(folder: Path, body: str) -> Path:
    (folder / "training").mkdir(parents=True)
    (folder / "training" / "__init__.py").touch()
    (folder / "training" / "cli.py").write_text(f"import sys\n{body}\n")
    return folder


def test_a_training_runs_the_code_of_its_folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    code = code_that_says(tmp_path, "print(f'Version 7 in 3 s, {sys.argv[1:]}', file=sys.stderr)")
    assert train(code, Settings(work=tmp_path), CUTOFFS[0]) == "7"
    assert f"['train', '--work', '{tmp_path}', '--cutoff', '2025-01-01" in capfd.readouterr().err


@pytest.mark.parametrize("body", ["sys.exit(3)", "print('Version 7 in 3 s', file=sys.stderr); sys.exit(1)", "pass"])
def test_a_training_that_fails_is_told(tmp_path: Path, body):
    with pytest.raises(StateError, match=r"Training as of 2025-01-01.* failed"):
        train(code_that_says(tmp_path, body), Settings(work=tmp_path), CUTOFFS[0])


def test_both_train_at_every_cutoff_and_the_code_at_hand_comes_second(tmp_path: Path, monkeypatch):
    trained, asked = [], []

    def pretend(code: Path, _settings: Settings, cutoff: Cutoff) -> str:
        trained.append((code, cutoff))
        return str(len(trained))

    record = training_record(Path("b-1"))
    monkeypatch.setattr(
        module, "read", lambda _settings, first, second: asked.append((first, second)) or [(record,) * 2]
    )
    found = against(tmp_path, CUTOFFS, Settings(work=tmp_path), pretend)
    assert trained == [(code, cutoff) for cutoff in CUTOFFS for code in (tmp_path, module.SOURCE)]
    assert asked == [(("1", "3"), ("2", "4"))]
    assert (found["difference"] == 0).all()


def test_the_verdict_is_the_interval_s():
    rows = [("all", 0.01, 0.002, 0.02), ("new", 0.01, -0.002, 0.02), ("more", -0.01, -0.02, -0.002)]
    found = pd.DataFrame(rows, columns=["task", "difference", "low", "high"]).assign(metric="ndcg_at_10")
    assert [sentence.split(";")[0] for sentence in verdicts(found)] == [
        "all: better",
        "new: no difference is shown",
        "more: worse",
    ]
