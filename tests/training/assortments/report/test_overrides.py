"""An edited workbook comes back: what can be used is read, what cannot be used is told cell by cell."""

from functools import cache

import openpyxl
import pytest

from features.errors import DataError, StateError, UserError
from tests.helpers.report_fixture import narrow_report
from training.assortments.report import xlsx
from training.assortments.report.overrides import Override, Overrides, costed, must_exist, read, run_of
from training.assortments.report.tables import assembled

SHEET = "2 Decisions"
FIRST_ROW = 8


@cache
def report():
    return narrow_report(skus=12)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "report.xlsx"
    xlsx.write(report(), path)
    return path


@pytest.fixture
def edited(written, tmp_path):
    """A function that writes cells into the decisions and saves the workbook under another name."""

    def edit(cells, sheet=SHEET):
        book = openpyxl.load_workbook(written)
        for name, value in cells.items():
            book[sheet][name].value = value
        book.save(tmp_path / "edited.xlsx")
        return tmp_path / "edited.xlsx"

    return edit


def test_a_workbook_that_nobody_touched_asks_for_nothing(written):
    assert read(written, report()) == Overrides(report().run.run_id, ())
    assert run_of(written) == report().run.run_id


def test_overrides_are_read_whatever_their_case_and_blanks(edited):
    found = read(edited({"F8": "delist", "F9": " KEEP ", "F30": "add", "F10": "  "}), report())
    first, second = report().decisions.iloc[0], report().decisions.iloc[22]
    assert found.asked == (
        Override(first["cluster"], first["sku"], "delist", "F8"),
        Override("c1", "sku-1002", "keep", "F9"),
        Override(second["cluster"], second["sku"], "add", "F30"),
    )
    assert [each.is_listed for each in found.asked] == [False, True, True]
    assert not found.not_used


def test_rows_in_another_order_are_the_same_overrides(written, tmp_path):
    book = openpyxl.load_workbook(written)
    sheet = book[SHEET]
    sheet["F8"].value = "delist"
    last = FIRST_ROW + len(report().decisions) - 1
    for column in range(1, sheet.max_column + 1):
        top, bottom = sheet.cell(FIRST_ROW, column), sheet.cell(last, column)
        top.value, bottom.value = bottom.value, top.value
    book.save(tmp_path / "sorted.xlsx")
    (only,) = read(tmp_path / "sorted.xlsx", report()).asked
    assert (only.cluster, only.sku, only.asked, only.cell) == ("c1", "sku-1001", "delist", f"F{last}")


def test_a_changed_figure_is_told_and_not_used(edited):
    found = read(edited({"F8": "keep", "I8": 1.0, "I9": 2.0}), report())
    assert len(found.asked) == 1
    (told,) = found.not_used
    assert told.startswith("2 figures were changed in the workbook and not used, for example I8 (Worth): 1")


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"F8": "maybe"}, "F8: 'maybe' is no override; write keep, add, delist, or leave it empty"),
        ({"F8": 1}, "F8: '1' is no override"),
        ({"F8": '=IF(1,"keep","add")'}, "F8: a formula"),
        ({"I8": "a lot"}, "I8 (Worth): 'a lot' is text where the number"),
        ({"I8": "=1+1"}, "I8 (Worth): a formula"),
        ({"A8": "c9"}, "A8: 'c9' is no cluster of this run"),
        ({"A8": None}, "A8: '' is no cluster of this run"),
        ({"C8": "sku-gone"}, "C8: SKU 'sku-gone' is not in this run"),
        ({"C9": "sku-1001"}, "C9: SKU sku-1001 in cluster c1 stands in row 8 too"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_cell(edited, cells, told):
    with pytest.raises(DataError) as error:
        read(edited(cells), report())
    assert told in str(error.value)
    assert "Mend them and give the workbook again." in str(error.value)


def test_all_faults_are_told_at_once_and_many_are_counted(edited):
    with pytest.raises(DataError) as error:
        read(edited({f"F{row}": "?" for row in range(8, 28)}), report())
    assert "20 cells cannot be used" in str(error.value)
    assert "- and 12 more" in str(error.value)


def test_a_workbook_of_another_run_is_refused(edited):
    with pytest.raises(StateError, match="belongs to run coffee-other, not to narrow-1"):
        read(edited({"B3": "coffee-other"}), report())


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"F7": "Mine"}, "the heads Cluster, SKU and Your override are missing"),
        ({"B3": None}, "the run's id beside Run"),
    ],
)
def test_a_sheet_without_its_heads_is_told(edited, cells, told):
    with pytest.raises(DataError) as error:
        run_of(edited(cells))
    assert told in str(error.value)


def test_a_file_that_is_no_workbook_of_ours_is_told(tmp_path):
    with pytest.raises(UserError, match="There is no file"):
        run_of(tmp_path / "nowhere.xlsx")
    (tmp_path / "text.xlsx").write_text("keep everything", encoding="utf-8")
    with pytest.raises(DataError, match=r"cannot be read as an \.xlsx workbook"):
        run_of(tmp_path / "text.xlsx")
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    with pytest.raises(DataError, match="has no sheet 2 Decisions; it has Sheet"):
        run_of(tmp_path / "other.xlsx")


def test_a_sku_that_left_the_data_since_is_told():
    given = Overrides("run", (Override("c1", "sku-1", "keep", "F8"), Override("c2", "sku-2", "add", "F9")))
    must_exist(given, {"sku-1", "sku-2"}, {"c1", "c2"})
    with pytest.raises(DataError, match="F8: SKU sku-1 is no longer in the data"):
        must_exist(given, {"sku-2"}, {"c1", "c2"})
    with pytest.raises(DataError, match="F9: there is no cluster c2 any more"):
        must_exist(given, {"sku-1", "sku-2"}, {"c1"})


def test_what_overrides_cost_is_a_table_of_the_next_report():
    given = Overrides(report().run.run_id, (Override("c1", "sku-1001", "delist", "F8"),))
    table = costed(given, report(), {("c1", "sku-1001"): 12_345})
    assert table.to_dict("records") == [
        {
            "cluster": "c1",
            "sku": "sku-1001",
            "name": report().decisions["name"].iloc[0],
            "asked": "delist",
            "instead_of": "keep",
            "cost_cents": 12_345,
        }
    ]
    tables = {name: rows for name, rows in report().tables.items() if len(rows)}
    again = assembled(report().run, report().proof, tables | {"overrides": table}, dict(report().missing))
    assert int(again.tables["overrides"]["cost_cents"].sum()) == 12_345
