"""Supplier, festival, new SKU, evidence and roll-out tables of the invented run."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tests.helpers.planted_category import CLUSTERS


def suppliers(rows: pd.DataFrame, names: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    bought = rows[rows["is_listed_proposed"]]
    cost = (bought["units_proposed"] * bought["unit_cost_cents"]).round().astype(int)
    spend = cost.groupby(bought["supplier"]).sum()
    skus = bought.groupby("supplier")["sku"].nunique()
    table = pd.DataFrame(
        [
            {
                "supplier": supplier,
                "name": f"{brand} Coffee Ltd",
                "skus": int(skus.get(supplier, 0)),
                "spend_cents": int(spend.get(supplier, 0)),
                "tier": tier,
                "discount_percent": discount,
                "next_tier_cents": missing,
                "next_saving_cents": saving,
                "minimum_short_units": short,
                "alone_cents": round(int(spend.get(supplier, 0)) * 1.03),
                "pooled_cents": int(spend.get(supplier, 0)),
                "ask": ask,
            }
            for (brand, supplier), (tier, discount, missing, saving, short, ask) in zip(
                names.items(),
                (
                    (2, 4.0, 412_000, 96_300, 0.0, "Tier 3 for a year's commitment: 4,120.00 of spend is missing."),
                    (1, 2.5, 1_904_500, 51_700, 48.0, "A minimum of 12 cases rather than 16 for two slow SKUs."),
                    (3, 6.0, None, None, 0.0, "Nothing on price; ask for packs of 12."),
                    (0, 0.0, 655_000, 30_450, 0.0, "To count both buying groups together towards tier 1."),
                ),
                strict=True,
            )
        ]
    )
    orders = pd.DataFrame(
        {
            "party": "chain",
            "supplier": bought["supplier"],
            "sku": bought["sku"],
            "name": bought["name"],
            "units": np.ceil(bought["units_proposed"] / 12) * 12,
            "cost_cents": cost,
        }
    )
    orders = orders.groupby(["party", "supplier", "sku", "name"], as_index=False).sum()
    orders = orders.assign(pack_units=12.0, minimum_units=192.0, short_units=(192.0 - orders["units"]).clip(lower=0))
    parties = pd.DataFrame(
        [("chain", 41_220_460, 40_310_845, 909_615), ("platform", 12_904_310, 12_400_650, 503_660)],
        columns=["party", "alone_cents", "pooled_cents", "saving_cents"],
    )
    total = int(cost.sum())
    turns = pd.DataFrame(
        [
            ("today's lists", 40, total + 930_000, total + 300_000, 400.0, 90_000, 720_000, None),
            ("turn 1", len(bought), total + 960_000, total + 120_000, 160.0, 42_000, 882_000, "They earn most."),
        ],
        columns=["turn", "listings", "margin_cents", "order_cents", "left_over_units", "left_over_cents",
                 "profit_cents", "note"],
    ).assign(bound_cents=901_000)  # fmt: skip
    return {"turns": turns, "suppliers": table, "orders": orders, "parties": parties}


def festival(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    event = "Spring coffee days"
    uplifts = [
        (event, channel, depth, base * (1 + depth / 28), base * (1 + depth / 34), base * (1 + depth / 23), 3)
        for channel, base in (("stores", 1.25), ("web", 1.6))
        for depth in (0.0, 10.0, 20.0, 30.0)
    ]
    listed = rows[rows["is_listed_proposed"]]
    top = listed.sort_values("units_proposed", ascending=False).groupby("cluster", sort=False).head(6)
    expected = top["rate_of_sale_units"].to_numpy() * 1.7
    stock = pd.DataFrame(
        {
            "event": event,
            "cluster": top["cluster"],
            "sku": top["sku"],
            "name": top["name"],
            "expected_units": expected,
            "low_units": expected * 0.7,
            "high_units": expected * 1.4,
            "stock_units": np.ceil(expected * 1.22),
            "quantile_percent": 78.0,
            "stock_out_percent": 22.0,
        }
    )
    return {
        "festival_uplifts": pd.DataFrame(
            uplifts, columns=["event", "channel", "depth_percent", "uplift", "low", "high", "events_seen"]
        ),
        "festival_flows": pd.DataFrame(
            [
                (event, "stores", 9_420.0, 2_130.0, 640.0, 6_650.0, 5_310.0, 7_940.0, 1_204_415),
                (event, "web", 4_880.0, 1_020.0, 1_110.0, 2_750.0, 1_980.0, 3_460.0, 418_090),
            ],
            columns=["event", "channel", "gross_units", "pulled_forward_units", "transferred_units", "net_units",
                     "low_units", "high_units", "net_profit_cents"],
        ),
        "festival_stock": stock,
    }  # fmt: skip


def newcomers() -> dict[str, pd.DataFrame]:
    columns = [
        "sku", "name", "attributes", "rate_of_sale_units", "low_units", "high_units", "takes_from_1",
        "takes_from_1_percent", "takes_from_2", "takes_from_2_percent", "net_profit_cents", "low_cents", "high_cents",
        "test_stores", "test_weeks", "plan",
    ]  # fmt: skip
    return {
        "newcomers": pd.DataFrame(
            [
                ("sku-2001", "Nordlys Organic capsules ×20", "capsules, organic, 20 pieces, 8.49", 5.4, 2.6, 9.1,
                 "sku-1026", 21.0, "sku-1029", 14.5, 214_330, 61_200, 402_750, 6, 8,
                 "Try in six stores of the university towns and city centres; list where it sells above 3.8 a week."),
                ("sku-2002", "Own brand Decaf beans 500 g", "beans, decaffeinated, own brand, 6.99", 2.2, 0.8, 4.5,
                 "sku-1036", 33.0, "sku-1019", 9.0, -18_240, -71_000, 44_600, 6, 12,
                 "Most of its sales come from other SKUs: try only if the supplier shares the cost."),
            ],
            columns=columns,
        )
    }  # fmt: skip


def evidence() -> dict[str, pd.DataFrame]:
    backtests = [
        (model, part, 4, weeks, wmape + (weeks > 4) * 3.1, bias, pinball, coverage)
        for weeks in (4, 13)
        for part in ("all", "large stores", "small stores")
        for model, wmape, bias, pinball, coverage in (
            ("Omnishelf", 31.2 + 4 * (part == "small stores"), 0.8, 0.412, 79.4),
            ("AutoETS", 34.9 + 5 * (part == "small stores"), -1.9, 0.455, 73.8),
            ("moving average", 37.5 + 5 * (part == "small stores"), -0.4, None, None),
            ("seasonal naive", 44.1 + 6 * (part == "small stores"), 2.2, None, None),
        )
    ]
    nominal = np.array([5, 10, 25, 50, 75, 90, 95], dtype=float)
    return {
        "backtests": pd.DataFrame(
            backtests,
            columns=["model", "slice", "cutoffs", "horizon_weeks", "wmape_percent", "bias_percent", "pinball",
                     "coverage_percent"],
        ),
        "calibration": pd.DataFrame(
            {
                "nominal_percent": nominal,
                "observed_percent": nominal + np.array([1.2, 0.6, -1.1, 1.9, 0.4, -0.9, -0.7]),
                "rows": 41_200,
            }
        ),
        "removals": pd.DataFrame(
            [
                ("sku-0870", "Meridian Filter 500 g", "2025-06-14", 46, 71.0, 64.0, 48.0, 79.0),
                ("sku-0912", "Harbour Decaf 250 g", "2025-08-02", 18, 38.0, 51.0, 27.0, 74.0),
                ("sku-0944", "Nordlys Beans 1 kg", "2025-09-21", 31, 59.0, 55.0, 36.0, 72.0),
            ],
            columns=["sku", "name", "gone_on", "buyers", "predicted_percent", "observed_percent", "low_percent",
                     "high_percent"],
        ),
        "defects": pd.DataFrame(
            [
                ("stock", "stores without a count in the last week", 3, "Their days of supply rest on older counts."),
                ("prices", "SKU weeks with sales but without a price", 214, "The usual price was taken instead."),
            ],
            columns=["table", "fault", "rows", "effect"],
        ),
    }  # fmt: skip


def rollout() -> dict[str, pd.DataFrame]:
    plan = [
        (cluster, max(2, stores // 3), max(2, stores // 3), 10, promised, detectable,
         "End early if profit of the test stores falls 6 % below control for three weeks.")
        for (cluster, (_, stores, _)), promised, detectable in zip(
            CLUSTERS.items(), (4.1, 2.6, 3.3, 1.9, 5.2, 2.2), (3.8, 2.4, 2.9, 4.4, 5.0, 5.6), strict=True
        )
    ]  # fmt: skip
    pairs = [
        (cluster, f"{cluster}-{2 * nth + 1:02}", f"{cluster}-{2 * nth + 2:02}", 0.93 - 0.02 * nth)
        for cluster, (_, stores, _) in CLUSTERS.items()
        for nth in range(min(max(2, stores // 3), stores // 2))
    ]
    return {
        "rollout": pd.DataFrame(
            plan,
            columns=["cluster", "test_stores", "control_stores", "weeks", "promised_percent", "detectable_percent",
                     "stop_rule"],
        ),
        "rollout_pairs": pd.DataFrame(pairs, columns=["cluster", "test_store", "control_store", "correlation"]),
    }  # fmt: skip
