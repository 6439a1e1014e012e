"""The command line as a person meets it: exit codes, what it prints where, and errors without a traceback."""

import errno
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest

from features.clock import Cutoff
from features.ingest import ingest
from features.past import Past
from features.settings import Settings
from features.warehouse.warehouse import Warehouse
from serving.recommender.answers import Query
from tests.helpers.datasets import LOADED_AT, settings_for, tiny_dataset
from tests.helpers.tiny_bundle import CUTOFF as TINY_CUTOFF
from tests.helpers.tiny_bundle import TinyShop, write_bundle
from tests.helpers.trained import CUTOFF, TrainedShop
from training.cli import main

VERBS = {"ingest", "features", "train", "evaluate", "promote", "rollback", "recommend", "serve", "doctor", "demo"}
VERBS |= {"identity", "unmerge", "erase", "export", "assort"}


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Calls `omnishelf` with these arguments, in this process."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, os.environ.get(name, "1" if name.startswith("OPEN") else "passive"))

    monkeypatch.setenv("OMNISHELF_THREADS", "1")

    def call(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["omnishelf", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Said(int(left.value.code or 0), out, err)

    return call


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text("customer_id\nc-001\nc-060\nstranger\n")
    return path


# ---------------------------------------------------------------------------------------------- help


def test_the_verbs_are_those_of_the_manual(run: Run) -> None:
    said = run("--help")
    assert said.code == 0
    assert {line.split()[0] for line in said.out.splitlines() if line.startswith("  ") and line.split()} >= VERBS
    assert {command.name or command.callback.__name__ for command in main.app.registered_commands} == VERBS


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_explains_itself(run: Run, verb: str) -> None:
    said = run(verb, "--help")
    assert said.code == 0
    assert said.out.startswith(f"Usage: omnishelf {verb}")
    assert "--work" in said.out
    assert max(map(len, said.out.splitlines())) <= 80
    description = said.out.split("\n\n")[1]
    assert len(description.split()) >= 6


def test_without_a_verb_there_is_help(run: Run) -> None:
    said = run()
    assert said.code == 2
    assert "Usage: omnishelf" in said.out + said.err


# -------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "arguments",
    [
        ["features"],
        ["train"],
        ["train", "--cutoff", "2025-01-01"],
        ["evaluate"],
        ["recommend", "--customers", "CUSTOMERS", "--out", "OUT"],
    ],
)
def test_without_purchases_the_next_step_is_told(
    run: Run, tmp_path: Path, customers: Path, arguments: list[str]
) -> None:
    places = {"CUSTOMERS": str(customers), "OUT": str(tmp_path / "out.parquet")}
    said = run(*[places.get(each, each) for each in arguments], "--work", tmp_path / "work")
    assert said.code == 4
    assert said.err.startswith("omnishelf: There are no purchases in")
    assert "Next: `omnishelf ingest" in said.err
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize("verb", ["features", "train", "evaluate", "recommend"])
@pytest.mark.parametrize("text", ["soon", "2025-13-01", "", "1747526400"])
def test_a_cutoff_that_is_no_instant_is_told(run: Run, tmp_path: Path, verb: str, text: str) -> None:
    said = run(verb, "--cutoff", text, "--work", tmp_path)
    assert said.code == 2
    assert "is not an instant" in said.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["bake"],
        ["train", "--windows", "1"],
        ["train", "--window-days", "0"],
        ["train", "--promotion-plan-days", "-1"],
        ["recommend"],
        ["recommend", "--customers", "a", "--out", "b", "--k", "0"],
        ["serve", "--port", "0"],
        ["ingest"],
    ],
)
def test_a_command_that_is_none_is_told(run: Run, tmp_path: Path, arguments: list[str]) -> None:
    said = run(*arguments, *(["--work", tmp_path] if arguments != ["bake"] else []))
    assert said.code == 2
    assert "Usage: omnishelf" in said.err


def test_a_cutoff_without_a_model_is_told(run: Run, trained_shop: TrainedShop, tmp_path: Path, customers: Path) -> None:
    work = ["--work", trained_shop.settings.work, "--cutoff", "2025-03-01"]
    for arguments in (["evaluate"], ["recommend", "--customers", customers, "--out", tmp_path / "out.parquet"]):
        said = run(*arguments, *work)
        assert said.code == 4
        assert "omnishelf: No model was trained as of 2025-03-01T00:00:00" in said.err
        assert "cutoffs there: 2025-05-18T00:00:00" in said.err
        assert "Next: `omnishelf train --cutoff 2025-03-01T00:00:00`" in said.err


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "There is no file"), ("household\n1\n", "no column customer_id"), ("customer_id\n", "names no")],
)
def test_a_file_of_customers_that_names_none_is_told(
    run: Run, trained_shop: TrainedShop, tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "some.csv"
    if content is not None:
        path.write_text(content)
    told = run(
        "recommend", "--customers", path, "--out", tmp_path / "out.parquet", "--work", trained_shop.settings.work
    )
    assert told.code == 3
    assert said in told.err
    assert "Next" in told.err
    assert not (tmp_path / "out.parquet").exists()


def test_a_place_that_cannot_be_written_is_told(run: Run, trained_shop: TrainedShop, customers: Path) -> None:
    said = run(
        "recommend", "--customers", customers, "--out", customers / "out.parquet", "--work", trained_shop.settings.work
    )
    assert said.code == 4
    assert "out.parquet cannot be written" in said.err


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, 4), (errno.EACCES, 4), (errno.EROFS, 4)])
def test_a_full_disk_or_a_folder_of_others_is_no_bug(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number), str(tmp_path))

    monkeypatch.setattr(Warehouse, "open", refuse)
    said = run("features", "--work", tmp_path)
    assert said.code == code
    assert said.err.startswith(f"omnishelf: [Errno {number}] {os.strerror(number)}")
    assert "Next: free some space" in said.err


def test_what_is_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "a file of ours", str(tmp_path))

    monkeypatch.setattr(Warehouse, "open", fail)
    monkeypatch.setattr(sys, "argv", ["omnishelf", "features", "--work", str(tmp_path)])
    with pytest.raises(FileNotFoundError):
        main.main()


# ----------------------------------------------------------------------------------------- the verbs


def test_recommend_writes_what_the_service_would_answer(
    run: Run, trained_shop: TrainedShop, tmp_path: Path, customers: Path
) -> None:
    arguments = ["recommend", "--customers", customers, "--k", 12, "--work", trained_shop.settings.work]
    for flags in ([], ["--new-only"], ["--cutoff", "2025-05-18"]):
        said = run(*arguments, "--out", tmp_path / "out" / "recs.parquet", *flags)
        assert said.code == 0, said.err
        assert (
            said.err == f"36 lines for 3 customers, cutoff 2025-05-18T00:00:00: {tmp_path / 'out' / 'recs.parquet'}\n"
        )
        table = pd.read_parquet(tmp_path / "out" / "recs.parquet")
        assert list(table.columns) == ["customer_id", "sku", "rank", "score", "source"]
        for customer in ("c-001", "c-060", "stranger"):
            query = Query(customer_id=customer, size=12, new_only="--new-only" in flags)
            items = trained_shop.recommender.recommend(query).items
            assert table.loc[table["customer_id"] == customer, "sku"].tolist() == [item.sku for item in items]
        if "--new-only" in flags:
            own = trained_shop.before.groupby("customer_id")["sku"].agg(set)
            assert not any(sku in own.get(who, ()) for who, sku in zip(table["customer_id"], table["sku"], strict=True))


def test_recommend_again_writes_the_same_file(
    run: Run, trained_shop: TrainedShop, tmp_path: Path, customers: Path
) -> None:
    out = tmp_path / "recs.parquet"
    written = []
    for _ in range(2):
        assert run("recommend", "--customers", customers, "--out", out, "--work", trained_shop.settings.work).code == 0
        written.append(out.read_bytes())
    assert written[0] == written[1]


def test_evaluate_says_what_the_training_said_in_80_columns(run: Run, trained_shop: TrainedShop) -> None:
    said = run("evaluate", "--work", trained_shop.settings.work)
    assert said.code == 0
    assert said.out == ""
    assert f"NDCG@10 {trained_shop.evaluated.metrics['all.ndcg_at_10']:.4f}" not in said.err, "that is train's line"
    lines = said.err.splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in said.err
    (ranker, _) = [line for line in lines if line.strip().startswith("ranker")]
    assert f"{trained_shop.evaluated.metrics['all.ndcg_at_10']:.4f}" in ranker
    assert "NDCG@10 by slice" in said.err


@pytest.mark.usefixtures("in_this_process")
def test_train_says_what_it_did_and_what_is_next(
    run: Run, trained_shop: TrainedShop, tmp_path: Path, mlflow_template: Path
) -> None:
    settings = trained_shop.copy(tmp_path / "work", mlflow_template)
    said = run("train", "--work", settings.work, "--cutoff", "2025-05-18", "--windows", 2)
    assert said.code == 0, said.err
    for stage in ("features and candidates", "rankers", "bundle", "evaluation", "tracking"):
        assert f"✓ {stage}: " in said.err
    assert "Everything bought" in said.err
    assert "Version 1 in " in said.err
    assert "Next: `omnishelf promote`" in said.err
    assert len(list(settings.bundles.iterdir())) == 2


def test_features_tells_where_they_are_and_finds_them_again(run: Run, trained_shop: TrainedShop) -> None:
    arguments = ["features", "--cutoff", "2025-05-18", "--work", trained_shop.settings.work]
    first, second = run(*arguments), run(*arguments)
    folder = Path(first.out.strip())
    assert (first.code, second.code) == (0, 0)
    assert second.out == first.out
    assert (folder / "customer_sku.parquet").is_file()
    assert folder.parent == trained_shop.settings.snapshots
    pairs = trained_shop.before.dropna(subset="customer_id")[["customer_id", "sku"]].drop_duplicates()
    (line,) = [line for line in first.err.splitlines() if "customer_sku " in line]
    assert str(len(pairs)) in line


def test_doctor_looks_at_any_folder(run: Run, trained_shop: TrainedShop, tmp_path: Path) -> None:
    for work in (tmp_path, trained_shop.settings.work):
        said = run("doctor", "--work", work)
        assert said.code == 0
        assert "till_receipts" in said.err + said.out


# ---------------------------------------------------------------------------------- whole numbers


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The small shop with whole numbers for ids, and a bundle of it."""
    settings = settings_for(tmp_path_factory.mktemp("numbered"))
    dataset = tiny_dataset(settings.work / "tiny")
    for path in dataset.parent.glob("*.parquet"):
        table = pd.read_parquet(path)
        for name in table.columns.intersection(["loyalty_id", "account_id", "sku"]):
            table[name] = table[name].str.removeprefix("c-").str.removeprefix("sku-").astype("Int64")
        table.to_parquet(path, index=False)
    ingest(settings, "tables", dataset, loaded_at=LOADED_AT)
    facts = Past(settings, Warehouse.open(settings), TINY_CUTOFF).facts()
    names = tuple(facts.skus.text(code) for code in range(len(facts.skus)))
    write_bundle(TinyShop(facts, names, settings.work), settings.bundles / "tiny", "1")
    return settings


@pytest.mark.parametrize(
    ("asked", "type_"), [([1, 2, 3], "int64"), (["1", "2", "3"], "text"), ([1.0, 2.0, None, 3.0], "int64")]
)
def test_numbers_come_back_as_numbers_and_text_as_text(
    run: Run, numbered: Settings, tmp_path: Path, asked: list[object], type_: str
) -> None:
    pd.DataFrame({"customer_id": asked}).to_parquet(tmp_path / "customers.parquet", index=False)
    out = tmp_path / "recs.parquet"
    said = run(
        "recommend", "--customers", tmp_path / "customers.parquet", "--out", out, "--k", 5, "--work", numbered.work
    )
    assert said.code == 0, said.err
    table = pd.read_parquet(out)
    assert {name: "int64" if table[name].dtype == "int64" else "text" for name in ("customer_id", "sku")} == {
        "customer_id": type_,
        "sku": type_,
    }
    assert [str(value) for value in table["customer_id"].unique()] == ["1", "2", "3"]
    assert set(table["source"]) <= {"repeat", "store", "chain"}


def test_a_trained_cutoff_is_the_one_asked_for(trained_shop: TrainedShop) -> None:
    assert Cutoff.parse("2025-05-18") == CUTOFF == trained_shop.bundle.cutoff
    assert replace(trained_shop.settings).work == trained_shop.settings.work
