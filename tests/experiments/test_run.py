"""Experiments: from a definition to what is printed, kept, and logged to MLflow."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest
from matplotlib.figure import Figure

from experiments import logbook
from experiments.definition import Definition
from experiments.findings import Findings, Goal
from experiments.logbook import STUDIES
from experiments.run import main, run
from features.errors import UserError
from tests.helpers.mlflow_store import looking
from training.cli.console import console

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASKED = Definition("tea", "Does tea sell?", "tea", {"cups": 3, "share": 0.5, "kind": "green"})


def answer(*, is_met=True):
    def study(settings, params, say):
        say(f"pouring {params['cups']} cups")
        figure = Figure(figsize=(1, 1))
        figure.subplots().plot([1, 2])
        return Findings(
            headline="Tea sells.",
            metrics={"cups.sold": 2.0, "nothing": float("nan")},
            tables={"by kind": pd.DataFrame({"kind": ["green"], "cups": [2]})},
            figures={"cups": figure},
            goals=(Goal("two cups", "2 cups", "≥ 2 cups", is_met),),
        )

    return study


@pytest.fixture
def asked(monkeypatch):
    monkeypatch.setattr(Definition, "find", lambda _self: answer())
    return ASKED


def test_what_was_found_is_shown_kept_and_logged(settings, asked, capsys):
    assert run(asked, settings, console(), AT, is_logged=True) == 0
    said = capsys.readouterr().err
    for words in ("Does tea sell?", "pouring 3 cups", "Tea sells.", "by kind", "≥ 2 cups", "/#/experiments/"):
        assert words in said
    folder = settings.work / "experiments" / "tea-20260301T120000"
    assert {path.name for path in folder.iterdir()} == {"findings.json", "by_kind.json", "cups.png", "logged"}
    with looking(settings) as client:
        (found,) = client.search_runs([client.get_experiment_by_name(STUDIES.name).experiment_id])
        artifacts = {each.path for each in client.list_artifacts(found.info.run_id)}
    assert found.info.status == "FINISHED"
    assert found.data.params == {"study": "tea", "cups": "3", "share": "0.5", "kind": "green"}
    assert found.data.metrics["cups.sold"] == 2
    assert "nothing" not in found.data.metrics
    assert found.data.tags["goal.two cups"] == "met: 2 cups (asked: ≥ 2 cups)"
    assert "Tea sells." in found.data.tags["mlflow.note.content"]
    assert json.loads(found.data.tags["mlflow.loggedArtifacts"]) == [{"path": "by_kind.json", "type": "table"}]
    assert {"by_kind.json", "cups.png"} <= artifacts


def test_a_goal_that_was_missed_is_the_exit_code(settings, monkeypatch, capsys):
    monkeypatch.setattr(Definition, "find", lambda _self: answer(is_met=False))
    assert run(ASKED, settings, console(), AT, is_logged=False) == 1
    assert "NO" in capsys.readouterr().err


def test_without_mlflow_nothing_is_lost(settings, asked, capsys):
    down = replace(settings, tracking_uri="http://127.0.0.1:9")
    assert run(asked, down, console(), AT, is_logged=True) == 0
    said = capsys.readouterr().err
    assert "Tea sells." in said
    assert "--log-kept" in said
    assert list(logbook.unlogged(settings)) == [settings.work / "experiments" / "tea-20260301T120000"]
    assert main(["--log-kept", "--work", str(settings.work)]) == 0
    assert not list(logbook.unlogged(settings))


def test_parameters_are_replaced_in_kind():
    assert ASKED.with_params(["cups=4", "share=1", "kind=black"]).params == {"cups": 4, "share": 1.0, "kind": "black"}
    for wrong, why in (("cup=4", "no such parameter"), ("cups", "no such"), ("cups=many", "not of the same kind")):
        with pytest.raises(UserError, match=why):
            ASKED.with_params([wrong])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("question = 1\nstudy = 'tea'", "question is missing or no text"),
        ("question = 'q'\nstudy = 'tea'\nwho = 1", "who is not known"),
        ("question = 'q'\nstudy = 'tea'\nparams = 1", "params is no table"),
        ("question", "not TOML"),
    ],
)
def test_a_bad_definition_is_told(tmp_path, text, why):
    (tmp_path / "tea.toml").write_text(text)
    with pytest.raises(UserError, match=why):
        Definition.load("tea", tmp_path)


def test_unknown_names_are_told(tmp_path, capsys):
    with pytest.raises(UserError, match="no experiment 'tea'"):
        Definition.load("tea", tmp_path)
    with pytest.raises(UserError, match="no study 'tea'"):
        ASKED.find()
    assert main(["no-such-experiment"]) == UserError.exit_code
    assert "no-such-experiment" in capsys.readouterr().err


def test_the_experiments_are_listed(capsys):
    assert main(["--list"]) == 0
    assert "question" in capsys.readouterr().err


def test_every_definition_has_its_study():
    from experiments.definition import names

    for name in names():
        assert callable(Definition.load(name).find())
