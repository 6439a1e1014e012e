"""Work on a run: plan it, publish its report, log it to MLflow, and tell how far it is to whoever waits for it."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from features.errors import StateError, UserError
from features.settings import Settings
from serving.buyers import runs
from serving.buyers.runs import AssortmentRun
from training.assortments.pipeline import Asked, plan_assortment
from training.assortments.report import overrides as workbook
from training.assortments.report.overrides import Overrides
from training.assortments.report.publish import publish
from training.assortments.report.report import AssortmentReport
from training.assortments.report.tables import load
from training.tracking.mlflow_runs import track_page
from training.tracking.page import Experiment, Page, Point
from training.tracking.stages import Stages

ASSORTMENTS = Experiment(
    "omnishelf-assortments",
    "assortment",
    "One run a plan: the buyer's report and workbook are under Artifacts, numbers under Model metrics.",
)
STAGES = ("category and stores", "demand", "shoppers", "clusters and shelves", "plan", "stores", "report")

Clock = Callable[[], datetime]


def work(settings: Settings, run: AssortmentRun, clock: Clock, stages: Stages, book: Path | None = None) -> str:
    """Plan the run and leave its report in its folder; the address of its page in MLflow, or why it has none.

    `book` is a workbook with a buyer's overrides. An error of the user's making is told in the run's state too, and
    raised again; so is any other, without its inner workings.
    """
    with _told(run, clock):
        edited = _edited(settings, run, book) if book else None  # nobody waits for a turn to read about a cell
    with runs.working(run), _told(run, clock):
        return _worked(settings, run, clock, stages, edited)


@contextmanager
def _told(run: AssortmentRun, clock: Clock) -> Iterator[None]:
    """Whatever stops the run is told in its state."""
    try:
        yield
    except UserError as error:
        runs.tell(run, runs.FAILED, "failed", 0.0, clock(), str(error))
        raise
    except BaseException:
        said = "A fault of the planner; log.txt in the run's folder tells more. Next: tell whoever runs Omnishelf."
        runs.tell(run, runs.FAILED, "failed", 0.0, clock(), said)
        raise


@dataclass(frozen=True, slots=True, eq=False)
class _Edited:
    """What a buyer's workbook asks for, and the report that it came from."""

    before: AssortmentReport
    overrides: Overrides


def _edited(settings: Settings, run: AssortmentRun, book: Path) -> _Edited:
    """Raises UserError where a cell cannot be used, or the workbook is of another category."""
    before = _before(settings, book)
    if before.run.category != run.request.category:
        raise UserError(
            f"The workbook is of {before.run.category} (run {before.run.run_id}), and this run is about "
            f"{run.request.category}. Next: give it back where it came from."
        )
    return _Edited(before, workbook.read(book, before))


def _worked(settings: Settings, run: AssortmentRun, clock: Clock, stages: Stages, edited: _Edited | None) -> str:
    runs.tell(run, runs.RUNNING, STAGES[0], 0.02, clock())
    watched = _telling(run, clock, stages)
    asked = Asked(
        request=run.request,
        run_id=run.id,
        at=clock(),
        rules=_rules(run),
        overrides=edited.overrides if edited else None,
        before=edited.before if edited else None,
        planted=_planted(settings),
        mlflow_run=_page_name(run),
    )
    report = plan_assortment(settings, asked, watched)
    publish(report, run.report)
    runs.tell(run, runs.RUNNING, "logging to MLflow", 0.97, clock())
    where = _logged(settings, run, report, stages)
    runs.tell(run, runs.DONE, "done", 1.0, clock())
    return where


def _telling(run: AssortmentRun, clock: Clock, stages: Stages) -> Stages:
    """Stages that also write the run's state."""
    announce = stages.announce

    def told(name: str, said: str) -> None:
        announce(name, said)
        if not said and name in STAGES:
            runs.tell(run, runs.RUNNING, name, (STAGES.index(name) + 0.3) / len(STAGES), clock())

    return Stages(told, stages.rows)


def _rules(run: AssortmentRun) -> Path | None:
    """The rules as a file beside the request; none where none were given."""
    if not run.request.rules.strip():
        return None
    path = run.folder / "rules.toml"
    path.write_text(run.request.rules, encoding="utf-8")
    return path


def _before(settings: Settings, book: Path) -> AssortmentReport:
    """The report that a workbook came from. Raises StateError where that run is gone."""
    run_id = workbook.run_of(book)
    folder = settings.assortments / run_id / "report"
    if not folder.is_dir():
        raise StateError(
            f"{book.name} came from run {run_id}, which is no longer in {settings.work}. Next: run `omnishelf assort` "
            "again and write into its workbook."
        )
    return load(folder)


def _planted(settings: Settings) -> str:
    """Which part of the data is real, where the work folder says so."""
    told = settings.planted
    if not told.is_file():
        return ""
    return str(json.loads(told.read_text(encoding="utf-8")).get("sentence", ""))


def _page_name(run: AssortmentRun) -> str:
    """Of its page in MLflow."""
    return f"{run.request.category} {run.id}"


def _logged(settings: Settings, run: AssortmentRun, report: AssortmentReport, stages: Stages) -> str:
    """Log the plan like a training; where MLflow does not answer the report stands all the same."""
    request, proof = run.request, report.proof
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("report.html", "report.xlsx", "decisions.parquet", "run.json"):
            (folder / file).write_bytes((run.report / file).read_bytes())
        stages.table().to_json(folder / "stages.json", orient="split", index=False)
        counts = report.decisions["decision"].value_counts().rename_axis("decision").reset_index(name="decisions")
        counts.to_json(folder / "decision_counts.json", orient="split", index=False)
        page = Page(
            name=_page_name(run),
            params={
                "category": request.category,
                "stores": str(report.run.stores),
                "clusters": str(report.run.clusters),
                "horizon_weeks": str(request.horizon_weeks),
                "cutoff": report.run.cutoff,
                "seed": str(request.seed),
                "data_hash": report.run.data_hash,
                "model": report.run.model_version,
            },
            points=[
                Point("profit_cents", proof.value_cents),
                Point("bound_cents", proof.bound_cents),
                Point("gap_percent", proof.gap_percent),
                *(Point(name, value) for name, value in _figures(report).items()),
            ],
            tags={"run": run.id, "audit": proof.audit, "mlflow.note.content": _note(report)},
            files=folder,
            tables=["stages", "decision_counts"],
            experiment=ASSORTMENTS,
        )
        try:
            return track_page(page, settings).url
        except StateError as error:
            return f"not logged: {error}"


def _figures(report: AssortmentReport) -> dict[str, float]:
    money = report.tables["summary_money"].set_index("measure")
    found: dict[str, float] = {}
    for measure in money.index:
        found |= {f"{measure}_{when}_cents": float(money.loc[measure, f"{when}_cents"]) for when in ("now", "proposed")}
    ours = report.tables["backtests"]
    ours = ours[(ours["model"] == "ours") & (ours["slice"] == "all")]
    for column in ("wmape_percent", "bias_percent", "pinball", "coverage_percent"):
        if len(ours) and ours[column].notna().all():
            found[f"demand.{column}"] = float(ours[column].iloc[0])
    return found


def _note(report: AssortmentReport) -> str:
    money = report.tables["summary_money"].set_index("measure").loc["profit"]
    return (
        f"{report.run.category}: profit {money['now_cents'] / 100:,.2f} now, {money['proposed_cents'] / 100:,.2f} as "
        f"proposed, within {report.proof.gap_percent:.2f} % of the best there can be."
    )
