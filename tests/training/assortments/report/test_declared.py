"""A screen added to the one list is on the page, in the workbook, in the files and in the rows, and is checked."""

from dataclasses import replace

import pandas as pd
import pytest
from openpyxl import load_workbook

from features.errors import DataError
from tests.helpers.report_fixture import RUN, frames, proof
from tests.helpers.report_reading import read_page, read_sheet_tables
from training.assortments.report import declared, html, rows, xlsx
from training.assortments.report.charts.drawing import chart, figure
from training.assortments.report.columns import Column, Kind, Table
from training.assortments.report.declared import Screen
from training.assortments.report.tables import assembled, load, save

WEATHER = Table(
    "weather",
    "Weather",
    "a day",
    (Column("day", Kind.ID, "Day", "The day"), Column("degrees", Kind.NUMBER, "Degrees", "How warm it was")),
    ("day",),
)
ROWS = pd.DataFrame({"day": ["Monday", "Tuesday"], "degrees": [21.5, 19.0]})


def drawn(report, names):  # as in every screen's file
    drawing = figure()
    drawing.subplots().plot(report.tables["weather"]["degrees"].astype(float))
    yield chart(drawing, "How warm it was", "A line over the days.")


@pytest.fixture(autouse=True)
def _one_more_screen(monkeypatch):
    screen = Screen("weather", "Weather report", "How warm was it?", (WEATHER,), drawn)
    monkeypatch.setattr(declared, "SCREENS", (*declared.SCREENS, screen))


@pytest.fixture
def made():
    return assembled(RUN, proof(), {**frames(), "weather": ROWS}, {})


def test_it_is_on_the_page_with_its_table_and_its_picture(made):
    text = html.page(made)
    assert "How warm was it?" in text
    assert "A line over the days." in text
    assert "weather" in read_page(text).tables


def test_it_is_a_sheet_of_the_workbook(made, tmp_path):
    xlsx.write(made, tmp_path / "report.xlsx")
    book = load_workbook(tmp_path / "report.xlsx")
    assert "12 Weather report" in book.sheetnames
    assert [row["Day"] for row in read_sheet_tables(book)["weather"]] == ["Monday", "Tuesday"]


def test_it_is_saved_and_read_back(made, tmp_path):
    again = load(save(made, tmp_path / "run"))
    pd.testing.assert_frame_equal(again.tables["weather"], made.tables["weather"])


def test_it_is_among_the_rows_and_what_they_mean(made):
    document = rows.document(made)
    assert document["tables"]["weather"] == [{"day": "Monday", "degrees": 21.5}, {"day": "Tuesday", "degrees": 19.0}]
    assert [column["meaning"] for column in document["columns"]["weather"]] == ["The day", "How warm it was"]


def test_its_absence_needs_a_sentence():
    with pytest.raises(DataError, match="Report table weather has no rows"):
        assembled(RUN, proof(), frames(), {})
    told = assembled(RUN, proof(), frames(), {"weather": "Nobody looked at the thermometer."})
    assert "Nobody looked at the thermometer." in html.page(told)


def test_its_columns_are_checked():
    with pytest.raises(DataError, match="1 columns unknown \\(colour\\)"):
        assembled(RUN, proof(), {**frames(), "weather": ROWS.assign(colour="grey")}, {})


def test_its_clusters_are_those_of_the_plan(monkeypatch):
    columns = (*WEATHER.columns, Column("cluster", Kind.ID, "Cluster", "The cluster"))
    by_cluster = replace(WEATHER, columns=columns)
    screens = (*declared.SCREENS[:-1], replace(declared.SCREENS[-1], tables=(by_cluster,)))
    monkeypatch.setattr(declared, "SCREENS", screens)
    with pytest.raises(DataError, match="weather: 2 rows of a cluster that `clusters` lacks"):
        assembled(RUN, proof(), {**frames(), "weather": ROWS.assign(cluster="nowhere")}, {})
