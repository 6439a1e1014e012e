"""Commands that the documentation shows: found, and read the way a shell would.

A fenced block of `console` (lines after `$ ` are commands, the rest is what they print) or `bash` (every line is a
command) has a mark on the line before it, a comment that a reader does not see:

    <!-- run -->                  the commands run, one after the other, and succeed
    <!-- not run: <why> -->       they only have to be commands that exist, with options that exist
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\s*$")
_MARK = re.compile(r"^\s*<!-- (?P<mark>run|not run: \S.*?) -->\s*$")
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)(?P<target>[^)#\s]+)(?:#[^)]*)?\)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of commands; `mark` is None where the page does not say whether they run."""

    page: Path
    line: int
    mark: str | None
    commands: tuple[str, ...]

    @property
    def runs(self) -> bool:
        return self.mark == "run"

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of commands of a page, in order. Raises ValueError where a fence is not closed."""
    lines = page.read_text(encoding="utf-8").splitlines()
    at = 0
    while at < len(lines):
        fence = _FENCE.match(lines[at])
        if fence is None:
            at += 1
            continue
        close = next((n for n in range(at + 1, len(lines)) if lines[n].strip() == "```"), None)
        if close is None:
            message = f"{page.name}:{at + 1}: the block is not closed"
            raise ValueError(message)
        if fence["language"] in {"console", "bash", "sh", "shell"}:
            body = [line.removeprefix(fence["indent"]) for line in lines[at + 1 : close]]
            yield Block(page, at + 1, _mark(lines, at), tuple(_commands(body, fence["language"])))
        at = close + 1


def _mark(lines: list[str], at: int) -> str | None:
    found = _MARK.match(lines[at - 1]) if at else None
    return found["mark"] if found else None


def _commands(body: list[str], language: str) -> Iterator[str]:
    """Whole commands: a line that ends in a backslash, or leaves a quotation open, goes on in the next."""
    pending = ""
    for line in body:
        if not pending and language == "console" and not line.startswith("$ "):
            continue
        text = line.removeprefix("$ ") if language == "console" and not pending else line
        pending = f"{pending}\n{text}" if pending else text
        if not _goes_on(pending):
            if pending.strip() and not pending.lstrip().startswith("#"):
                yield pending.replace("\\\n", " ").strip()
            pending = ""
    if pending:
        message = f"a command is not finished: {pending}"
        raise ValueError(message)


def _goes_on(text: str) -> bool:
    if text.endswith("\\"):
        return True
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    return False


def links(page: Path) -> list[str]:
    """Targets of links to other files of the repository."""
    return [found["target"] for found in _LINK.finditer(page.read_text(encoding="utf-8"))]
