"""Data that is wrong in every way that data is: what is loaded, what goes to quarantine, what is said."""

import gzip
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from features.errors import DataError, UserError
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from tests.helpers.loads import LOADED_AT, RECEIPTS, load, of_table, rows, write_files

GOOD = """\
receipt_id,line,store_id,sku,sold_at,units,paid
r1,1,s1,milk,2025-05-01 10:00,2,3.00
r1,2,s1,bread,2025-05-01 10:00,1,2.20
r2,1,s1,milk,2025-05-02 11:00,1,1.50
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(work=tmp_path, memory_limit="256MB")


def quarantined(settings: Settings, *columns: str, table: str = "till_receipts") -> list[tuple[object, ...]]:
    return sorted(rows(settings.quarantine / f"{table}.parquet", columns or ("reason",)))


def refusal(settings: Settings, mapping: str, files: dict[str, str | bytes | pd.DataFrame]) -> str:
    """The message of a load that must fail and leave no warehouse and no scratch behind."""
    with pytest.raises((DataError, UserError)) as caught:
        load(settings, mapping, files)
    assert Warehouse.find(settings) is None
    assert not (settings.warehouse / "partial").exists()
    message = str(caught.value)
    assert "Next:" in message
    return message


def test_good_rows_are_loaded_and_nothing_is_quarantined(settings: Settings) -> None:
    report = load(settings, RECEIPTS, {"receipts.csv": GOOD})
    assert of_table(report, "till_receipts").added == 3
    assert not settings.quarantine.exists()
    assert rows(Warehouse.open(settings).purchases, ("basket_id", "line", "sku", "units", "paid")) == [
        ("store:r1", 1, "milk", 2.0, Decimal("3.0000")),
        ("store:r1", 2, "bread", 1.0, Decimal("2.2000")),
        ("store:r2", 1, "milk", 1.0, Decimal("1.5000")),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("r3,1,s1,milk,2025-05-03 10:00,1,-4.00", "paid is negative"),
        ("r3,1,s1,milk,2025-05-03 10:00,-1,4.00", "units is negative"),
        ("r3,1,s1,milk,2025-05-03 10:00,1,free", "paid is not an amount of money"),
        ("r3,1,s1,milk,2025-05-03 10:00,some,4.00", "units is not a number of units"),
        ("r3,1,s1,milk,2025-05-03 10:00,,4.00", "units is empty"),
        ("r3,1,s1,milk,2025-06-01 00:00:00.000001,1,4.00", "sold_at is in the future"),
        ("r3,1,s1,milk,05/03/2025,1,4.00", "sold_at is not an instant"),
        ("r3,1,s1,milk,,1,4.00", "sold_at is empty"),
        ("r3,1,s1,,2025-05-03 10:00,1,4.00", "sku is empty"),
        (",1,s1,milk,2025-05-03 10:00,1,4.00", "receipt_id is empty"),
        ("r3,,s1,milk,2025-05-03 10:00,1,4.00", "line is empty"),
        ("r3,one,s1,milk,2025-05-03 10:00,1,4.00", "line is not a whole number"),
    ],
)
def test_a_bad_row_goes_to_quarantine_with_its_reason(settings: Settings, line: str, reason: str) -> None:
    report = load(settings, RECEIPTS, {"receipts.csv": GOOD + line + "\n"})
    counts = of_table(report, "till_receipts")
    assert (counts.read, counts.added, counts.quarantined) == (4, 3, {reason: 1})
    assert report.rows["purchases"] == 3
    file = str(settings.work / "brought" / "receipts.csv")
    named = ("reason", "source_file", "loaded_at", "receipt_id", "line", "sku", "sold_at", "units", "paid")
    cells = line.split(",")
    kept = [cells[nth] or None for nth in (0, 1, 3, 4, 5, 6)]
    assert quarantined(settings, *named) == [(reason, file, LOADED_AT, *kept)]


def test_an_instant_beyond_the_calendar_is_bad_and_stops_nothing(settings: Settings) -> None:
    columns = '[till_receipts.columns]\nsold_at = { column = "at", unit = "s" }\npaid = { sql = "10 / n * 1" }\n'
    frame = pd.DataFrame({"receipt_id": ["a", "b", "c"], "sku": "milk", "at": [1746100800, 1746100801, 2**62], "n": 4})
    mapping = RECEIPTS.replace("csv", "parquet") + columns
    report = load(settings, mapping, {"receipts.parquet": frame})
    assert of_table(report, "till_receipts").quarantined == {"sold_at is not an instant": 1}
    assert rows(Warehouse.open(settings).purchases, ("paid",)) == [(Decimal("2.5000"),)] * 2


def test_blank_lines_are_no_rows(settings: Settings) -> None:
    report = load(settings, RECEIPTS, {"receipts.csv": GOOD.replace("\nr2", "\n\nr2").replace("\n", "\r\n") + "\r\n"})
    assert (of_table(report, "till_receipts").read, report.rows["purchases"]) == (3, 3)


def test_zero_units_and_nothing_paid_are_legal(settings: Settings) -> None:
    report = load(settings, RECEIPTS, {"receipts.csv": GOOD + "r3,1,s1,coupon,2025-05-03 10:00,0,0\n"})
    assert report.rows["purchases"] == 4


def test_a_purchase_at_the_instant_of_the_load_is_not_in_the_future(settings: Settings) -> None:
    report = load(settings, RECEIPTS, {"receipts.csv": GOOD + "r3,1,s1,milk,2025-06-01 00:00,1,1\n"})
    assert report.last == LOADED_AT


def test_future_rows_come_in_with_a_later_load(settings: Settings) -> None:
    files = {"receipts.csv": GOOD + "r3,1,s1,milk,2025-06-02 10:00,1,1\n"}
    assert load(settings, RECEIPTS, files).rows["purchases"] == 3
    later = load(settings, RECEIPTS, files, loaded_at=LOADED_AT + timedelta(days=7))
    assert (later.rows["purchases"], of_table(later, "till_receipts").added) == (4, 1)


def test_identical_duplicates_are_dropped_and_counted(settings: Settings) -> None:
    report = load(settings, RECEIPTS, {"receipts.csv": GOOD + "r1,1,s1,milk,2025-05-01 10:00,2,3.00\n" * 2})
    counts = of_table(report, "till_receipts")
    assert (counts.read, counts.added, counts.duplicates, counts.quarantined) == (5, 3, 2, {})


def test_of_conflicting_duplicates_the_last_is_kept(settings: Settings) -> None:
    again = "r1,1,s1,milk,2025-05-01 10:00,2,3.50\nr1,1,s1,milk,2025-05-01 10:00,2,3.75\n"
    report = load(settings, RECEIPTS, {"receipts.csv": GOOD + again})
    counts = of_table(report, "till_receipts")
    assert (counts.added, counts.duplicates, sum(counts.quarantined.values())) == (3, 0, 2)
    kept = rows(Warehouse.open(settings).purchases, ("paid",), "basket_id = 'store:r1' AND line = 1")
    assert kept == [(Decimal("3.7500"),)]
    assert [row[1] for row in quarantined(settings, "reason", "paid")] == ["3.00", "3.50"]
    assert "other content" in next(iter(counts.quarantined))


def test_of_conflicts_between_files_the_later_file_wins(settings: Settings) -> None:
    header = GOOD.splitlines()[0] + "\n"
    files = {"a.csv": header + "r1,1,s1,milk,2025-05-01,1,1\n", "b.csv": header + "r1,1,s1,milk,2025-05-01,1,2\n"}
    load(settings, RECEIPTS.replace("receipts.csv", "*.csv"), files)
    assert rows(Warehouse.open(settings).purchases, ("paid",)) == [(Decimal("2.0000"),)]
    assert quarantined(settings, "paid", "source_file") == [("1", str(settings.work / "brought" / "a.csv"))]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("r3,1,s1,milk,2025-05-03 10:00", "malformed line: missing columns"),
        ("r3,1,s1,milk,2025-05-03 10:00,1,2,3", "malformed line: too many columns"),
        ('r3,1,s1,"milk,2025-05-03 10:00,1,2', "malformed line: unquoted value"),
    ],
)
def test_lines_that_are_no_rows_are_kept_as_text(settings: Settings, line: str, reason: str) -> None:
    report = load(settings, RECEIPTS, {"receipts.csv": GOOD + line})
    assert of_table(report, "till_receipts").quarantined == {reason: 1}
    assert of_table(report, "till_receipts").read == 4
    assert [text.strip() for (text,) in quarantined(settings, "malformed_line")] == [line]


def test_a_csv_that_was_cut_off_loses_only_its_last_line(settings: Settings) -> None:
    whole = GOOD.encode()
    report = load(settings, RECEIPTS, {"receipts.csv": whole[: len(whole) - 12]})
    counts = of_table(report, "till_receipts")
    assert (counts.added, sum(counts.quarantined.values())) == (2, 1)


def test_a_parquet_file_that_was_cut_off_is_refused(settings: Settings) -> None:
    frame = pd.DataFrame({"receipt_id": ["r1"], "sku": ["milk"], "sold_at": [datetime(2025, 5, 1)]})
    write_files(settings.work / "brought", {"receipts.parquet": frame})
    path = settings.work / "brought" / "receipts.parquet"
    message = refusal(settings, RECEIPTS.replace("csv", "parquet"), {"receipts.parquet": path.read_bytes()[:-50]})
    assert str(path) in message
    assert "truncated" in message


def test_a_parquet_file_with_a_broken_footer_is_refused(settings: Settings) -> None:
    frame = pd.DataFrame({"receipt_id": ["r1"], "sku": ["milk"], "sold_at": [datetime(2025, 5, 1)]})
    write_files(settings.work / "brought", {"receipts.parquet": frame})
    path = settings.work / "brought" / "receipts.parquet"
    whole = bytearray(path.read_bytes())
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    whole[footer : footer + 60] = b"\xff" * 60
    message = refusal(settings, RECEIPTS.replace("csv", "parquet"), {"receipts.parquet": bytes(whole)})
    assert f"{path} cannot be read" in message


def test_a_file_that_is_not_parquet_is_refused(settings: Settings) -> None:
    assert "not a Parquet file" in refusal(settings, RECEIPTS.replace("csv", "parquet"), {"receipts.parquet": GOOD})


def test_a_packed_file_that_was_cut_off_is_refused(settings: Settings) -> None:
    packed = gzip.compress(GOOD.encode())
    mapping = RECEIPTS.replace("csv", "csv.gz")
    assert "truncated" in refusal(settings, mapping, {"receipts.csv.gz": packed[:-20]})
    assert load(settings, mapping, {"receipts.csv.gz": packed}).rows["purchases"] == 3


def test_another_encoding_is_refused_with_file_byte_and_setting(settings: Settings) -> None:
    text = GOOD + "r3,1,s1,Käse,2025-05-03 10:00,1,4.00\n"
    message = refusal(settings, RECEIPTS, {"receipts.csv": text.encode("latin-1")})
    assert f"{settings.work / 'brought' / 'receipts.csv'} is not utf-8: byte {text.index('ä')} does not fit" in message
    assert "encoding = 'latin-1'" in message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf_16_is_recognised(settings: Settings, encoding: str) -> None:
    assert f"encoding = '{encoding}'" in refusal(settings, RECEIPTS, {"receipts.csv": GOOD.encode(encoding)})


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le", "utf-8-sig", "gb18030"])
def test_a_configured_encoding_is_read(settings: Settings, encoding: str) -> None:
    sku = "牛奶" if encoding == "gb18030" else "Käse"
    text = GOOD + f"r3,1,s1,{sku},2025-05-03 10:00,1,4.00\n"
    mapping = RECEIPTS + f'csv = {{ encoding = "{encoding}" }}\n'
    load(settings, mapping, {"receipts.csv": text.encode(encoding)})
    assert (sku,) in rows(Warehouse.open(settings).purchases, ("sku",))


def test_a_byte_order_mark_is_no_part_of_the_first_column(settings: Settings) -> None:
    assert load(settings, RECEIPTS, {"receipts.csv": GOOD.encode("utf-8-sig")}).rows["purchases"] == 3


def test_an_unknown_encoding_is_refused(settings: Settings) -> None:
    message = refusal(settings, RECEIPTS + 'csv = { encoding = "klingon" }\n', {"receipts.csv": GOOD})
    assert "no encoding 'klingon'" in message


def test_a_missing_column_is_named_with_what_is_there(settings: Settings) -> None:
    message = refusal(settings, RECEIPTS, {"receipts.csv": GOOD.replace("sold_at", "sold_on", 1)})
    assert "till_receipts: no column for sold_at" in message
    assert "receipt_id, line, store_id, sku, sold_on, units, paid" in message
    assert 'nearest: sold_at = "sold_on"' in message


def test_without_receipt_and_customer_there_is_no_basket(settings: Settings) -> None:
    message = refusal(settings, RECEIPTS, {"receipts.csv": "sku,sold_at\nmilk,2025-05-01\n"})
    assert "no column for receipt_id (or loyalty_id and sold_at, to make it from)" in message


def test_a_mapped_column_that_is_not_there_is_named(settings: Settings) -> None:
    message = refusal(settings, RECEIPTS + '[till_receipts.columns]\nsku = "artcle"\n', {"receipts.csv": GOOD})
    assert "names 'artcle', which receipts.csv does not have: receipt_id, line" in message


def test_mixed_formats_leave_out_the_rows_that_do_not_fit(settings: Settings) -> None:
    text = GOOD + "r3,1,s1,milk,03.05.2025 10:00,1,4.00\n"
    assert of_table(load(settings, RECEIPTS, {"receipts.csv": text}), "till_receipts").added == 3


def test_formats_that_mostly_do_not_fit_are_refused_with_examples(settings: Settings) -> None:
    text = GOOD.replace("2025-05-01 10:00", "01.05.2025 10:00")
    message = refusal(settings, RECEIPTS, {"receipts.csv": text})
    assert "in 2 of 3 rows" in message
    assert "sold_at is not an instant, such as '01.05.2025 10:00'" in message
    assert 'format = "%d/%m/%Y %H:%M"' in message


def test_several_formats_may_be_said(settings: Settings) -> None:
    text = GOOD.replace("2025-05-01 10:00", "01.05.2025 10:00")
    formats = '["%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M"]'
    columns = f'[till_receipts.columns]\nsold_at = {{ column = "sold_at", format = {formats} }}\n'
    report = load(settings, RECEIPTS + columns, {"receipts.csv": text})
    assert (report.rows["purchases"], report.first) == (3, datetime(2025, 5, 1, 10))


def test_amounts_that_mostly_do_not_fit_are_refused(settings: Settings) -> None:
    text = "receipt_id;sku;sold_at;paid\nr1;milk;2025-05-01;1,50\nr2;milk;2025-05-01;2,50\n"
    mapping = RECEIPTS + 'csv = { delimiter = ";" }\n'
    message = refusal(settings, mapping, {"receipts.csv": text})
    assert "in 2 of 2 rows" in message
    assert "such as '1,50', '2,50'" in message
    assert 'decimal = ","' in message


def test_another_delimiter_is_recognised(settings: Settings) -> None:
    message = refusal(settings, RECEIPTS, {"receipts.csv": GOOD.replace(",", ";")})
    assert "delimiter = ';'" in message


@pytest.mark.parametrize("text", [GOOD.splitlines()[0] + "\n", GOOD.splitlines()[0]])
def test_no_rows_at_all_is_refused(settings: Settings, text: str) -> None:
    assert "till_receipts has 0 rows" in refusal(settings, RECEIPTS, {"receipts.csv": text})


def test_only_bad_rows_are_refused_with_their_reasons(settings: Settings) -> None:
    text = "receipt_id,sku,sold_at\nr1,milk,2031-01-01\nr2,,2025-01-01\n"
    message = refusal(settings, RECEIPTS, {"receipts.csv": text})
    assert "2 rows, 1 of them bad (sku is empty), 1 of them bad (sold_at is in the future)" in message


def test_a_table_without_rows_is_fine_beside_purchases(settings: Settings) -> None:
    mapping = RECEIPTS + '[promotions]\nfiles = "promotions.csv"\n'
    report = load(settings, mapping, {"receipts.csv": GOOD, "promotions.csv": "sku,from,to\n"})
    assert (report.rows["promotions"], report.rows["purchases"]) == (0, 3)


@pytest.mark.parametrize("text", [b"", b"\n"])
def test_an_empty_file_is_refused(settings: Settings, text: bytes) -> None:
    message = refusal(settings, RECEIPTS, {"receipts.csv": text})
    assert str(settings.work / "brought" / "receipts.csv") in message


@pytest.mark.parametrize("name", ["receipts.csv", "*.csv", "none/*.parquet"])
def test_a_missing_file_is_refused(settings: Settings, name: str) -> None:
    message = refusal(settings, RECEIPTS.replace("receipts.csv", name), {})
    assert f"There is no file {settings.work / 'brought' / name}" in message


def test_a_kind_of_file_that_we_do_not_read_is_refused(settings: Settings) -> None:
    assert "not a kind of file" in refusal(settings, RECEIPTS.replace("csv", "xlsx"), {"receipts.xlsx": b"PK"})


def test_two_columns_of_one_name_are_refused(settings: Settings) -> None:
    message = refusal(settings, RECEIPTS, {"receipts.csv": GOOD.replace("store_id", "sku", 1)})
    assert "names the column 'sku' twice" in message


def test_two_currencies_are_refused(settings: Settings) -> None:
    text = "receipt_id,sku,sold_at,paid,currency\nr1,milk,2025-05-01,1,CNY\nr2,milk,2025-05-01,1,USD\n"
    assert "amounts in CNY and USD" in refusal(settings, RECEIPTS, {"receipts.csv": text})


def test_a_promotion_that_ends_before_it_starts_is_bad(settings: Settings) -> None:
    spans = ("2025-05-01,2025-05-01,0.1", "2025-05-01,2025-05-02,1.5", "2025-05-01,2025-05-08,")
    text = "sku,from,to,depth\n" + "".join(f"milk,{span}\n" for span in spans)
    mapping = RECEIPTS + '[promotions]\nfiles = "promotions.csv"\n'
    report = load(settings, mapping, {"receipts.csv": GOOD, "promotions.csv": text})
    reasons = of_table(report, "promotions").quarantined
    assert reasons == {"depth is not between 0 and 1": 1, "to is not after from": 1}
    assert report.rows["promotions"] == 1


def test_a_column_of_theirs_may_be_called_like_one_of_quarantine(settings: Settings) -> None:
    text = "receipt_id,sku,sold_at,reason\nr1,milk,2025-05-01,offer\nr2,,2025-05-01,gift\n"
    load(settings, RECEIPTS, {"receipts.csv": text})
    assert quarantined(settings, "reason", "their reason") == [("sku is empty", "gift")]
