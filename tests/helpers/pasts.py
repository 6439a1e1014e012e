"""The past of a folder of tables that a test wrote out by hand."""

from pathlib import Path

from features.clock import Cutoff
from features.past import InHand, Past
from features.settings import Settings
from features.warehouse.warehouse import Warehouse


def past_of(tables: Path, cutoff: Cutoff) -> Past:
    """The past of Parquet files in a folder; purchases stand under the customers that they name."""
    in_hand = InHand({cutoff: tables / "purchases.parquet"}, tables / "made")
    return Past(Settings(work=tables, threads=1), Warehouse(tables, {}), cutoff, in_hand=in_hand)
