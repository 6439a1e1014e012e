"""What an assortment run makes of the data at hand: terms, buying groups, and tables with holes in them."""

import shutil
from datetime import UTC, datetime

import duckdb
import pytest

from features.errors import DataError
from features.warehouse.warehouse import Warehouse
from serving.buyers.request import AssortmentRequest
from tests.helpers.datasets import ingested
from tests.helpers.trained import shop_settings
from training.assortments.pipeline import Asked, plan_assortment
from training.assortments.report.publish import publish
from training.tracking.stages import Stages

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
ASKED = AssortmentRequest(category="Grocery", horizon_weeks=4, cutoff="2025-05-25")

TERMS = """
    SELECT 'own' AS party, 'V' || (ascii(right(sku, 1)) % 3) AS supplier, sku, "group" AS buying_group,
        tier AS tier_units, CAST(CASE tier WHEN 0 THEN 0.70 ELSE 0.60 END AS DECIMAL(18,4)) AS unit_cost,
        6.0::DOUBLE AS min_order_units, 6.0::DOUBLE AS pack_units, CAST(NULL AS DECIMAL(18,4)) AS fixed_cost,
        CAST(NULL AS DOUBLE) AS lead_days, CAST(NULL AS DOUBLE) AS capacity
    FROM skus, (VALUES ('north'), ('south')) AS g("group"), (VALUES (0.0), (40.0)) AS t(tier)"""
SUPPLIERS = """
    SELECT 'own' AS party, 'V' || nth AS supplier, 'Maker ' || nth AS name, CAST(NULL AS VARCHAR) AS buying_group,
        100.0::DOUBLE AS min_order_units, CAST(10 AS DECIMAL(18,4)) AS fixed_cost,
        CAST(NULL AS DOUBLE) AS lead_days, CAST(NULL AS DOUBLE) AS capacity
    FROM range(3) AS r(nth)"""
GROUPS = "SELECT * REPLACE (CASE store_id WHEN 'store-1' THEN 'north' ELSE 'south' END AS store_group) FROM stores"


@pytest.fixture(scope="module")
def shop(tmp_path_factory, mlflow_template, few_resamples):
    made = shop_settings(tmp_path_factory.mktemp("data") / "work", mlflow_template)
    ingested(made, customers=110, skus=60, days=150)
    return made


@pytest.fixture
def planned(shop, tmp_path):
    """Plans on the shop's tables, of which some are put in place of others: name -> a query over the tables."""

    def plan(asked=ASKED, **tables):
        settings = type(shop)(**{**{name: getattr(shop, name) for name in shop.__slots__}, "work": tmp_path / "work"})
        shutil.copytree(shop.work, settings.work, dirs_exist_ok=True)
        folder = Warehouse.open(settings).folder
        with duckdb.connect() as connection:
            for path in folder.glob("*.parquet"):
                connection.execute(f"CREATE TABLE {path.stem} AS FROM '{path}'")
            for name, query in tables.items():
                connection.execute(f"COPY ({query}) TO '{folder / name}.parquet' (FORMAT parquet)")
        report = plan_assortment(settings, Asked(asked, "run-1", AT), Stages())
        publish(report, tmp_path / "report")
        return report

    return plan


def test_plans_are_made_at_the_costs_that_their_order_reaches(planned):
    report = planned(supplier_terms=TERMS, suppliers=SUPPLIERS, stores=GROUPS)
    proof, turns = report.proof, report.tables["turns"].set_index("turn")
    assert proof.audit_passed
    assert "with the order" in proof.audit
    assert proof.value_cents <= proof.bound_cents
    decisions = report.decisions
    assert abs(int(decisions["profit_proposed_cents"].sum()) - proof.value_cents) <= len(decisions)
    proposed = turns.loc["proposed"]
    sums = proposed["margin_cents"] - proposed["order_cents"] + proposed["left_over_cents"]
    assert abs(sums - proposed["profit_cents"]) <= 2
    assert abs(sums - proof.value_cents) <= 2
    today = turns.loc["today's lists, store by store"]
    assert abs(int(decisions["profit_now_cents"].sum()) - int(today["profit_cents"])) <= len(decisions)
    assert today["margin_cents"] - today["order_cents"] == pytest.approx(today["profit_cents"], abs=1)
    assert int(report.tables["orders"]["cost_cents"].sum()) == pytest.approx(int(proposed["order_cents"]), abs=100)
    assert set(report.tables["suppliers"]["name"]) <= {"Maker 0", "Maker 1", "Maker 2"}
    bought = decisions[decisions["is_listed_proposed"]]
    assert bought["supplier"].notna().all()
    assert (bought["unit_cost_cents"] > 0).all()


def test_stores_buy_for_the_group_that_they_name(planned):
    report = planned(supplier_terms=TERMS, suppliers=SUPPLIERS, stores=GROUPS)
    assert not any("buying group" in sentence for sentence in report.not_known)
    cost = report.tables["orders"].groupby("party")["units"].sum()
    stores = report.tables["stores"].assign(north=report.tables["stores"]["store_id"] == "store-1")
    sales = stores.groupby("north")["weekly_sales_cents"].sum()
    assert cost["north"] / cost.sum() == pytest.approx(sales[True] / sales.sum(), abs=0.15)


def test_where_nothing_says_who_buys_parts_are_equal_and_that_is_said(planned):
    report = planned(supplier_terms=TERMS, suppliers=SUPPLIERS)
    assert any(sentence.startswith("3 of 3 stores do not say which buying group") for sentence in report.not_known)
    alone = report.tables["parties"].set_index("party")["alone_cents"]
    assert alone["north"] == pytest.approx(alone["south"], rel=0.02)


def test_terms_that_no_order_can_keep_leave_lists_at_known_costs(planned):
    report = planned(supplier_terms=TERMS.replace("CAST(NULL AS DOUBLE) AS capacity", "1.0 AS capacity"))
    assert "minimum order is above the cap" in report.missing["turns"]
    assert report.missing["suppliers"] == report.missing["turns"]
    assert report.proof.audit_passed


def test_suppliers_who_cannot_deliver_enough_leave_lists_at_known_costs(planned):
    report = planned(supplier_terms=TERMS.replace("CAST(NULL AS DOUBLE) AS capacity", "7.0 AS capacity"))
    assert "no order covers the demand" in report.missing["turns"]
    assert report.proof.audit_passed
    assert (report.tables["cluster_curve"]["profit_cents"] > 0).all()


def test_no_price_is_known(planned):
    nothing = "SELECT * REPLACE (CAST(NULL AS DECIMAL(18,4)) AS paid, CAST(NULL AS DECIMAL(18,4)) AS list_price)"
    report = planned(
        purchases=f"{nothing} FROM purchases",
        prices="FROM prices LIMIT 0",
        promotions="FROM promotions LIMIT 0",
        supplier_terms=TERMS,
        suppliers=SUPPLIERS,
    )
    assert int(report.decisions["sales_now_cents"].sum()) == 0
    assert "no price" in set(report.tables["defects"]["fault"])
    assert "no SKU has a price" in report.missing["suppliers"]
    assert any("No price is known" in sentence for sentence in report.not_known)


def test_a_narrower_report_without_stock_terms_and_widths(planned):
    report = planned()
    assert (report.tables["defects"]["rows"] > 0).all()
    assert any("Stock was not counted" in sentence for sentence in report.not_known)
    assert "supplier_terms" in report.missing["suppliers"]
    assert report.missing["space"].startswith("Widths of SKUs are not known")
    assert report.missing["removals"]


def test_a_category_of_one_sku_is_no_choice(planned):
    lonely = "SELECT * REPLACE (CASE sku WHEN 'sku-000' THEN 'Lonely' ELSE category END AS category) FROM skus"
    with pytest.raises(DataError, match=r"purchases: 1 SKUs of the category.*Next: choose a wider category"):
        planned(ASKED.model_copy(update={"category": "Lonely"}), skus=lonely)


def test_a_store_without_sales_is_told_or_left_out(planned):
    more = "FROM stores UNION ALL SELECT * REPLACE ('store-4' AS store_id) FROM stores WHERE store_id = 'store-1'"
    report = planned(stores=more)
    assert "store-4" not in set(report.tables["stores"]["store_id"])


def test_a_plan_for_a_store_that_sold_nothing(planned):
    more = "FROM stores UNION ALL SELECT * REPLACE ('store-4' AS store_id) FROM stores WHERE store_id = 'store-1'"
    with pytest.raises(DataError, match="Next:"):
        planned(ASKED.model_copy(update={"stores": ["store-4"]}), stores=more)


def test_every_list_loses_money(planned):
    dear = TERMS.replace("0.70", "70.0").replace("0.60", "60.0")
    report = planned(supplier_terms=dear, suppliers=SUPPLIERS)
    assert report.proof.value_cents <= report.proof.bound_cents
    assert report.proof.audit_passed
    assert any("cost more now than they sell for" in sentence for sentence in report.not_known)
