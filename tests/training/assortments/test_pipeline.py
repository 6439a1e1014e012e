"""An assortment run on a small shop, from purchases to what a buyer opens, and what is told when it cannot be."""

import fcntl
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import openpyxl
import pandas as pd
import pytest

from features.errors import DataError, StateError, UserError
from serving.buyers import runs
from serving.buyers.request import AssortmentRequest
from tests.helpers.datasets import ingested
from tests.helpers.trained import shop_settings
from training.assortments.report import xlsx
from training.assortments.report.sheets import stores
from training.assortments.report.tables import load
from training.assortments.request import again, asked
from training.assortments.work import work
from training.tracking.stages import Stages

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
ASKED = AssortmentRequest(category="Grocery", horizon_weeks=4, cutoff="2025-05-25")
RULES = """
[[must_carry]]
sku = "sku-053"

[[ban]]
sku = "sku-000"
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory, mlflow_template, few_resamples):
    made = shop_settings(tmp_path_factory.mktemp("assort") / "work", mlflow_template)
    ingested(made, customers=110, skus=60, days=150)
    return made


def run_of(settings, request, at=AT, book=None):
    run = runs.ask(settings.work / "assortments", request, "ada", at)
    where = work(settings, run, lambda: at, Stages(), book)
    return runs.find(settings.work / "assortments", run.id, at), where


@pytest.fixture(scope="module")
def first(settings):
    return run_of(settings, ASKED)


@pytest.fixture(scope="module")
def report(first):
    return load(first[0].report)


def test_a_run_leaves_every_file_and_its_page(first):
    run, where = first
    assert run.state.state == runs.DONE
    assert {path.name for path in run.report.iterdir() if path.is_file()} >= {*runs.REPORT_FILES, runs.DECISIONS}
    assert "/#/experiments/" in where


def test_decisions_are_those_of_every_list(report, first):
    rows = runs.decisions(first[0])
    assert len(rows) == len(report.decisions) == report.run.clusters * report.decisions["sku"].nunique()
    assert {row["decision"] for row in rows} <= {"keep", "add", "delist", "swap", "leave"}


def test_money_is_the_sum_of_the_decisions_and_the_proof_agrees(report):
    money = report.tables["summary_money"].set_index("measure")
    assert money.loc["profit", "proposed_cents"] == report.decisions["profit_proposed_cents"].sum()
    assert report.proof.audit_passed
    assert report.proof.value_cents == pytest.approx(
        report.decisions["profit_proposed_cents"].sum(), abs=len(report.decisions)
    )
    assert report.proof.bound_cents >= report.proof.value_cents


def test_the_proposal_earns_no_less_than_today(report):
    money = report.tables["summary_money"].set_index("measure")
    assert money.loc["profit", "proposed_cents"] >= money.loc["profit", "now_cents"]


def test_demand_that_is_forecast_is_what_today_sells(settings, report):
    units = report.tables["summary_measures"].set_index("measure").loc["units", "now"]
    sold = pd.read_parquet(
        settings.warehouse / (settings.warehouse / "current").read_text().strip() / "purchases.parquet"
    )
    recent = sold[(sold["bought_at"] < "2025-05-25") & (sold["bought_at"] >= "2025-04-27")]
    planned = recent[recent["sku"].isin(report.decisions["sku"]) & (recent["channel"] == "store")]["units"].sum()
    assert units == pytest.approx(planned, rel=0.5)


def test_what_is_not_known_is_said(report):
    assert any("leave with nothing" in sentence for sentence in report.not_known)
    assert any("no known cost" in sentence for sentence in report.not_known)
    assert "width" in report.missing["space"].lower()
    assert report.missing["festival_stock"]


def test_the_same_seed_gives_the_same_plan(settings, report):
    again_run, _ = run_of(settings, ASKED, AT + timedelta(minutes=1))
    assert load(again_run.report).decisions.equals(report.decisions)


def test_rules_are_kept_and_priced(settings):
    run, _ = run_of(settings, ASKED.model_copy(update={"rules": RULES}), AT + timedelta(minutes=2))
    told = load(run.report)
    listed = told.decisions.set_index("sku")["is_listed_proposed"]
    assert listed["sku-053"].all()
    assert not listed[["sku-000"]].any()
    rules = told.tables["rules"].set_index("rule")
    assert {"must-carry, line 2", "ban, line 5"} <= set(rules.index)
    assert rules.loc["ban, line 5", "shadow_price_cents"] > 0
    banned = told.decisions.query("sku == 'sku-000'")
    assert set(banned["binding_rule"]) == {"ban, line 5"}


def test_rules_that_clash_are_named_and_the_run_has_failed(settings):
    rules = '[[must_carry]]\nsku = "sku-000"\n\n[[ban]]\nsku = "sku-000"\n'
    run = runs.ask(
        settings.work / "assortments", ASKED.model_copy(update={"rules": rules}), "ada", AT + timedelta(minutes=3)
    )
    with pytest.raises(DataError, match="cannot all be kept"):
        work(settings, run, lambda: AT, Stages())
    found = runs.find(settings.work / "assortments", run.id, AT)
    assert (found.state.state, "must carry sku-000" in found.state.error) == (runs.FAILED, True)


def test_an_edited_workbook_goes_back_in_and_its_costs_are_told(settings, first, report, tmp_path):
    kept = report.decisions[report.decisions["is_listed_proposed"]].sort_values("worth_cents").iloc[-1]
    book = edited(first[0].report / "report.xlsx", tmp_path / "mine.xlsx", kept["cluster"], kept["sku"], "delist")
    request = again(settings.work / "assortments", book, None, AT)
    run, _ = run_of(settings, request, AT + timedelta(minutes=4), book)
    told = load(run.report)
    assert told.run.overrides_of == report.run.run_id
    row = told.decisions[(told.decisions["cluster"] == kept["cluster"]) & (told.decisions["sku"] == kept["sku"])].iloc[
        0
    ]
    assert not row["is_listed_proposed"]
    (cost,) = told.tables["overrides"].to_dict("records")
    assert (cost["asked"], cost["sku"]) == ("delist", kept["sku"])
    assert cost["cost_cents"] > 0


def test_lists_of_single_stores_keep_their_rules_and_have_a_file_and_a_sheet(settings, report):
    store = str(report.tables["stores"]["store_id"].iloc[0])
    rules = f'[[ban]]\nsku = "sku-000"\nstore = "{store}"\n\n[[must_carry]]\nsku = "sku-053"\ncluster = "cluster 1"\n'
    run, _ = run_of(settings, ASKED.model_copy(update={"per": "store", "rules": rules}), AT + timedelta(minutes=8))
    lists = pd.read_parquet(run.report / "store_lists.parquet")
    told = load(run.report)
    assert set(lists["store_id"]) == set(told.tables["stores"]["store_id"])
    listed = lists[lists["decision"] != "delist"]
    assert not ((listed["store_id"] == store) & (listed["sku"] == "sku-000")).any()
    first = lists[(lists["cluster"] == "cluster 1") & (lists["sku"] == "sku-053")]
    assert (first["decision"] != "delist").all()
    sums = listed.groupby("store_id")["profit_cents"].sum()
    stores = told.tables["stores"].set_index("store_id")
    assert (sums - stores["profit_proposed_cents"]).abs().max() <= len(listed)
    assert listed.groupby("store_id").size().reindex(stores.index).tolist() == stores["skus_proposed"].tolist()
    sheet = openpyxl.load_workbook(run.report / "report.xlsx", read_only=True)["12 Store lists"]
    assert sum(1 for row in sheet.iter_rows(min_row=5, values_only=True) if row[0]) == len(lists)
    assert any("Lists of single stores" in sentence for sentence in told.not_known)


def test_too_many_rows_of_stores_are_in_their_file_only(settings, first, report, tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "MOST_ROWS", 1)
    rows = pd.DataFrame({name: ["x", "x"] for name in ("store_id", "cluster", "sku", "name", "decision")})
    xlsx.write(replace(report, store_lists=rows.assign(facings=1, units=1.0, profit_cents=1)), tmp_path / "many.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "many.xlsx")["12 Store lists"]
    assert "2 rows are too many" in sheet["A2"].value
    assert sheet.max_row == 2


def test_a_workbook_of_another_category_or_with_a_bad_cell_is_told_before_its_turn(settings, first, report, tmp_path):
    folder = settings.work / "assortments"
    sku = report.decisions["sku"].iloc[0]
    bad = edited(
        first[0].report / "report.xlsx", tmp_path / "bad.xlsx", report.decisions["cluster"].iloc[0], sku, "maybe"
    )
    other = ASKED.model_copy(update={"category": "Another"})
    for request, said in ((ASKED, "'maybe' is no override"), (other, "The workbook is of Grocery")):
        run = runs.ask(folder, request, "ada", AT + timedelta(minutes=7))
        with (folder / "turn").open("wb") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            with pytest.raises(UserError, match=said):
                work(settings, run, lambda: AT, Stages(), bad)
        assert said in runs.find(folder, run.id, AT).state.error


def edited(source, target, cluster, sku, text):
    """The workbook with one override written into it, as a buyer does."""
    book = openpyxl.load_workbook(source)
    sheet = book["2 Decisions"]
    heads = next(row for row in sheet.iter_rows() if {"Cluster", "SKU"} <= {cell.value for cell in row})
    at = {cell.value: cell.column for cell in heads}
    override = at["Your override"]
    for row in range(heads[0].row + 1, sheet.max_row + 1):
        if (sheet.cell(row, at["Cluster"]).value, sheet.cell(row, at["SKU"]).value) == (cluster, sku):
            sheet.cell(row, override).value = text
    book.save(target)
    return target


@pytest.mark.parametrize(("change", "error", "said"), [
    ({"category": "Nowhere"}, DataError, "no SKU belongs to the category 'Nowhere'"),
    ({"stores": ["store-9"]}, DataError, "1 of 1 are not known, such as 'store-9'"),
    ({"party": "nobody"}, DataError, "no store of the party 'nobody'"),
    ({"cutoff": "2025-01-01"}, DataError, "Next:"),
    ({"rules": "[[must_carry]]\nsku = 7\n"}, UserError, "rules.toml, line 1"),
    ({"rules": '[[ban]]\nsku = "sku-999"\n'}, DataError, "sku-999"),
])  # fmt: skip
def test_what_cannot_be_planned_is_told(settings, change, error, said):
    run = runs.ask(settings.work / "assortments", ASKED.model_copy(update=change), "ada", AT + timedelta(hours=1))
    with pytest.raises(error, match=said):
        work(settings, run, lambda: AT, Stages())
    assert runs.find(settings.work / "assortments", run.id, AT).state.state == runs.FAILED


def test_a_workbook_of_a_run_that_is_gone(settings, first, tmp_path):
    with pytest.raises(StateError, match="Next: run `omnishelf assort"):
        again(tmp_path / "elsewhere", first[0].report / "report.xlsx", None, AT)


def test_the_command_line_says_what_is_wrong(tmp_path):
    told = {"category": "X", "stores": [], "horizon_weeks": 4, "cutoff": "tomorrow", "party": None}
    with pytest.raises(UserError, match="'tomorrow' is not an instant"):
        asked(told, None)
    with pytest.raises(UserError, match="cannot be read"):
        asked({**told, "cutoff": None}, tmp_path / "none.toml")


def test_run_json_says_how_it_was_made(first, settings):
    told = json.loads((first[0].report / "run.json").read_text())
    assert told["run"]["data_hash"] == (settings.warehouse / "current").read_text().strip()
    assert replace(load(first[0].report).run) == load(first[0].report).run
