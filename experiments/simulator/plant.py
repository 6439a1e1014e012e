"""Plant an omnichannel layer on real baskets: contract tables with a mapping file, and the truth apart from them.

    folder/dataset.toml, folder/tables/     what `omnishelf ingest tables` loads
    folder/truth/                           what the pipeline never reads

Two parties: `web-shop` knows accounts, `store-chain` knows loyalty cards.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from experiments.simulator.accounts import plant_holders, sign_in, write_holders
from experiments.simulator.browsing import write_events
from experiments.simulator.catalogue import price_skus, write_promotions, write_skus
from experiments.simulator.channels import choose_channels, plant_affinities, weigh_baskets
from experiments.simulator.consents import plant_consents, write_consents
from experiments.simulator.dials import Dials
from experiments.simulator.festival import hold_festival, write_calendar
from experiments.simulator.geography import place_baskets, plant_stores, write_stores
from experiments.simulator.ground import Ground, lay, open_block, prepare
from experiments.simulator.lines import take_lines
from experiments.simulator.payments import note_instruments, open_instruments, pay, write_instruments
from experiments.simulator.sales import fulfil, tell_baskets, write_orders, write_receipts
from experiments.simulator.shelves import fill_shelves, measure_shelves, note_carried, open_shelves, write_listings
from experiments.simulator.stock import write_stock
from experiments.simulator.suppliers import write_suppliers
from features.contracts.inputs import INPUTS
from features.engine import CANNOT_WRITE, session
from features.errors import StateError, UserError
from features.files import whole_folder
from features.settings import Settings
from features.sql import count, literal
from features.warehouse.warehouse import Warehouse

Progress = Callable[[str, float], None]
"""Called with what is being done and the share that is behind, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Planted:
    """What was planted.

    rows    contract table -> how many rows; tables of which nothing is planted are left out
    counts  what is told of it: people, lines suppressed, baskets of the festival, …
    """

    dataset: Path
    truth: Path
    rows: dict[str, int]
    counts: dict[str, int]


def plant(
    settings: Settings,
    folder: Path,
    *,
    seed: int = 7,
    scale: int = 1,
    dials: Dials | None = None,
    progress: Progress = lambda _what, _share: None,
) -> Planted:
    """Plant on the warehouse of `settings.work` and write to `folder`, which must not be there or be empty.

    The same warehouse, seed, scale and dials give the same rows. Raises UserError for a folder with something in
    it or a scale below 1, StateError without a warehouse or where `folder` cannot be written.
    """
    if scale < 1:
        raise UserError(f"The scale is {scale}; it has to be a whole number from 1.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is there already. Next: remove it, or name another folder.")
    warehouse = Warehouse.open(settings)
    try:
        with whole_folder(folder) as partial:
            (partial / "scratch").mkdir()
            rows, counts = _planted(settings, warehouse, partial, seed, scale, dials or Dials(), progress)
            shutil.rmtree(partial / "scratch")
    except CANNOT_WRITE as error:
        first = str(error).splitlines()[0]
        message = f"{folder} could not be written: {first}. Next: free space, or name another folder."
        raise StateError(message) from error
    return Planted(folder / "dataset.toml", folder / "truth", rows, counts)


def _planted(
    settings: Settings, warehouse: Warehouse, folder: Path, seed: int, scale: int, dials: Dials, progress: Progress
) -> tuple[dict[str, int], dict[str, int]]:
    scratch = folder / "scratch"
    with session(settings, scratch / "spill", scratch / "ground.duckdb") as connection:
        progress("Numbering the real baskets", 0.0)
        blocks = prepare(connection, warehouse, folder, folder / "scratch")
        ground = Ground(
            connection=connection,
            threads=settings.threads,
            warehouse=warehouse,
            seed=seed,
            scale=scale,
            dials=dials,
            customers=count(connection, "real_customers"),
            baskets=count(connection, "real_baskets"),
            stores=count(connection, "real_stores"),
            first=warehouse.first,
            last=warehouse.last,
            blocks=blocks,
            tables=folder / "tables",
            truth=folder / "truth",
        )
        rows, counts = _sow(ground, progress)
    (folder / "dataset.toml").write_text(_mapping(rows), encoding="utf-8")
    told = {"seed": seed, "scale": scale, "real": warehouse.digest, "dials": asdict(dials), "counts": counts}
    (folder / "truth" / "planted.json").write_text(json.dumps(told, indent=1))
    return rows, counts


def _sow(ground: Ground, progress: Progress) -> tuple[dict[str, int], dict[str, int]]:
    """What is planted once, then on each block of customers, then what sums up the blocks."""
    rows: Counter[str] = Counter()
    counts: Counter[str] = Counter(people=ground.people, stores=plant_stores(ground))
    progress("People, accounts and cards", 0.02)
    plant_holders(ground)
    plant_consents(ground)
    plant_affinities(ground)
    price_skus(ground)
    open_shelves(ground)
    open_instruments(ground)
    parts = [(block, copy) for block in ground.blocks for copy in range(ground.scale)]
    for nth, (block, copy) in enumerate(parts):
        progress(f"Baskets, part {nth + 1} of {len(parts)}", 0.1 + 0.7 * nth / len(parts))
        if not copy:
            open_block(ground, block)
            weigh_baskets(ground)
        counts["real lines"] += count(ground.connection, "block_lines")
        lay(ground, copy)
        place_baskets(ground, copy)
        hold_festival(ground)
        choose_channels(ground)
        sign_in(ground)
        pay(ground)
        fulfil(ground)
        take_lines(ground, copy)
        note_carried(ground)
        note_instruments(ground)
        rows["web_orders"] += write_orders(ground, nth)
        rows["till_receipts"] += write_receipts(ground, nth)
        rows["events"] += write_events(ground, nth)
        tell_baskets(ground, nth)
        counts.update(_told(ground))
    progress("Shelves, stock and suppliers", 0.8)
    fill_shelves(ground)
    measure_shelves(ground)
    rows["stores"] = write_stores(ground)
    rows["skus"] = write_skus(ground)
    rows["promotions"] = write_promotions(ground)
    rows["listings"] = write_listings(ground)
    rows["stock"] = write_stock(ground)
    rows["calendar"] = write_calendar(ground)
    rows["suppliers"], rows["supplier_terms"] = write_suppliers(ground)
    rows["accounts"], rows["loyalty_cards"] = write_holders(ground)
    rows["payment_instruments"] = write_instruments(ground)
    rows["consents"] = write_consents(ground)
    progress("Done", 1.0)
    return {table.name: rows[table.name] for table in INPUTS if rows[table.name]}, dict(counts)


def _told(ground: Ground) -> dict[str, int]:
    """What the block shows that no table of the contract does."""
    of_baskets = {
        "baskets": "true",
        "baskets moved online": "is_web AND NOT was_web",
        "baskets of the festival": "origin = 'festival'",
        "baskets pulled forward": "moved_from IS NOT NULL",
        "baskets without any link": "account_id IS NULL AND loyalty_id IS NULL AND payment_token IS NULL",
    }
    counted = ", ".join(f"count(*) FILTER ({condition})" for condition in of_baskets.values())
    ((*found,),) = ground.connection.execute(f"SELECT {counted} FROM baskets").fetchall()
    told = dict(zip(of_baskets, map(int, found), strict=True))
    extra = "lines SEMI JOIN (SELECT basket FROM baskets WHERE origin = 'festival') USING (basket)"
    told["lines of the festival"] = count(ground.connection, extra)
    return told | {"lines lost to stock-outs": count(ground.connection, "lines WHERE is_out")}


def _mapping(rows: dict[str, int]) -> str:
    """The mapping file: every column has its contract name, so that it only says where the files lie."""
    tables = "\n".join(f"[{name}]\nfiles = {literal(f'tables/{name}/*.parquet')}\n" for name in rows)
    return f'name = "planted"\ntime_zone = "UTC"\nregion = "US"\n\n{tables}'
