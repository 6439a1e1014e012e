"""Mutation tests: break a module on purpose, one small thing at a time, and see that its own tests notice.

    python -m tests.mutation                                  every module of tests/mutation/subjects.py
    python -m tests.mutation features/known.py metrics        those whose path holds one of these words
    python -m tests.mutation rules --sample 40 --seed 1       forty mutants of a module, drawn by a seed

Leaves with 1 where a mutant survives that is not stated as equivalent, or a stated one is no survivor any more.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.mutation.subjects import SUBJECTS
from tests.mutation.trial import BrokenTestsError, Outcome, Subject, Tree

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str], root: Path = ROOT, subjects: Sequence[Subject] = SUBJECTS) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation", description="Break modules, see their tests fail."
    )
    parser.add_argument("words", nargs="*", help="modules whose path holds one of these; without any: all")
    parser.add_argument("--sample", type=int, default=0, help="try so many mutants of a module (0: as listed)")
    parser.add_argument("--seed", type=int, default=0, help="which ones are drawn")
    given = parser.parse_args(arguments)
    chosen = [one for one in subjects if not given.words or any(word in one.module for word in given.words)]
    if not chosen:
        print(
            f"No module is named like {' or '.join(given.words)}. Known:", *(one.module for one in subjects), sep="\n  "
        )
        return 2
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="mutation-") as scratch:
        tree = Tree(root, Path(scratch).resolve() / "tree")
        for subject in chosen:
            try:
                outcomes.append(_tried(tree, subject, given.sample or subject.at_most, given.seed))
            except BrokenTestsError as error:
                print(error)
                return 2
    _print_table(outcomes)
    return 0 if all(one.is_clean for one in outcomes) else 1


def _tried(tree: Tree, subject: Subject, sample: int, seed: int) -> Outcome:
    def told(done: int, of: int, survived: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{subject.module}: {done} of {of}, {survived} survived ", end="", file=sys.stderr, flush=True)

    outcome = tree.try_all(subject, sample, seed, told)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    print(f"{subject.module}: {outcome.killed} of {outcome.tried} killed, {outcome.seconds:.0f} s", flush=True)
    for mutant in outcome.survived:
        print(f"  survived, line {mutant.line}\n    - {mutant.before}\n    + {mutant.after}", flush=True)
    for stated in outcome.stale:
        print(f"  stated as equivalent, but no survivor\n    - {stated.before}\n    + {stated.after}", flush=True)
    return outcome


def _print_table(outcomes: Sequence[Outcome]) -> None:
    width = max(len(one.module) for one in outcomes)
    print(f"\n{'module':{width}}  mutants  tried  killed  equivalent  survived  stale")
    for one in outcomes:
        print(
            f"{one.module:{width}}  {one.found:7}  {one.tried:5}  {one.killed:6}  {one.equivalent:10}  "
            f"{len(one.survived):8}  {len(one.stale):5}"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
