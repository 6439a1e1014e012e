"""Pages and workbooks of reports that are narrow or odd, and how values are written."""

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.report_fixture import narrow_report, report
from tests.helpers.report_reading import cents, read_page
from training.assortments.report import xlsx
from training.assortments.report.columns import Kind
from training.assortments.report.declared import by_name
from training.assortments.report.grid import grid
from training.assortments.report.headline import moves
from training.assortments.report.html import page
from training.assortments.report.names import names
from training.assortments.report.rows import document, rows
from training.assortments.report.writing import change_percent, gain, money, short, written

ODD = '<script>alert("1")</script> & =SUM(A1) {{ run }}'


@given(st.integers(-(10**15), 10**15))
def test_an_amount_reads_back_to_the_cent(amount):
    assert cents(money(amount)) == amount
    assert cents(gain(amount)) == amount


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.CENTS, -123_456, "−1,234.56"), (Kind.CENTS, 5, "0.05"), (Kind.CENTS, None, "–"), (Kind.TEXT, "a", "a"),
        (Kind.UNITS, 1234.56, "1,234.6"), (Kind.COUNT, 1234, "1,234"), (Kind.YES_NO, False, "no"),
        (Kind.PERCENT, 12.34, "12.3 %"), (Kind.UNITS, 0.071, "0.07"), (Kind.UNITS, 0, "0.0"),
        (Kind.NUMBER, -0.5, "−0.50"), (Kind.DAYS, float("nan"), "–"),
    ],
)  # fmt: skip
def test_values_are_written_for_readers(kind, value, text):
    assert written(kind, value) == text


def test_changes_and_axes():
    assert (change_percent(100, 105.1), change_percent(100, 90), change_percent(0, 5)) == ("+5.1 %", "−10.0 %", "–")
    assert (short(1_250_000), short(-1_500), short(12), short(2e9)) == ("1.25M", "−1.5k", "12", "2bn")


@pytest.fixture(scope="module")
def text():
    return page(narrow_report(skus=1, clusters=1, destination_1=None, transferable_percent=0.0))


class TestANarrowReport:
    def test_a_category_of_one_sku_has_a_page(self, text):
        assert len(read_page(text).tables["decisions"]) == 1

    def test_every_screen_that_is_empty_says_why_once(self, text):
        assert (
            text.count("Nothing is known of this.") == 8 + 2
        )  # clusters lack three tables; what was realised has a sentence of its own
        assert text.count("<section") == 11

    def test_it_has_a_workbook(self, tmp_path):
        xlsx.write(narrow_report(skus=1, clusters=1), tmp_path / "narrow.xlsx")
        book = openpyxl.load_workbook(tmp_path / "narrow.xlsx")
        assert len(book.sheetnames) == 11
        said = [cell.value for line in book["8 Festival"].iter_rows() for cell in line]
        assert said.count("Nothing is known of this.") == 3


class TestTextOfOthers:
    """Names come from a retailer's tables: whatever stands in them is text."""

    def test_on_the_page_it_is_no_markup(self):
        text = page(narrow_report(skus=2, clusters=1, name=ODD, reason=ODD, supplier=ODD, brand=ODD))
        assert "<script>alert" not in text
        assert text.count("&lt;script&gt;alert") >= 4

    def test_in_the_workbook_it_is_no_formula(self, tmp_path):
        xlsx.write(narrow_report(skus=2, clusters=1, name="=1+1", reason="=HYPERLINK(1)"), tmp_path / "odd.xlsx")
        sheet = openpyxl.load_workbook(tmp_path / "odd.xlsx")["2 Decisions"]
        assert sheet["D8"].value == "=1+1"
        values = openpyxl.load_workbook(tmp_path / "odd.xlsx", data_only=True)["2 Decisions"]
        assert values["D8"].value == "=1+1", "a formula would have lost its text"


def test_the_workbook_invites_overrides(tmp_path):
    xlsx.write(narrow_report(), tmp_path / "book.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx")["2 Decisions"]
    (rule,) = sheet.data_validations.dataValidation
    assert (rule.formula1, str(rule.sqref)) == ('"keep,add,delist"', "F8:F19")
    assert sheet.freeze_panes == "H8"
    assert sheet.tables["t_decisions"].autoFilter is not None
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == "$7:$7"
    assert len(sheet.conditional_formatting) >= 4
    assert "Units a store a week" in next(cell.comment.text for cell in sheet[7] if cell.value == "Rate of sale")


def test_the_biggest_moves_name_the_half_of_a_swap_that_comes_in():
    rows = narrow_report().decisions.head(4).assign(
        decision=["keep", "swap", "swap", "delist"],
        is_listed_proposed=[True, True, False, False],
        worth_cents=[900, 50, 800, 70],
    )  # fmt: skip
    assert [(move["decision"], move["worth_cents"]) for move in moves(rows)] == [("delist", 70), ("swap", 50)]


def test_rows_for_programs_are_plain():
    made = document(narrow_report(skus=2, clusters=1))
    assert made["run"]["run_id"] == "narrow-1"
    assert {type(value) for row in made["tables"]["decisions"] for value in row.values()} <= {
        str, int, float, bool, type(None),
    }  # fmt: skip
    assert rows(narrow_report(skus=2, clusters=1), "rules") == []
    assert [column["name"] for column in made["columns"]["rules"]][:2] == ["rule", "kind"]


@pytest.mark.parametrize(("name", "level"), [("removals", "95 % interval"), ("clusters", "80 % interval")])
def test_a_head_tells_the_level_of_its_own_interval(name, level):
    made = report()
    heads = grid(by_name()[name], made.tables[name], names(made)).heads
    assert level in [head.title for head in heads]
