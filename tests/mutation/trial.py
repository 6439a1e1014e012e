"""Trials: the tests of a module on each of its mutants, in a copy of the tree, one at a time.

Each trial is a fork of one process that has the libraries already: a mutant costs its tests, not their imports.
"""

import importlib
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutation.mutants import Mutant, mutants

ARGUMENTS = ("-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "work", "build", "dist", "*.egg-info", "node_modules")
_PATIENCE = 10
_LEAST_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A mutant that no test can kill, by its line before and after, and why none can."""

    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A module and the tests that have to kill its mutants.

    at_most   where its tests take long: so many mutants are drawn; 0: all are tried
    """

    module: str
    tests: tuple[str, ...]
    equivalent: tuple[Equivalent, ...] = ()
    at_most: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a module's mutants.

    stale   stated equivalents that are no mutant of the module any more, or that a test kills
    """

    module: str
    found: int
    tried: int
    killed: int
    survived: tuple[Mutant, ...]
    equivalent: int
    stale: tuple[Equivalent, ...]
    seconds: float

    @property
    def is_clean(self) -> bool:
        return not self.survived and not self.stale


class BrokenTestsError(Exception):
    """The tests fail, or there are none, before anything was changed."""


@dataclass(slots=True)
class Tree:
    """A copy of the tree in which mutants stand for a module while its tests run."""

    root: Path
    copy: Path
    _log: Path = field(init=False)

    def __post_init__(self) -> None:
        shutil.copytree(self.root, self.copy, ignore=_NOT_COPIED, dirs_exist_ok=True)
        self._log = self.copy / "trial.log"

    def try_all(
        self, subject: Subject, sample: int, seed: int, told: Callable[[int, int, int], None] = lambda *_: None
    ) -> Outcome:
        """Try a module's mutants, or `sample` of them; `told` hears (done, of, survived)."""
        began = time.monotonic()
        path = self.copy / subject.module
        source = path.read_text(encoding="utf-8")
        patience = max(_LEAST_PATIENCE_SECONDS, _PATIENCE * self._prepare(subject))
        found = mutants(source)
        drawn = _drawn(found, sample, seed)
        survived: list[Mutant] = []
        try:
            for done, mutant in enumerate(drawn):
                told(done, len(drawn), len(survived))
                path.write_text(mutant.text, encoding="utf-8")
                shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)
                if self._run(subject.tests, patience) == 0:
                    survived.append(mutant)
        finally:
            path.write_text(source, encoding="utf-8")
        stated = {(one.before, one.after) for one in subject.equivalent}
        bad = tuple(one for one in survived if (one.before, one.after) not in stated)
        lived = {(one.before, one.after) for one in survived}
        stale = tuple(one for one in subject.equivalent if (one.before, one.after) not in lived)
        return Outcome(
            subject.module,
            len(found),
            len(drawn),
            len(drawn) - len(survived),
            bad,
            len(survived) - len(bad),
            stale if len(drawn) == len(found) else (),
            time.monotonic() - began,
        )

    def _prepare(self, subject: Subject) -> float:
        """Run the tests as they are, and import the libraries that they used; how long the tests take then."""
        names = self.copy / "libraries.txt"
        self._must_pass(subject, names)
        for name in names.read_text(encoding="utf-8").split():
            with suppress(Exception):
                importlib.import_module(name)
        began = time.monotonic()
        self._must_pass(subject, None)
        return time.monotonic() - began

    def _must_pass(self, subject: Subject, names: Path | None) -> None:
        if self._run(subject.tests, 600.0, names) != 0:
            said = self._log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise BrokenTestsError(
                f"The tests of {subject.module} do not pass as they are ({', '.join(subject.tests)}). "
                f"Next: mend them first.\n{said}"
            )

    def _run(self, tests: tuple[str, ...], patience: float, names: Path | None = None) -> int:
        """Pytest's exit code in a process of its own; -1 where it took too long."""
        child = os.fork()
        if child == 0:
            _become_pytest(self.root, self.copy, tests, self._log, names)
        ends = time.monotonic() + patience
        while time.monotonic() < ends:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return -1


def _drawn(found: list[Mutant], sample: int, seed: int) -> list[Mutant]:
    if not sample or sample >= len(found):
        return found
    return sorted(random.Random(seed).sample(found, sample), key=found.index)


def _become_pytest(root: Path, copy: Path, tests: tuple[str, ...], log: Path, names: Path | None) -> None:
    """Turn this fork into a run of pytest in the copy; it never returns."""
    code = 3
    try:
        os.setpgrp()
        sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.chdir(copy)
        # a mutant of the same length, written in the same second, would be taken for its predecessor
        sys.dont_write_bytecode = names is None
        here = {"", str(root)}
        sys.path[:] = [str(copy), *(path for path in sys.path if path not in here)]
        for name in [name for name, module in sys.modules.items() if name != "__main__" and _lies_in(root, module)]:
            del sys.modules[name]
        importlib.invalidate_caches()
        import pytest

        code = int(pytest.main([*ARGUMENTS, *tests]))
        if names:
            used = (
                name for name, module in list(sys.modules.items()) if name != "__main__" and not _lies_in(copy, module)
            )
            names.write_text("\n".join(used), encoding="utf-8")
    except BaseException:  # noqa: BLE001  # a fork must end here, and say why
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _lies_in(folder: Path, module: object) -> bool:
    """Whether a module, or a package without a file of its own, is one of the tree's."""
    where = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
    return bool(where) and Path(str(where)).is_relative_to(folder) and ".venv" not in Path(str(where)).parts
