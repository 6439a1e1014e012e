"""`python -m experiments.against HEAD --cutoffs 2017-12-04,2017-12-11`: the code at hand against that of a commit.

Both train at every cutoff on the same warehouse, in turn, and are compared as by `experiments.compare`: what the code
at hand, uncommitted changes and all, has over the other, paired by customer, with intervals. The versions stay in
MLflow; the champion stays what it is.
"""

import argparse
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from experiments.compare import compare, read
from features.clock import Cutoff
from features.errors import StateError, UserError
from features.settings import Settings
from training.cli.console import console, say, table

SOURCE = Path(__file__).resolve().parents[1]
HEADLINE = "ndcg_at_10"

Train = Callable[[Path, Settings, Cutoff], str]


def main(given: Sequence[str] | None = None) -> int:
    """0, or the exit code of the user's error."""
    parser = argparse.ArgumentParser(prog="python -m experiments.against", description=__doc__)
    parser.add_argument("base", nargs="?", default="HEAD", help="a commit, branch or tag (default: HEAD)")
    parser.add_argument("--cutoffs", required=True, help="as of when to train, one or several: 2017-12-04,2017-12-11")
    parser.add_argument("--work", type=Path, help="work folder (default: OMNISHELF_WORK or ./work)")
    arguments, screen = parser.parse_args(given), console()
    try:
        cutoffs = [_cutoff(text) for text in arguments.cutoffs.split(",")]
        settings = Settings.load(arguments.work)
        with tempfile.TemporaryDirectory(prefix="omnishelf-base.") as scratch:
            base = code_of(arguments.base, Path(scratch))
            found = against(base, cutoffs, settings)
    except UserError as error:
        say(screen, str(error))
        return error.exit_code
    screen.print(table(f"The code at hand less {arguments.base}, cutoffs {arguments.cutoffs}", found))
    for sentence in verdicts(found):
        say(screen, sentence)
    return 0


def _cutoff(text: str) -> Cutoff:
    try:
        return Cutoff.parse(text.strip())
    except ValueError:
        raise UserError(f"{text!r} is no cutoff; write dates, such as 2017-12-04,2017-12-11.") from None


def code_of(revision: str, folder: Path, repository: Path = SOURCE) -> Path:
    """The tree of a commit, written to `folder`. Raises UserError where git does not know it."""
    try:
        commit = _git(repository, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        archive = _git(repository, "archive", "--format=tar", commit.decode().strip())
    except FileNotFoundError:
        raise UserError("git was not found; it is what knows the code of a commit.") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise UserError(f"git has no code of {revision!r} in {repository}: {said}") from None
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    return folder


def _git(repository: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 - our own command


def train(code: Path, settings: Settings, cutoff: Cutoff) -> str:
    """Train with the code in that folder; the model version. Raises StateError where it fails; its words are shown."""
    command = [
        sys.executable,
        "-m",
        "training.cli",
        "train",
        "--work",
        str(settings.work),
        "--cutoff",
        str(cutoff),
    ]
    environment = os.environ | settings.environment() | {"PYTHONPATH": str(code)}
    with subprocess.Popen(command, cwd=code, env=environment, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
        said = []
        for line in process.stderr or ():
            sys.stderr.write(line)
            said.append(line)
    version = re.search(r"^Version (\S+) in ", "".join(said), flags=re.MULTILINE)
    if process.returncode or version is None:
        raise StateError(f"Training as of {cutoff} with the code in {code} failed; it said why above.")
    return version.group(1)


def against(base: Path, cutoffs: Sequence[Cutoff], settings: Settings, train: Train = train) -> pd.DataFrame:
    """The table of `compare`, first the base and second the code at hand; both train at every cutoff, in turn."""
    versions = [(train(base, settings, cutoff), train(SOURCE, settings, cutoff)) for cutoff in cutoffs]
    firsts, seconds = zip(*versions, strict=True)
    return compare(read(settings, firsts, seconds))


def verdicts(found: pd.DataFrame) -> list[str]:
    """A sentence a task: better, worse, or no difference that the interval shows."""
    sentences = []
    for row in found[found["metric"] == HEADLINE].to_dict("records"):
        difference, low, high = (float(row[name]) for name in ("difference", "low", "high"))
        word = "better" if low > 0 else "worse" if high < 0 else "no difference is shown"
        sentences.append(f"{row['task']}: {word}; NDCG@10 {difference:+.4f} [{low:+.4f}, {high:+.4f}].")
    return sentences


if __name__ == "__main__":
    sys.exit(main())
