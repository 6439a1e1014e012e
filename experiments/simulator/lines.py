"""What baskets hold: the real lines, changed a little where customers are repeated, and whether the shelf was empty."""

from experiments.simulator.chance import below, uniform
from experiments.simulator.ground import Ground, first_number
from experiments.simulator.stock import is_lost, week_of

_PRICE = "DECIMAL(18,4)"


def take_lines(ground: Ground, copy: int) -> None:
    """The table `lines` of `baskets`.

    Columns: basket, line, is_web, store; sku_nth, seat, shelf_seat and skus_of_shelf of the SKU; units, paid,
    list_price, promotion_id; is_out where the store had run out of the SKU, so that the line was not bought.
    A basket of the festival holds what the one that it repeats does.
    """
    ground.keep("lines", f"{_of(ground, copy, 'real')} UNION ALL {_of(ground, copy, 'festival')}")


def _of(ground: Ground, copy: int, origin: str) -> str:
    """The lines of the baskets of an origin."""
    baskets = f"SELECT source, basket, is_web, store, {week_of(ground)} AS week FROM baskets WHERE origin = '{origin}'"
    taken = _changed(ground, copy) if copy else "SELECT * FROM block_lines JOIN unit_prices USING (seat)"
    return f"""
        SELECT basket, line, is_web, store, sku_nth, seat, shelf_seat, skus_of_shelf, units, paid, list_price,
            promotion_id, {is_lost(ground)} AS is_out
        FROM ({taken}) JOIN ({baskets}) USING (source)
    """


def _changed(ground: Ground, copy: int) -> str:
    """The block's lines, a share of them of another SKU of the category, a share in another quantity.

    Another SKU costs as much more or less than the real one as it mostly does; what is paid goes with the units.
    """
    seed, share = ground.seed, ground.dials.repeats_changed
    keys = (first_number(ground, copy), "line")
    seat = (
        f"CASE WHEN {uniform(seed, 'changed', *keys)} < {share} THEN shelf_seat + {_other(seed, *keys)} ELSE seat END"
    )
    step = f"CASE WHEN units > 1 AND {uniform(seed, 'fewer', *keys)} < 5e-1 THEN -1 ELSE 1 END"
    units = f"CASE WHEN units >= 1 AND {uniform(seed, 'quantity', *keys)} < {share} THEN units + {step} ELSE units END"
    dearer, more = "unit_prices.unit_price / drawn.unit_price", "coalesce(new_units / nullif(units, 0), 1)"
    return f"""
        SELECT source, line, sku_nth, unit_prices.seat, shelf_seat, skus_of_shelf, new_units AS units, promotion_id,
            CASE WHEN is_same AND new_units = units THEN paid
                ELSE CAST(round(CAST(paid AS DOUBLE) * {dearer} * {more}, 2) AS {_PRICE}) END AS paid,
            CASE WHEN is_same THEN list_price
                ELSE CAST(round(CAST(list_price AS DOUBLE) * {dearer}, 2) AS {_PRICE}) END AS list_price
        FROM (
            SELECT *, new_seat = seat AS is_same
            FROM (SELECT *, {seat} AS new_seat, {units} AS new_units FROM block_lines)
        ) AS drawn JOIN unit_prices ON unit_prices.seat = new_seat
    """


def _other(seed: int, *keys: str) -> str:
    """Which SKU of the category it is instead."""
    return below("skus_of_shelf", seed, "another", *keys)
