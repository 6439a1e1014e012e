"""Words of the demonstration: how a model did and what the gate said of it, for those who do not read metrics daily."""

from collections.abc import Iterator

from rich.markup import escape

from training.recommendations.gate import Check
from training.recommendations.record import TrainingRecord
from training.recommendations.run_page import best_baseline, ranker_row

QUESTIONS = {
    "better_than_baselines": "better than the best simple recommender",
    "not_worse_than_champion": "not worse than the champion",
    "onnx_equal": "ONNX Runtime scores as LightGBM does",
    "bundle_reads_back": "the bundle is whole",
    "record": "its run can be read",
}


def in_words(record: TrainingRecord, days: float) -> str:
    """How the ranker did beside the best baseline, in two sentences; empty where nothing was compared."""
    rival, row = best_baseline(record.comparison, "all"), ranker_row(record.comparison, "all")
    if rival is None or row is None:
        return ""
    ours, theirs = (record.metrics.get(f"{whose}all.hit_at_10", float("nan")) for whose in ("", f"{rival}."))
    return (
        f"Of the customers who came back in those {days:g} days, {100 * ours:.0f} % bought at least one of the ten "
        f"SKUs that the ranker puts first ({_plain(rival)}, the best of the simple ones: {100 * theirs:.0f} %). "
        f"Lead in NDCG@10: {row['difference']:+.4f}, 95 % interval {row['difference_low']:+.4f} to "
        f"{row['difference_high']:+.4f}."
    )


def gate_lines(checks: tuple[Check, ...]) -> Iterator[str]:
    """What the gate asked, and what it found."""
    for check in checks:
        mark = "[green]✓[/]" if check.passed else "[red]✗[/]"
        yield f"{mark} {QUESTIONS.get(check.name, check.name)}: {escape(_plain(check.found))}"


def _plain(name: str) -> str:
    return name.replace("_", " ")
