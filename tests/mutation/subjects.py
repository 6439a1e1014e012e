"""The modules whose mutants have to die, and the tests that kill them. A survivor that no test can kill says why."""

from tests.mutation.trial import Equivalent, Subject

FAMILIES = ("affinity", "channel", "frequency", "popularity", "price", "promotion", "recency", "rhythm", "store")
VECTOR = (
    "vector",
    "here",
    "looked_up",
    "derived",
    *(
        f"combinations/{name}"
        for name in ("affinity", "channel", "frequency", "popularity", "price", "rhythm", "store")
    ),
)
VECTOR_TESTS = ("tests/features/vector", "tests/property/test_vector.py")
_HOME = "home = int(facts.home_store[shopper.customer]) if shopper.customer >= 0 else {}"
_ANGLE = "return min(float(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(min(half, {})))), FARTHEST_KM)"
_NO_ROWS = "if group < {} or not len(grouped.keys):"
VECTOR_EQUIVALENT = {
    "here": (
        Equivalent(_HOME.format("-1"), _HOME.format("-2"), "any code below 0 is no store"),
        Equivalent(
            _ANGLE.format("1.0"), _ANGLE.format("2.0"), "rounding leaves one last digit more than 1: its root is 1"
        ),
    ),
    "looked_up": (
        Equivalent(
            _NO_ROWS.format("0"), _NO_ROWS.format("-1"), "the group -1 has no rows to find, and blanks are left"
        ),
    ),
}
METRICS = "training/recommendations/metrics"
TESTED_METRICS = "tests/training/recommendations/metrics"

_SHOWN = '.agg(on_display=(_.display.{}() > 0).cast("int8"), in_mailer=(_.mailer.{}() > 0).cast("int8"))'
FAMILY_EQUIVALENT = {
    "channel": (
        *(
            Equivalent(
                "return (part.over(everything) / whole.over(everything).nullif(0)).fill_null(0.0)",
                f"return (part.over(everything) / whole.over(everything).nullif(0)).fill_null({share})",
                "of nothing at all every share is pulled to everybody's, and everybody's is taken away from it again",
            )
            for share in ("1.0", "-1.0")
        ),
    ),
    "frequency": (Equivalent("baskets=_.count(),", "baskets=_.nunique(),", "a visit is one row"),),
    "price": (
        Equivalent(
            "return lines.mutate(unit_price=_.paid / _.units, discount=ibis.ifelse(share < 0, 0, share))",
            "return lines.mutate(unit_price=_.paid / _.units, discount=ibis.ifelse(share <= 0, 0, share))",
            "a share of 0 is 0 either way",
        ),
    ),
    "promotion": (
        *(
            Equivalent(_SHOWN.format("count", "count"), _SHOWN.format(*counted), "there are some where some differ")
            for counted in (("nunique", "count"), ("count", "nunique"))
        ),
    ),
    "rhythm": (
        Equivalent(
            "last_interval_days=_.gap_days.max(where=_.nth == 0),",
            "last_interval_days=_.gap_days.min(where=_.nth == 0),",
            "one row is the first",
        ),
        Equivalent(
            "span=_.age_days.max() - _.age_days.min(), n=_.basket_id.nunique()",
            "span=_.age_days.max() - _.age_days.min(), n=_.basket_id.count()",
            "of a customer and a SKU there is one visit a basket; of a customer alone a test kills it",
        ),
    ),
    "store": (
        Equivalent(
            'stores=_.count().over(ibis.window(group_by="customer_id")),',
            'stores=_.nunique().over(ibis.window(group_by="customer_id")),',
            "a customer and a store are one row",
        ),
        Equivalent("store_baskets_364=_.count(),", "store_baskets_364=_.nunique(),", "a basket is one row"),
    ),
}

KNOWN_EQUIVALENT = (
    Equivalent(
        "kept = joined.filter(joined.units_back.isnull() | (units > _NEGLIGIBLE))",
        "kept = joined.filter(joined.units_back.isnull() | (units >= _NEGLIGIBLE))",
        "no difference of units is a billionth exactly",
    ),
    Equivalent(
        "return kept.mutate(units=units, paid=ibis.ifelse(paid < 0, 0, paid)).select(*purchases.columns)",
        "return kept.mutate(units=units, paid=ibis.ifelse(paid <= 0, 0, paid)).select(*purchases.columns)",
        "nothing paid is 0 either way",
    ),
    *(
        Equivalent(
            f'{name} = engine.create_table("known_{table}", {rows}, temp=True)',
            f'{name} = engine.create_table("known_{table}", {rows}, temp=False)',
            "the session's database lies in a scratch folder: a table that stays in it is gone with it",
        )
        for name, table, rows in (
            ("known", "purchases", "lines"),
            ("visits", "visits", "visits_of(known)"),
            ("promotions", "promotions", "running"),
        )
    ),
)

_KEPT = "kept = (customer >= 0) & is_judged[customer] if len(is_judged) else customer {}"
RANKING_EQUIVALENT = (
    Equivalent(
        "_IDEAL = np.concatenate([[np.nan], np.cumsum(1 / np.log2(np.arange(2, 12)))])",
        "_IDEAL = np.concatenate([[np.nan], np.cumsum(1 / np.log2(np.arange(2, 13)))])",
        "it is read up to ten labels",
    ),
    *(
        Equivalent(
            f"return self.pair {sign} max(len(self.skus), 1)",
            f"return self.pair {sign} max(len(self.skus), 0)",
            "without SKUs there are no pairs either",
        )
        for sign in ("//", "%")
    ),
    *(
        Equivalent(_KEPT.format(">= 0"), _KEPT.format(other), "with nobody to judge every code is -1")
        for other in ("> 0", ">= 1")
    ),
    Equivalent(
        "first = np.sort(np.unique(customer * len(names) + by_name, return_index=True)[1])",
        "first = np.sort(np.unique(customer * len(names) - by_name, return_index=True)[1])",
        "a name's code is below their number: differences tell pairs apart as sums do",
    ),
    Equivalent(
        "start = np.flatnonzero(np.diff(group, prepend=-1))",
        "start = np.flatnonzero(np.diff(group, prepend=-2))",
        "a customer's code is 0 or more",
    ),
)

BOOTSTRAP_EQUIVALENT = (
    *(
        Equivalent("_AT_ONCE = 4_000_000", f"_AT_ONCE = {other}", "memory and time, not figures")
        for other in (3_999_999, 4_000_001)
    ),
    Equivalent("step = max(1, _AT_ONCE // count)", "step = max(2, _AT_ONCE // count)", "memory and time, not figures"),
)

_THIRD = "third = (3 * (numbers.rank() - {}) / max(len(numbers), {})) // 1"
_ORDER = 'order = visits.sort_values([CUSTOMER_ID, "lines", STORE_ID], ascending=[{}, False, True])'
SLICES_EQUIVALENT = (
    Equivalent(_THIRD.format(0.5, 1), _THIRD.format(0.49, 1), "ranks are whole or half: none is so near to a third"),
    Equivalent(_THIRD.format(0.5, 1), _THIRD.format(0.5, 0), "without customers there is nothing to divide"),
    Equivalent(_ORDER.format("True"), _ORDER.format("False"), "the order of customers does not choose their stores"),
)

_SERVED = '"SELECT customer_id, {}(permits) AND NOT bool_or(NOT permits) AND bool_or(teaches.teaching IS NOT NULL) "'
_TEACHING = (
    'f"AS permits FROM {{RECOMMENDATIONS}} LEFT JOIN (SELECT DISTINCT customer_id, {} AS teaching FROM {{TRAINING}} "'
)
CUSTOMERS_EQUIVALENT = (
    Equivalent(
        _SERVED.format("bool_or"), _SERVED.format("bool_and"), "where no answer is no, any and all are the same"
    ),
    Equivalent(_TEACHING.format("TRUE"), _TEACHING.format("FALSE"), "it is only asked whether there is one"),
)

PAYERS_EQUIVALENT = (
    Equivalent(
        "SELECT party, basket_id, min(customer_id) AS customer_id, max(score) AS score",
        "SELECT party, basket_id, max(customer_id) AS customer_id, max(score) AS score",
        "there is one customer: HAVING says so",
    ),
)

_NEAR = "near = get_close_matches({}, cutoff=0.0)"
_NUMBER = "name, given = names[{}], fields.get(names[{}])"
RULES_EQUIVALENT = (
    Equivalent(
        _NEAR.format("kind, KINDS, n=1") + "[0]", _NEAR.format("kind, KINDS, n=2") + "[0]", "the nearest comes first"
    ),
    Equivalent(
        _NEAR.format("kind, KINDS, n=1") + "[0]",
        _NEAR.format("kind, KINDS, n=1") + "[-1]",
        "one match is first and last",
    ),
    Equivalent(_NEAR.format("gone[0], known, n=1"), _NEAR.format("gone[0], known, n=2"), "the nearest comes first"),
    *(
        Equivalent(_NUMBER.format(0, 0), _NUMBER.format(*places), "a kind has one number at the most")
        for places in ((-1, 0), (0, -1))
    ),
)

SUBJECTS = (
    *(
        Subject(
            f"features/families/{name}.py",
            (f"tests/features/families/test_{name}.py",),
            FAMILY_EQUIVALENT.get(name, ()),
        )
        for name in FAMILIES
    ),
    Subject(
        "features/known.py",
        ("tests/features/test_known.py", "tests/features/warehouse/test_returned.py"),
        KNOWN_EQUIVALENT,
    ),
    Subject("features/identity/limits.py", ("tests/features/identity/test_limits.py",)),
    Subject(
        "features/identity/shared.py",
        ("tests/features/identity/test_shared.py", "tests/features/identity/test_resolve.py"),
        at_most=20,
    ),
    Subject("features/identity/payers.py", ("tests/features/identity/test_payers.py",), PAYERS_EQUIVALENT),
    Subject("features/identity/permission.py", ("tests/features/identity/test_permission.py",)),
    Subject(
        "features/identity/customers.py",
        ("tests/features/identity/test_customers.py",),
        CUSTOMERS_EQUIVALENT,
        at_most=20,
    ),
    Subject(f"{METRICS}/ranking.py", (f"{TESTED_METRICS}/test_ranking.py",), RANKING_EQUIVALENT),
    Subject(f"{METRICS}/bootstrap.py", (f"{TESTED_METRICS}/test_bootstrap.py",), BOOTSTRAP_EQUIVALENT),
    Subject(f"{METRICS}/slices.py", (f"{TESTED_METRICS}/test_slices.py",), SLICES_EQUIVALENT),
    Subject(
        "training/assortments/optimiser/rules.py",
        ("tests/training/assortments/optimiser/test_rules.py",),
        RULES_EQUIVALENT,
    ),
    Subject("training/assortments/report/sums.py", ("tests/training/assortments/report/test_sums.py",)),
    *(Subject(f"features/vector/{name}.py", VECTOR_TESTS, VECTOR_EQUIVALENT.get(name, ())) for name in VECTOR),
    Subject("features/past.py", ("tests/features/test_past.py", "tests/features/facts/test_as_of.py")),
)
