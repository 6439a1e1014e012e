"""The modules whose mutants have to die, and the tests that kill them. A survivor that no test can kill says why."""

from tests.mutation.trial import Equivalent, Subject

FAMILIES = ("affinity", "channel", "frequency", "popularity", "price", "promotion", "recency", "rhythm", "store")
METRICS = "training/recommendations/metrics"
TESTED_METRICS = "tests/training/recommendations/metrics"
IDENTITY = tuple(f"tests/features/identity/test_{name}.py" for name in ("resolve", "fuzzy"))

SUBJECTS = (
    *(Subject(f"features/families/{name}.py", (f"tests/features/families/test_{name}.py",)) for name in FAMILIES),
    Subject("features/known.py", ("tests/features/test_known.py", "tests/features/warehouse/test_returned.py")),
    Subject("features/identity/limits.py", IDENTITY),
    Subject("features/identity/shared.py", ("tests/features/identity/test_resolve.py",)),
    Subject("features/identity/payers.py", ("tests/features/identity/test_payers.py",)),
    Subject("features/identity/permission.py", ("tests/features/identity/test_permission.py",)),
    Subject("features/identity/customers.py", ("tests/features/identity/test_customers.py",)),
    Subject(f"{METRICS}/ranking.py", (f"{TESTED_METRICS}/test_ranking.py",)),
    Subject(f"{METRICS}/bootstrap.py", (f"{TESTED_METRICS}/test_bootstrap.py",)),
    Subject(f"{METRICS}/slices.py", (f"{TESTED_METRICS}/test_slices.py",)),
    Subject("training/assortments/optimiser/rules.py", ("tests/training/assortments/optimiser/test_rules.py",)),
    Subject("training/assortments/report/sums.py", ("tests/training/assortments/report/test_sums.py",)),
    Subject("features/vector/vector.py", ("tests/features/vector/test_vector.py",)),
)
