"""Words of the demonstration: how a model did and what the gate said of it, for those who do not read metrics daily."""

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from training.gate import Check
from training.record import RANKER, TrainingRecord
from training.run_page import best_baseline, ranker_row

QUESTIONS = {
    "better_than_baselines": "better than the best simple recommender",
    "not_worse_than_champion": "not worse than the champion",
    "onnx_equal": "ONNX Runtime scores as LightGBM does",
    "bundle_reads_back": "the bundle is whole",
    "record": "its run can be read",
}
COLUMNS = ("NDCG@10", "recall@10", "NDCG@10, new", "recall@10, new")
FIGURES = tuple((task, metric) for task in ("all", "new") for metric in ("ndcg_at_10", "recall_at_10"))


def comparison(record: TrainingRecord, days: float) -> Table:
    """The ranker, then the baselines, best first; `new`: SKUs that the customer had never bought."""
    table = Table(title=f"On the {days:g} days kept aside", title_justify="left", title_style="bold")
    table.add_column("model")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    means = {
        (model, task, metric): mean
        for model, task, metric, mean in record.comparison[["model", "task", "metric", "mean"]].itertuples(index=False)
    }
    models = {model for model, _, _ in means}
    for model in sorted(models, key=lambda each: (each != RANKER, -means[each, "all", "ndcg_at_10"])):
        cells = (f"{means[model, *figure]:.4f}" for figure in FIGURES)
        table.add_row(_plain(model), *cells, style="bold" if model == RANKER else None)
    return table


def in_words(record: TrainingRecord, days: float) -> str:
    """The same in a sentence or two; empty where nothing was compared."""
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
