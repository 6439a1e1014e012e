"""What is printed for people: readable at 80 columns, on a terminal or not, and nothing is taken for markup."""

from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from tests.helpers.records import compare, training_record
from training.cli.console import comparison, console, say, side_by_side, table, watched
from training.recommendations.record import RANKER


def printed(*things: object, terminal: str = "no terminal") -> str:
    """What a screen of 80 columns shows."""
    screen = Console(file=StringIO(), width=80, force_terminal=terminal == "a terminal", no_color=True, highlight=False)
    screen.print(*things)
    file = screen.file
    assert isinstance(file, StringIO)
    return file.getvalue()


@pytest.fixture(scope="module")
def compared() -> pd.DataFrame:
    frame = training_record(Path("bundle")).comparison
    return frame.replace({"model": {"frequency": "personal_frequency"}})


@pytest.mark.parametrize("terminal", ["a terminal", "no terminal"])
def test_the_comparison_fits_into_80_columns_uncut(compared: pd.DataFrame, terminal: str) -> None:
    text = printed(comparison(compared), terminal=terminal)
    assert "…" not in text
    assert "personal frequency" in text
    rows = [line for line in text.splitlines() if "ranker" in line or "popularity" in line]
    assert len(rows) == 4, "a line a model and task: nothing is wrapped"


def test_the_comparison_says_who_leads_and_by_how_much(compared: pd.DataFrame) -> None:
    first, second = printed(comparison(compared)).split("Only what the customer had never bought")
    assert first.startswith("Everything bought")
    for part, task in ((first, "all"), (second, "new")):
        rows = compared[compared["task"] == task].set_index(["model", "metric"])
        lines = {line.split("  ")[0].strip() or line.strip().split("  ")[0]: line for line in part.splitlines()}
        ours = rows.loc[(RANKER, "ndcg_at_10")]
        assert f"{ours['mean']:.4f}" in lines["ranker"]
        assert f"{rows.loc[(RANKER, 'recall_at_100'), 'mean']:.4f}" in lines["ranker"]
        lead = f"{ours['difference']:+.3f} [{ours['difference_low']:+.3f}, {ours['difference_high']:+.3f}]"
        assert lead in lines["ranker"]
        assert "best baseline" in lines["personal frequency"]
        assert sum("best baseline" in line for line in part.splitlines()) == 1
    order = [
        name
        for line in first.splitlines()
        for name in ("ranker", "personal", "item", "als")
        if line.strip().startswith(name)
    ]
    assert order == ["ranker", "personal", "item", "als"], "best first"


def test_a_task_that_was_not_judged_has_no_table(compared: pd.DataFrame) -> None:
    text = printed(comparison(compared[compared["task"] == "all"]))
    assert "never bought" not in text


def test_a_ranker_that_is_beaten_stands_below_the_winner() -> None:
    figures = training_record(Path("bundle"), lift=-0.05).per_customer
    lines = printed(comparison(compare(figures))).splitlines()
    places = [
        next(at for at, line in enumerate(lines) if line.strip().startswith(name)) for name in ("frequency", "ranker")
    ]
    assert places == sorted(places)


def test_a_sentence_stays_in_one_line_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    text = f"written to /data/[2025]/[bold]{'x' * 200}.parquet"
    say(console(), text)
    out, err = capsys.readouterr()
    assert (out, err) == ("", text + "\n")


def test_a_table_aligns_numbers_and_takes_nothing_for_markup() -> None:
    text = printed(
        table("A [title]", pd.DataFrame({"name": ["[red]a[/]", "b"], "count": [1, 22], "share": [0.5, 0.25]}))
    )
    assert "[red]a[/]" in text
    assert "0.5000" in text
    assert [line.split()[-4] for line in text.splitlines() if "0." in line] == ["1", "22"]


def test_stages_are_told_as_they_end(capsys: pytest.CaptureFixture[str]) -> None:
    with watched(console()) as stages:
        with stages.stage("first [a]") as tell:
            stages.announce("first [a]", "half done")
            tell("3 rows [b]")
        with stages.stage("second"):
            pass
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("✓ first [a]: 3 rows [b] (")
    assert lines[1].startswith("✓ second: done (")


def test_a_stage_that_fails_is_not_told_as_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="broken"), watched(console()) as stages, stages.stage("first"):
        raise RuntimeError("broken")
    assert "✓" not in capsys.readouterr().err
    assert stages.table().empty


def test_wide_frames_are_shown_in_parts_that_repeat_their_keys():
    numbers = {f"measure {nth}": [1.0, 2.0] for nth in range(8)}
    frame = pd.DataFrame({"category": ["soup", "tea"], "tier": ["a", "b"], **numbers})
    parts = side_by_side(frame, 80)
    assert len(parts) > 1
    assert all(list(part.columns[:2]) == ["category", "tier"] for part in parts)
    assert [name for part in parts for name in part.columns[2:]] == list(numbers)
    assert "…" not in printed(*(table("t", part) for part in parts))


@pytest.mark.parametrize("frame", [pd.DataFrame({"a": ["x"]}), pd.DataFrame({"a": [1.5], "b": [2.5]}), pd.DataFrame()])
def test_frames_that_fit_are_one_part(frame: pd.DataFrame):
    (part,) = side_by_side(frame, 80)
    pd.testing.assert_frame_equal(part, frame)
