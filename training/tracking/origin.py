"""Where a run comes from: the code, the person, the machine and the process."""

import getpass
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

SOURCE = Path(__file__).parents[2]
GIT_SECONDS = 10


def tags() -> dict[str, str]:
    """Tags of a run, under MLflow's names where it has them; what cannot be found out is left out."""
    found = {
        "mlflow.source.type": "LOCAL",
        "mlflow.source.name": Path(sys.argv[0]).name or "python",
        "mlflow.user": user(),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "host": host(),
        "process": process_mark(os.getpid()) or "",
    }
    commit = _git("rev-parse", "HEAD")
    if commit:
        found["mlflow.source.git.commit"] = commit
        found["git.uncommitted_changes"] = "yes" if _git("status", "--porcelain", "--untracked-files=no") else "no"
    return found


def user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return str(os.getuid())


def host() -> str:
    return socket.gethostname()


def process_mark(pid: int) -> str | None:
    """`<pid> <start>`, so that a number used again is another process; None where there is no such process.

    The start is known on Linux only, in clock ticks since the machine's own start.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return f"{pid} {stat.rpartition(')')[2].split()[19]}"
    except (OSError, IndexError):
        return f"{pid} ?" if _is_alive(pid) else None


def is_gone(mark: str) -> bool:
    """Whether the process of this machine that had this mark has ended; False for what is no mark."""
    pid = mark.partition(" ")[0]
    return pid.isdigit() and process_mark(int(pid)) != mark


@contextmanager
def sigterm_raises() -> Iterator[None]:
    """Inside, SIGTERM unwinds the stack as SIGINT does, so that what is open gets closed.

    Where somebody else handles SIGTERM, or outside the main thread, nothing changes.
    """
    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _exit(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _git(*arguments: str) -> str:
    """What git says of the source; nothing where there is no git or no repository."""
    command = ["git", "-C", str(SOURCE), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments, no shell
            command, capture_output=True, text=True, timeout=GIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
