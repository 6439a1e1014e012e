"""The demonstration: every stage on real purchases, told in plain words, then real requests over HTTP."""

import json
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rich.console import Console

from experiments.demonstration.servers import Running, mlflow_pages, port_for, service
from experiments.demonstration.visitors import PATH, Reply, Visitor, connect, shown, visit, visitors
from experiments.demonstration.words import gate_lines, in_words
from features.clock import Cutoff
from features.errors import StateError, UserError
from features.ingest import ingest
from features.past import Past
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from serving.bundle.bundle import read_manifest
from serving.operate.launch import PORT
from serving.operate.registry import CHAMPION, aliases, connected, fetch, versions
from serving.storefront.champion import Pointer, load_champion
from training.cli.console import comparison, say, watched
from training.recommendations.log import read_record
from training.recommendations.pipeline import TrainingPlan, default_cutoff, train
from training.recommendations.promotion import promote
from training.tracking.mlflow_runs import UI_MODE, UI_PORT


@dataclass(frozen=True, slots=True)
class Demo:
    """What the steps of one demonstration share."""

    settings: Settings
    screen: Console
    plan: TrainingPlan
    at: datetime
    keep: bool


def _nothing(*_given: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Asides:
    """What a demonstration tells besides: once purchases are loaded, a model is judged, and visitors were answered."""

    loaded: Callable[[Demo, Warehouse], None] = _nothing
    judged: Callable[[Demo], None] = _nothing
    answered: Callable[[Demo, Running, Past], None] = _nothing


def run(demo: Demo, source: str, dataset: Path | None = None, asides: Asides | None = None) -> None:
    """Load, learn, promote, serve and ask; what is there already is used again. `source` as `ingest` takes it.

    Raises UserError where the work folder holds purchases of another source, and RefusedError where the gate refuses
    the model.
    """
    asides = asides or Asides()
    warehouse = load(demo, source, dataset)
    asides.loaded(demo, warehouse)
    cutoff = demo.plan.cutoff or default_cutoff(warehouse, demo.plan.window_days)
    version = learn(demo, warehouse, cutoff)
    pages = compare(demo, version)
    asides.judged(demo)
    crown(demo, version)
    past = Past(demo.settings, warehouse, cutoff)
    with ExitStack() as stack:
        serving = serve(demo, stack, cutoff)
        known = past.people()
        ask(demo, serving, visitors(known.purchases, cutoff, demo.plan.window_days, known.served))
        asides.answered(demo, serving, past)
        if demo.keep:
            still_running(demo, serving, pages)
    if not demo.keep:
        start_again(demo, pages)


def load(demo: Demo, source: str, dataset: Path | None) -> Warehouse:
    """The purchases, checked and merged into the warehouse; a load that was made before is left as it is."""
    heading(demo, "1 Load")
    _require_unmixed(demo.settings, source)
    with watched(demo.screen) as stages, stages.stage("load") as told:
        report = ingest(
            demo.settings,
            source,
            dataset,
            loaded_at=demo.at,
            progress=lambda what, share: stages.announce("load", f"{what} ({share:.0%})"),
        )
        rows = report.rows
        told(f"{rows['purchases']:,} purchases from {report.first:%Y-%m-%d} to {report.last:%Y-%m-%d},")
        told(f"{rows['skus']:,} SKUs, {rows['stores']:,} stores, {rows['promotions']:,} promotions")
        if not report.changed:
            told("– there already")
    return Warehouse.open(demo.settings)


def _require_unmixed(settings: Settings, source: str) -> None:
    """The demonstration's purchases and a user's own would become one history. Raises UserError instead."""
    found = Warehouse.find(settings)
    others = {load["source"] for load in found.manifest["loads"]} - {source} if found else set()
    if others:
        raise UserError(
            f"{settings.work} holds purchases from {', '.join(sorted(others))}; the demonstration would mix its own "
            "with them. Next: give it a folder of its own, `make demo WORK=demo`."
        )


def learn(demo: Demo, warehouse: Warehouse, cutoff: Cutoff) -> str:
    """The model version trained from these purchases as of the cutoff; trained now where there is none."""
    heading(demo, "2 Learn")
    days = demo.plan.window_days
    say(demo.screen, f"What was known before {cutoff.at:%Y-%m-%d %H:%M}; the {days:g} days after it are kept aside.")
    with watched(demo.screen) as stages:
        with stages.stage("look for a trained model") as told:
            version = trained_version(demo.settings, warehouse.digest, cutoff)
            told(f"version {version} has these purchases and this cutoff, and is used again" if version else "none yet")
        return version or train(demo.settings, demo.plan, demo.at, stages).run.model_version


def trained_version(settings: Settings, digest: str, cutoff: Cutoff) -> str | None:
    """A registered version of these purchases and cutoff that can answer; the champion before newer ones."""
    bundles = {path.name for path in settings.bundles.glob("*") if _is_of(path, digest, cutoff)}
    if not bundles:
        return None
    with connected(settings, create=True) as client:
        name = settings.model_name
        champion = aliases(client, name).get(CHAMPION)
        newest_first = sorted(versions(client, name), key=lambda each: (each == champion, int(each)), reverse=True)
        fitting = (each for each in newest_first if client.get_model_version(name, each).tags.get("bundle") in bundles)
        return next(fitting, None)


def _is_of(bundle: Path, digest: str, cutoff: Cutoff) -> bool:
    try:
        manifest = read_manifest(bundle)
        if (manifest["data_hash"], manifest["cutoff"]) != (digest, str(cutoff)):
            return False
        load_champion(Pointer(bundle.name, bundle))
    except Exception:  # noqa: BLE001 - damaged, or made by other code: whatever it raises, a new one is trained
        return False
    return True


def compare(demo: Demo, version: str) -> str:
    """Say how the version did; the address of its run within MLflow's pages."""
    with connected(demo.settings) as client:
        name = demo.settings.model_name
        record = read_record(client, name, version)
        run = client.get_run(str(client.get_model_version(name, version).run_id))
    if record is not None and len(record.comparison):
        demo.screen.print(comparison(record.comparison))
        demo.screen.print(in_words(record, demo.plan.window_days))
    return f"#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}?{UI_MODE}"


def crown(demo: Demo, version: str) -> None:
    """Put the version through the gate, and fetch the champion."""
    heading(demo, "3 Promote")
    with watched(demo.screen) as stages, stages.stage("gate") as told:
        verdict = promote(demo.settings, version, at=demo.at)
        verdict.require()
        fetch(demo.settings)
        told(f"version {verdict.champion} is the champion{'' if verdict.changed else ', as before'}")
    for line in gate_lines(verdict.checks):
        demo.screen.print(line)


def serve(demo: Demo, stack: ExitStack, cutoff: Cutoff) -> Running:
    """Start the service as of the cutoff: what it shows is compared with what was bought after it.

    It ends with the stack unless it is to be kept.
    """
    heading(demo, "4 Serve")
    port = _port(demo, PORT)
    with watched(demo.screen) as stages, stages.stage("start") as told:
        running = stack.enter_context(service(replace(demo.settings, as_of=str(cutoff)), port, keep=demo.keep))
        connect(running.host, running.port).close()
        told(f"BentoML answers on {running.url}")
    return running


def _port(demo: Demo, wanted: int) -> int:
    port = port_for(wanted)
    if port != wanted:
        say(demo.screen, f"Something else listens on port {wanted}: port {port} is used instead.")
    return port


def ask(demo: Demo, serving: Running, asking: tuple[Visitor, ...]) -> None:
    """Send every visitor's requests, one after another, and show the answers."""
    heading(demo, "5 Ask")
    connection = connect(serving.host, serving.port)
    answered: list[Reply] = []
    for visitor in asking:
        replies = tuple(visit(connection, visitor))
        answered += replies
        demo.screen.print(shown(visitor, replies, demo.plan.window_days))
    connection.close()
    times = [reply.milliseconds for reply in answered]
    demo.screen.print(
        f"{len(times)} requests, {statistics.median(times):.1f} ms each at the median "
        f"({min(times):.1f} to {max(times):.1f}), as the client saw them. One of them by hand, while the service runs:"
    )
    body, header = json.dumps(asking[0].request("home")), "Content-Type: application/json"
    say(demo.screen, f"curl -s {serving.url}{PATH} -H '{header}' \\\n  -d '{body}'")


def still_running(demo: Demo, serving: Running, pages: str) -> None:
    """Start MLflow's pages too; say where everything is and how to stop it."""
    heading(demo, "6 Look around")
    kept = [serving]
    try:
        with watched(demo.screen) as stages, stages.stage("MLflow"):
            kept.append(mlflow_pages(demo.settings, _port(demo, UI_PORT)))
    except StateError as error:
        say(demo.screen, str(error))
    _addresses(demo, serving.url, kept[1].url if len(kept) > 1 else None, pages)
    demo.screen.print(f"They go on running. To stop them: [bold]kill {' '.join(str(each.pid) for each in kept)}[/]")


def start_again(demo: Demo, pages: str) -> None:
    """Say what was stopped and how to have it again."""
    heading(demo, "6 Look around")
    is_default = demo.settings.work == Path("work").resolve()
    work = "" if is_default else f" WORK={demo.settings.work}"
    demo.screen.print("The service was stopped. To look around at leisure:")
    say(demo.screen, f"make serve{work}\nmake mlflow{work}\nmake demo KEEP=1{work}   # both at once")
    _addresses(demo, f"http://127.0.0.1:{PORT}", f"http://127.0.0.1:{UI_PORT}", pages)


def _addresses(demo: Demo, url: str, mlflow: str | None, pages: str) -> None:
    lines = [f"a form to try   {url}/", f"the API         {url}/docs", f"for Prometheus  {url}/metrics"]
    lines += [f"the run         {mlflow}/{pages}"] if mlflow else []
    for line in lines:
        say(demo.screen, line)


def heading(demo: Demo, text: str) -> None:
    demo.screen.print(f"\n[bold cyan]{text}[/]")
