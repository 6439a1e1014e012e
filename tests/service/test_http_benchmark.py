"""The benchmark runs, measures what it says, and leaves nothing behind."""

import psutil
import pytest

from experiments.benchmarks.http import main, measure, table
from features.errors import StateError
from tests.helpers.datasets import ingested, settings_for
from tests.helpers.served import point_at, work_with_bundles


def test_every_kind_of_request_is_measured(tmp_path, facts):
    settings = settings_for(tmp_path)
    ingested(settings)
    point_at(work_with_bundles(tmp_path, facts), "1")
    before = set(psutil.Process().children(recursive=True))
    empty, known, anonymous = measure(settings, batches=2, batch_size=5)
    assert [cost.requests for cost in (empty, known, anonymous)] == [10, 10, 10]
    assert empty.candidates == 0
    assert known.candidates > 0
    assert anonymous.candidates > 0
    assert 0 < empty.cpu_ms < known.cpu_ms
    assert known.p50_ms <= known.p99_ms
    assert table([empty, known, anonymous]).row_count == 3
    assert set(psutil.Process().children(recursive=True)) <= before


def test_without_purchases_it_says_what_to_do(tmp_path, capsys):
    with pytest.raises(StateError):
        measure(settings_for(tmp_path), batches=1, batch_size=1)
    assert main(["--work", str(tmp_path)]) == StateError.exit_code
    assert "omnishelf ingest" in capsys.readouterr().out
