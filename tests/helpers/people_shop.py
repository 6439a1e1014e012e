"""The small shop with persons: accounts and cards of one e-mail address each, tokens, and what they permit."""

from datetime import datetime
from pathlib import Path

import pandas as pd

from tests.helpers.datasets import tiny_dataset

KNOWN_AT = datetime(2024, 12, 1)
TABLES = ("accounts", "loyalty_cards", "consents")


def people_dataset(folder: Path, customers: int, skus: int, days: int) -> Path:
    """The mapping file of `tiny_dataset` with accounts, cards and consents of its customers beside it.

    Customer `c-000` has an account and a card, both of that name. `c-001` permits nothing, and who permits training
    permits recommendations too, but for `c-002`. An anonymous receipt was paid with `t-anon`.
    """
    path = tiny_dataset(folder, customers=customers, skus=skus, days=days)
    names = [f"c-{nth:03d}" for nth in range(customers)]
    emails = [f"{name}@example.com" for name in names]
    known = pd.array([KNOWN_AT] * customers, dtype="datetime64[us]")
    pd.DataFrame({"account_id": names, "email": emails, "created_at": known}).to_parquet(folder / "accounts.parquet")
    pd.DataFrame({"loyalty_id": names, "email": emails, "created_at": known}).to_parquet(
        folder / "loyalty_cards.parquet"
    )
    given = [
        (holder, name, purpose)
        for name in names
        for holder in ("account", "loyalty_card")
        for purpose in ("training", "recommendations")
        if name != "c-001" and (name, purpose) != ("c-002", "recommendations")
    ]
    consents = pd.DataFrame(given, columns=["holder", "id", "purpose"]).assign(granted_at=KNOWN_AT)
    consents["granted_at"] = consents["granted_at"].astype("datetime64[us]")
    consents.to_parquet(folder / "consents.parquet")
    receipts = pd.read_parquet(folder / "till_receipts.parquet")
    receipts["payment_token"] = ("t-" + receipts["loyalty_id"]).fillna("t-anon")
    receipts.to_parquet(folder / "till_receipts.parquet", index=False)
    more = "".join(f'\n[{name}]\nfiles = "{name}.parquet"\n' for name in TABLES)
    path.write_text('region = "US"\n' + path.read_text(encoding="utf-8") + more, encoding="utf-8")
    return path
