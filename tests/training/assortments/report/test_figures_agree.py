"""The figures of page, workbook and rows for programs are the same, to the cent; formulas work out to what is shown."""

import base64
import hashlib
import json
import re
from functools import cache

import openpyxl
import orjson
import pytest

from tests.helpers.formulas import calculated
from tests.helpers.report_fixture import report
from tests.helpers.report_reading import cents, read_page, read_sheet_tables, titles
from training.assortments.report.columns import Kind
from training.assortments.report.declared import by_name, tables
from training.assortments.report.publish import publish
from training.assortments.report.tables import load


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return publish(report(), tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def page(folder):
    return read_page((folder / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rows(folder):
    return orjson.loads((folder / "report.json").read_bytes())["tables"]


@pytest.fixture(scope="module")
def book(folder):
    return openpyxl.load_workbook(folder / "report.xlsx")


@pytest.fixture(scope="module")
def values(folder):
    return openpyxl.load_workbook(folder / "report.xlsx", data_only=True)


@cache
def amounts(table: str) -> tuple[str, ...]:
    return tuple(column.name for column in by_name()[table].columns if column.kind is Kind.CENTS)


ON_THE_PAGE = [
    table.name for table in tables() if table.name not in {"summary_measures", "transfers", "overrides", "realised"}
]


@pytest.mark.parametrize("table", [name for name in ON_THE_PAGE if name not in {"summary_money", "decisions"}])
def test_every_amount_of_a_table_is_the_same_on_the_page(table, page, rows):
    shown = page.tables[table]
    assert len(shown) == len(rows[table])
    for there, here in zip(shown, rows[table], strict=True):
        for name in amounts(table):
            assert cents(there.get(name, "–")) == here[name], (table, name, here)


def test_every_amount_of_the_first_screen_is_the_same_on_the_page(page, rows):
    shown = {row["measure"]: row for row in page.tables["cards"]}
    for row in rows["summary_money"]:
        for name in ("now_cents", "proposed_cents", "low_cents", "high_cents"):
            assert cents(shown[row["measure"]].get(name, "–")) == row[name]


def test_every_amount_of_every_decision_is_the_same_on_the_page(page, rows):
    shown = {(row["cluster"], row["sku"]): row for row in page.tables["decisions"]}
    assert len(shown) == len(rows["decisions"]) == 240
    compared = 0
    for row in rows["decisions"]:
        there = shown[row["cluster"], row["sku"]]
        for name in set(amounts("decisions")) & set(there):
            assert cents(there[name]) == row[name], (name, row)
            compared += 1
        assert {"worth_cents", "profit_now_cents", "profit_proposed_cents", "price_cents", "unit_cost_cents"} <= set(
            there
        )
    assert compared > 240 * 9


@pytest.mark.parametrize("table", [name for name in ON_THE_PAGE if amounts(name)])
def test_every_amount_is_the_same_in_the_workbook(table, values, rows):
    sheet = read_sheet_tables(values)[table]
    title = titles(table)
    assert len(sheet) == len(rows[table])
    for there, here in zip(sheet, rows[table], strict=True):
        for name in amounts(table):
            value = there.get(title[name])
            assert (None if value is None else round(value * 100)) == here[name], (table, name, here)


def test_shares_and_units_are_the_same_in_the_workbook(values, rows):
    for there, here in zip(read_sheet_tables(values)["decisions"], rows["decisions"], strict=True):
        assert there["Confidence"] * 100 == pytest.approx(here["confidence_percent"])
        assert there["Rate of sale"] == pytest.approx(here["rate_of_sale_units"])
        assert (there["Decision"], there["Why"]) == (here["decision"], here["reason"])


def test_every_formula_works_out_to_the_value_beside_it(book, values):
    checked = 0
    for sheet in book.worksheets:
        for line in sheet.iter_rows():
            for cell in line:
                if cell.data_type == "f":
                    expected = values[sheet.title][cell.coordinate].value
                    assert calculated(book, sheet.title, cell.value) == pytest.approx(expected, abs=1e-6), (
                        cell.coordinate
                    )
                    checked += 1
    assert checked > 300


def test_an_override_in_the_workbook_costs_the_worth_of_what_it_turns(folder, rows):
    book = openpyxl.load_workbook(folder / "report.xlsx")
    sheet, summary = book["2 Decisions"], book["1 Summary"]
    by_row = list(enumerate(rows["decisions"], start=8))
    turned = next((at, row) for at, row in by_row if row["decision"] == "keep" and row["worth_cents"] > 0)
    agreed = next((at, row) for at, row in by_row if row["decision"] == "delist")
    sheet.cell(turned[0], 6).value = "delist"
    sheet.cell(agreed[0], 6).value = "delist"
    cost = {line[0].value: line[1].value for line in summary.iter_rows(max_col=2)}
    assert calculated(book, summary.title, cost["Written so far"]) == 2
    assert calculated(book, summary.title, cost["They cost about"]) * 100 == pytest.approx(turned[1]["worth_cents"])


def test_the_run_folder_reads_back(folder):
    again = load(folder)
    assert again.run == report().run
    assert again.proof == report().proof
    for name, frame in report().tables.items():
        assert frame.equals(again.tables[name]), name
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["run"]["data_hash"] == report().run.data_hash


class TestThePage:
    def test_it_fetches_nothing(self, page):
        fetched = [
            (tag, given)
            for tag, given in page.tags
            for name in ("src", "href", "xlink:href", "srcset", "action", "data")
            if given.get(name) and not given[name].startswith(("#", "data:"))
        ]
        assert not fetched
        assert not [
            given for tag, given in page.tags if tag in {"iframe", "object", "embed", "link"} and given.get("src")
        ]
        assert not [given for _, given in page.tags if re.search(r"url\((?!#)", given.get("style") or "")]

    def test_its_policy_names_its_only_script(self, folder):
        text = (folder / "report.html").read_text(encoding="utf-8")
        (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"script-src &#39;sha256-{digest}&#39;" in text
        assert "default-src &#39;none&#39;" in text

    def test_it_has_the_eleven_screens_and_links_to_them(self, page):
        sections = [given["id"] for tag, given in page.tags if tag == "section"]
        links = [given["href"] for tag, given in page.tags if tag == "a" and given.get("href", "").startswith("#")]
        assert len(sections) == 11
        assert set(sections) <= {link[1:] for link in links}

    def test_what_is_to_be_seen_has_words_and_heads_have_scopes(self, page):
        assert all(given.get("aria-label") for tag, given in page.tags if tag == "figure")
        assert all(given.get("scope") for tag, given in page.tags if tag == "th")
        assert sum(tag == "figure" for tag, _ in page.tags) >= 20

    def test_no_two_elements_share_an_id(self, page):
        ids = [given["id"] for _, given in page.tags if given.get("id")]
        assert len(ids) == len(set(ids))
