"""The contract between the pipeline and the report: what is taken, what is refused, and how it is kept."""

from dataclasses import replace

import pandas as pd
import pytest

from features.errors import DataError, StateError
from tests.helpers.report_fixture import RUN, frames, narrow_report, proof, report
from training.assortments.report.columns import Column, Kind, Table, conform
from training.assortments.report.declared import SCREENS, by_name, tables
from training.assortments.report.ranges import ranges
from training.assortments.report.sums import summary_measures, summary_money
from training.assortments.report.tables import assembled, load, save, write

TINY = Table(
    "tiny",
    "Tiny",
    "a thing",
    (
        Column("thing", Kind.ID, "Thing", "Its name"),
        Column("cost_cents", Kind.CENTS, "Cost", "What it costs"),
        Column("kind", Kind.CHOICE, "Kind", "What it is", choices=("a", "b"), required=False),
        Column("is_new", Kind.YES_NO, "New", "Whether it is new", required=False),
        Column("share_percent", Kind.PERCENT, "Share", "Of all", required=False),
    ),
    ("thing",),
)


def tiny(**columns):
    return pd.DataFrame({"thing": ["x", "y"], "cost_cents": [1, 2]} | columns)


class TestConform:
    def test_columns_come_in_order_and_type_and_absent_ones_are_null(self):
        shaped = conform(TINY, tiny(kind=["a", None])[["kind", "cost_cents", "thing"]])
        assert list(shaped) == ["thing", "cost_cents", "kind", "is_new", "share_percent"]
        assert shaped["cost_cents"].dtype == "Int64"
        assert shaped["is_new"].isna().all()
        assert shaped["kind"].tolist()[0] == "a"
        assert pd.isna(shaped["kind"].tolist()[1])

    def test_a_whole_float_is_a_whole_number_of_cents(self):
        assert conform(TINY, tiny(cost_cents=[1.0, 20_000_000_000.0]))["cost_cents"].tolist() == [1, 20_000_000_000]

    @pytest.mark.parametrize(
        ("columns", "told"),
        [
            (
                {"cost_cents": [1.5, 2.0]},
                "column cost_cents: 1 of 2 values not whole, for example np.float64(1.5) in row 1",
            ),
            ({"cost_cents": [1, None]}, "column cost_cents: 1 of 2 values without a value"),
            ({"cost_cents": ["dear", 2]}, "column cost_cents: 1 of 2 values not a finite number, for example 'dear'"),
            ({"cost_cents": [float("inf"), 2]}, "not a finite number"),
            ({"kind": ["c", "a"]}, "column kind: 1 of 2 values not one of a, b, for example 'c'"),
            ({"is_new": ["maybe", True]}, "neither yes nor no"),
            ({"colour": ["red", "blue"]}, "1 columns unknown (colour)"),
            ({"thing": ["x", "x"]}, "2 rows share their key thing"),
        ],
    )
    def test_what_does_not_fit_is_told_with_an_example(self, columns, told):
        with pytest.raises(DataError) as error:
            conform(TINY, tiny(**columns))
        assert told in str(error.value)

    def test_a_missing_column_is_told(self):
        with pytest.raises(DataError, match=r"1 columns missing \(cost_cents\)"):
            conform(TINY, pd.DataFrame({"thing": ["x"]}))


def test_there_are_eleven_screens_and_each_has_tables():
    assert len(SCREENS) == 11
    assert all(screen.tables for screen in SCREENS)
    assert len(by_name()) == len(tables()) == 30


def test_every_column_says_what_it_means():
    assert not [(table.name, column.name) for table in tables() for column in table.columns if not column.meaning]
    assert not [table.name for table in tables() if set(table.key) - set(table.names)]


class TestAssembled:
    def test_what_is_neither_there_nor_explained_is_refused(self):
        given = frames()
        del given["festival_uplifts"]
        with pytest.raises(DataError, match="Report table festival_uplifts has no rows"):
            assembled(RUN, proof(), given, {})

    def test_a_sentence_for_a_screen_stands_for_its_tables(self):
        given = {name: rows for name, rows in frames().items() if not name.startswith("festival")}
        made = assembled(RUN, proof(), given, {"festival": "No event is planned."})
        assert made.missing["festival_stock"] == "No event is planned."
        assert list(made.tables["festival_stock"]) == list(report().tables["festival_stock"])

    def test_a_report_needs_decisions(self):
        given = frames() | {"decisions": frames()["decisions"].head(0)}
        with pytest.raises(DataError, match="a report needs them"):
            assembled(RUN, proof(), given, {"decisions": "None."})

    def test_a_table_that_no_report_has_is_refused(self):
        with pytest.raises(DataError, match="A report has no table gossip"):
            assembled(RUN, proof(), frames(), {"gossip": "?"})

    def test_a_bound_below_the_plan_is_refused(self):
        with pytest.raises(DataError, match="lies below the plan's own value"):
            assembled(RUN, replace(proof(), bound_cents=1), frames(), {})


class TestEveryDecisionCanBeJudged:
    def test_all_of_them_carry_reason_destinations_interval_and_rule_or_price(self):
        rows = report().decisions
        assert (rows["reason"].str.len() > 0).all()
        assert rows["destination_1"].notna().all()
        assert (rows["worth_low_cents"] <= rows["worth_high_cents"]).all()
        assert (rows["binding_rule"].notna() | rows["shadow_price_cents"].notna()).all()

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"reason": " "}, "12 of 12 have no reason, for example SKU sku-1001 in cluster c1"),
            ({"reason_codes": ""}, "have no reason code"),
            ({"reason_codes": "WHIM"}, "a reason code that is not one of"),
            ({"destination_1": None}, "do not say where their demand goes"),
            ({"worth_low_cents": 10**9}, "have a worth_cents outside of its own interval"),
            ({"profit_high_cents": -1}, "have a profit_proposed_cents outside of its own interval"),
            ({"walk_low_percent": 100.0}, "a walk range upside down"),
            ({"binding_rule": None, "shadow_price_cents": None}, "have neither a binding rule nor a shadow price"),
            ({"what_would_change_it": ""}, "do not say what would change them"),
            ({"decision": "swap"}, "are a swap without its other half"),
            ({"decision": "keep", "is_listed_now": False}, "contradict is_listed_now or _proposed"),
        ],
    )
    def test_one_that_cannot_is_refused(self, changes, told):
        with pytest.raises(DataError) as error:
            narrow_report(**changes)
        assert told in str(error.value)

    def test_demand_that_all_walks_has_no_destination(self):
        alone = narrow_report(
            skus=1, clusters=1, destination_1=None, transferable_percent=0.0, incremental_percent=100.0
        )
        assert len(alone.decisions) == 1


class TestSums:
    @pytest.mark.parametrize(
        ("table", "column", "told"),
        [
            ("summary_money", "proposed_cents", "summary_money, profit, proposed"),
            ("clusters", "profit_now_cents", "clusters, profit_now_cents: 6 are not the sum"),
        ],
    )
    def test_a_cent_too_much_is_told(self, table, column, told):
        given = frames()
        given[table] = given[table].assign(**{column: given[table][column] + 1})
        with pytest.raises(DataError) as error:
            assembled(RUN, proof(), given, {})
        assert told in str(error.value)

    def test_transfers_of_a_sku_make_the_whole(self):
        given = frames()
        given["transfers"] = given["transfers"].assign(transfer_percent=given["transfers"]["transfer_percent"] * 0.9)
        with pytest.raises(DataError, match=r"transfers: of 40 SKUs the shares do not make 100 %"):
            assembled(RUN, proof(), given, {})

    def test_a_cluster_that_nobody_knows_is_told(self):
        given = frames()
        given["stores"] = given["stores"].assign(cluster="c9")
        with pytest.raises(DataError, match="stores: 56 rows of a cluster that `clusters` lacks, for example c9"):
            assembled(RUN, proof(), given, {})

    def test_the_first_screen_is_worked_out_from_decisions(self):
        rows = pd.DataFrame(
            {
                "sku": ["a", "a", "b"],
                "is_listed_now": [True, True, False],
                "is_listed_proposed": [True, False, True],
                "profit_now_cents": [100, 50, 0],
                "profit_proposed_cents": [110, 0, 90],
                "sales_now_cents": [1000, 500, 0],
                "sales_proposed_cents": [1100, 0, 700],
                "units_now": [10.0, 5.0, 0.0],
                "units_proposed": [11.0, 0.0, 7.0],
            }
        )
        money = summary_money(
            rows, intervals={"profit": (190, 215)}, changes={"profit": (40, 60)}, others={"listing_costs": (0, 5)}
        ).set_index("measure")
        assert money.loc["profit", ["now_cents", "proposed_cents", "low_cents", "change_high_cents"]].tolist() == [
            150, 200, 190, 60,
        ]  # fmt: skip
        assert money.loc["sales", ["now_cents", "proposed_cents"]].tolist() == [1500, 1800]
        assert money.loc["listing_costs", ["now_cents", "proposed_cents"]].tolist() == [0, 5]
        measures = summary_measures(rows, horizon_weeks=1, working_capital_cents=(150, 100)).set_index("measure")
        assert measures.loc["skus", ["now", "proposed"]].tolist() == [1, 2]
        assert measures.loc["listings", ["now", "proposed"]].tolist() == [2, 2]
        assert measures.loc["gmroi", "now"] == pytest.approx(365.25 / 7)
        assert measures.loc["gmroi", "proposed"] == pytest.approx(2 * 365.25 / 7)

    def test_without_working_capital_there_is_no_return_on_it(self):
        measures = summary_measures(frames()["decisions"], horizon_weeks=13, working_capital_cents=(0, 0))
        assert "gmroi" not in set(measures["measure"])


def test_the_core_is_carried_everywhere_and_the_local_range_once():
    rows = pd.DataFrame(
        {
            "cluster": ["c1", "c2", "c3", "c1", "c2", "c3", "c3"],
            "sku": ["a", "a", "a", "b", "b", "c", "d"],
            "name": ["A", "A", "A", "B", "B", "C", "D"],
            "is_listed_proposed": [True, True, True, True, True, True, False],
            "profit_proposed_cents": [5, 5, 5, 7, 7, 9, 0],
        }
    )
    clusters = pd.DataFrame({"cluster": ["c1", "c2", "c3"], "name": ["One", "Two", "Three"]})
    assert ranges(rows, clusters)[["sku", "range", "carried_in", "profit_proposed_cents"]].to_numpy().tolist() == [
        ["a", "core", "all", 15], ["b", "shared", "One, Two", 14], ["c", "local", "Three", 9],
    ]  # fmt: skip


class TestFiles:
    def test_what_is_saved_is_read_back(self, tmp_path):
        narrow = narrow_report()
        again = load(save(narrow, tmp_path / "run"))
        assert (again.run, again.proof, dict(again.missing)) == (narrow.run, narrow.proof, dict(narrow.missing))
        assert all(again.tables[name].equals(rows) for name, rows in narrow.tables.items())

    def test_a_run_is_never_written_over(self, tmp_path):
        (tmp_path / "run").mkdir()
        with pytest.raises(StateError, match="is there already: a run is never written over"):
            save(narrow_report(), tmp_path / "run")

    def test_what_a_killed_run_left_does_not_count_and_is_cleared(self, tmp_path):
        write(narrow_report(), tmp_path / "run.0123abcd.partial")
        (tmp_path / "run.0123abcd.partial" / "half").touch()
        with pytest.raises(StateError, match="does not hold a whole assortment run"):
            load(tmp_path / "run")
        folder = save(narrow_report(), tmp_path / "run")
        assert not (folder / "half").exists()
        assert not (tmp_path / "run.0123abcd.partial").exists()

    def test_a_folder_that_lost_a_table_is_told(self, tmp_path):
        folder = save(narrow_report(), tmp_path / "run")
        (folder / "tables" / "rules.parquet").unlink()
        with pytest.raises(StateError, match="Make the run again"):
            load(folder)
