"""What an answer over HTTP costs: CPU of the worker and latency, beside an empty endpoint of the same service.

    python -m experiments.benchmarks.http --work work

Starts the service with one worker on a free port of the loopback, sends a bounded number of requests one
after another, and stops it. The kinds of requests take turns in small batches, so that a disturbance of
the machine hits all of them; the figure of a kind is the median of its batches.
"""

import argparse
import http.client
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle, islice, product
from pathlib import Path

import numpy as np
import orjson
import psutil
from rich.console import Console
from rich.table import Table

from features.engine import session
from features.errors import StateError, UserError
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from serving.operate.launch import Address, free_port, started

LIMIT_MS = 15.0
"""What a warm answer may cost."""

READY_SECONDS = 60.0
CUSTOMERS = 200


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of request: `bodies` are sent in turn, none of them for a GET."""

    name: str
    path: str
    bodies: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Cost:
    """What one kind of request cost: medians over batches of CPU, quantiles over requests of latency."""

    name: str
    cpu_ms: float
    p50_ms: float
    p99_ms: float
    requests: int
    candidates: int
    """The median size of the pool that was ranked; 0 where nothing was."""


def measure(settings: Settings, batches: int, batch_size: int) -> list[Cost]:
    """A row for each kind of request, the empty endpoint first.

    Raises StateError where there is no champion to answer, DataError and the like where there is no
    warehouse to take customers from.
    """
    customers = _customers(settings)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "service.log"
        with started(settings, port=free_port(), sync=False, log=log) as address:
            _wait_until_ready(address, log)
            return _measure(address, _calls(customers), batches, batch_size)


def _calls(customers: list[str]) -> list[Call]:
    known = tuple(orjson.dumps({"placement": "home", "customer_id": customer}) for customer in customers)
    anonymous = (orjson.dumps({"placement": "home", "visitor_id": "v-1"}),)
    return [
        Call("empty (/healthz)", "/healthz"),
        Call("known customers", "/v1/recommendations", known),
        Call("anonymous", "/v1/recommendations", anonymous),
    ]


def _measure(address: Address, calls: list[Call], batches: int, batch_size: int) -> list[Cost]:
    cpu_seconds = _cpu_clock(_worker(address))
    turns = {call.name: cycle(call.bodies or (b"",)) for call in calls}
    cpu: dict[str, list[float]] = {call.name: [] for call in calls}
    latency: dict[str, list[float]] = {call.name: [] for call in calls}
    with closing(http.client.HTTPConnection(address.host, address.port, timeout=30)) as connection:
        for batch, call in product(range(batches + 2), calls):
            before = cpu_seconds()
            spent = [_send(connection, call.path, body) for body in islice(turns[call.name], batch_size)]
            if batch >= 2:  # the first two warm up
                cpu[call.name].append((cpu_seconds() - before) / batch_size)
                latency[call.name] += spent
        candidates = {call.name: _pool_size(connection, call) for call in calls}
    return [_cost(call.name, cpu[call.name], latency[call.name], candidates[call.name]) for call in calls]


def _cost(name: str, cpu: list[float], latency: list[float], candidates: int) -> Cost:
    p50, p99 = (float(each) * 1e3 for each in np.quantile(latency, (0.5, 0.99)))
    return Cost(name, float(np.median(cpu)) * 1e3, p50, p99, len(latency), candidates)


def _send(connection: http.client.HTTPConnection, path: str, body: bytes) -> float:
    """Seconds from sending one request to having its whole answer."""
    began = time.perf_counter()
    _answer(connection, path, body)
    return time.perf_counter() - began


def _answer(connection: http.client.HTTPConnection, path: str, body: bytes) -> bytes:
    headers = {"Content-Type": "application/json"} if body else {}
    connection.request("POST" if body else "GET", path, body or None, headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        raise StateError(f"{path} answered {response.status}: {answer[:300].decode(errors='replace')}")
    return answer


def _pool_size(connection: http.client.HTTPConnection, call: Call) -> int:
    """The median number of candidates over at most 50 of the requests."""
    asked = [orjson.dumps({**orjson.loads(body), "debug": True}) for body in call.bodies[:50]]
    sizes = [orjson.loads(_answer(connection, call.path, body))["debug"]["pool_size"] for body in asked]
    return int(np.median(sizes)) if sizes else 0


def _customers(settings: Settings) -> list[str]:
    """Customers of the warehouse, drawn by the seed. Raises StateError where there are none."""
    purchases = Warehouse.open(settings).purchases
    with session(settings) as engine:
        rows = engine.execute(
            "SELECT customer_id FROM read_parquet(?) WHERE customer_id IS NOT NULL GROUP BY customer_id "
            "ORDER BY hash(customer_id || ?), customer_id LIMIT ?",
            [str(purchases), str(settings.seed), CUSTOMERS],
        ).fetchall()
    if not rows:
        raise StateError(f"No purchase in {purchases} names its customer: there is nobody to recommend to.")
    return [row[0] for row in rows]


def _wait_until_ready(address: Address, log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        with closing(http.client.HTTPConnection(address.host, address.port, timeout=5)) as connection:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise StateError(f"The service has no model to answer with: {log.read_text()[-500:]}\nomnishelf promote makes one.")


def _worker(address: Address) -> int:
    """The id of the process that answers there; the launcher names the port in its command."""
    launchers = [each for each in psutil.Process().children() if str(address.port) in each.cmdline()]
    family = [each for launcher in launchers for each in launcher.children(recursive=True)]
    workers = [each for each in family if "_bentoml_impl.worker.service" in each.cmdline()]
    if len(workers) != 1:
        raise StateError(f"{len(workers)} workers answer on {address.url}; this needs exactly one.")
    return int(workers[0].pid)


def _cpu_clock(pid: int) -> Callable[[], float]:
    """The CPU seconds that a process has used, all its threads, in nanosecond steps where Linux gives them.

    Linux encodes the clock of another process in a clock id, as clock_getcpuclockid(3) does: the
    complement of the process id, shifted, with 2 for CPUCLOCK_SCHED. `/proc` counts in steps of 10 ms.
    """
    clock = (~pid << 3) | 2
    try:
        time.clock_gettime(clock)
    except OSError:
        process = psutil.Process(pid)
        return lambda: float(sum(process.cpu_times()[:2]))
    return lambda: time.clock_gettime(clock)


def table(costs: list[Cost]) -> Table:
    empty = costs[0].cpu_ms
    shown = Table(
        title="One request over HTTP, one worker: /v1/recommendations beside an empty endpoint", title_justify="left"
    )
    shown.add_column("request")
    for column in ("CPU ms", "× empty", "p50 ms", "p99 ms", "candidates", "requests"):
        shown.add_column(column, justify="right")
    for cost in costs:
        candidates = str(cost.candidates) if cost.candidates else "–"
        figures = (cost.cpu_ms, cost.cpu_ms / empty, cost.p50_ms, cost.p99_ms)
        shown.add_row(cost.name, *(f"{each:.2f}" for each in figures), candidates, str(cost.requests))
    return shown


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m experiments.benchmarks.http", description=__doc__)
    parser.add_argument("--work", type=Path, help="the work folder, with a promoted model")
    parser.add_argument("--batches", type=int, default=30)
    parser.add_argument("--batch-size", type=int, default=25)
    return parser.parse_args(given)


def _lines(costs: list[Cost]) -> Iterator[str]:
    for cost in costs[1:]:
        verdict = "within" if cost.cpu_ms <= LIMIT_MS else "over"
        yield f"{cost.name}: {cost.cpu_ms:.2f} ms of CPU at the median, {verdict} the limit of {LIMIT_MS:.0f} ms."


def main(given: list[str] | None = None) -> int:
    asked = _arguments(given)
    console = Console()
    try:
        costs = measure(Settings.load(asked.work), asked.batches, asked.batch_size)
    except UserError as error:
        console.print(str(error), style="red")
        return error.exit_code
    console.print(table(costs))
    for line in _lines(costs):
        console.print(line)
    return 0 if all(cost.cpu_ms <= LIMIT_MS for cost in costs[1:]) else 1


if __name__ == "__main__":
    sys.exit(main())
