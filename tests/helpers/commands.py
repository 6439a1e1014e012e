"""Commands of the documentation: whether they exist, and whether they work in a prepared folder.

The folder looks like the repository to whoever stands in it: Makefile, environment, and a work folder.
`curl` is read here and sent by httpx, so that the suite needs no program that the project does not.
"""

import argparse
import importlib.util
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import typer

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
DOCUMENTED_ADDRESS = "http://127.0.0.1:8700"
READY = ("--old-file", ".venv/ready")
"""The environment runs this very test: make may take it as it is."""


class WrongCommandError(Exception):
    """The documentation shows a command that does not exist or does not work."""


def must_exist(command: str) -> None:
    """Raises WrongCommandError where the command, its verb or one of its options does not exist."""
    program, *arguments = shlex.split(command, comments=True)
    program = program.removeprefix(".venv/bin/")
    if program == "omnishelf":
        _verb_must_know(arguments)
    elif program == "make":
        _run(["make", "--dry-run", *READY, *arguments], ROOT)
    elif program == "curl":
        curl(arguments, "http://localhost")
    elif program in {"python", "python3.11"} and arguments[:1] == ["-m"]:
        if importlib.util.find_spec(arguments[1]) is None:
            raise WrongCommandError(command)
    elif program not in {".", "cd", "git"} and not (BIN / program).exists():
        raise WrongCommandError(command)


@dataclass(frozen=True, slots=True)
class Place:
    """A folder to run commands in, and the address where its service answers."""

    folder: Path
    url: str

    def run(self, command: str) -> str:
        """What the command prints. Raises WrongCommandError where it does not exist or does not succeed."""
        must_exist(command)
        program, *arguments = shlex.split(command, comments=True)
        if program == "curl":
            return _send(curl(arguments, self.url))
        if program == "make":
            arguments = [*READY, *arguments]
        return _run([program, *arguments], self.folder)


def curl(arguments: list[str], url: str) -> httpx.Request:
    """The request that curl would send. Raises WrongCommandError for an option that is not read here."""
    parser = argparse.ArgumentParser(prog="curl", exit_on_error=False)
    parser.add_argument("-s", "--silent", action="store_true")
    parser.add_argument("-X", "--request")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("-d", "--data")
    parser.add_argument("url")
    try:
        given, unknown = parser.parse_known_args(arguments)
    except argparse.ArgumentError as error:
        raise WrongCommandError(str(error)) from error
    if unknown or not given.url.startswith(DOCUMENTED_ADDRESS):
        message = f"curl: {unknown or given.url}"
        raise WrongCommandError(message)
    headers = dict(line.split(": ", 1) for line in given.header)
    method = given.request or ("GET" if given.data is None else "POST")
    return httpx.Request(method, given.url.replace(DOCUMENTED_ADDRESS, url), headers=headers, content=given.data)


def _send(request: httpx.Request) -> str:
    with httpx.Client(trust_env=False, timeout=30) as client:
        answer = client.send(request)
    if answer.is_error:
        message = f"{request.method} {request.url}: {answer.status_code} {answer.text}"
        raise WrongCommandError(message)
    return answer.text


def _verb_must_know(arguments: list[str]) -> None:
    """Whether `omnishelf` has the verb and the verb has the options, without running it."""
    from training.cli.main import app

    group = typer.main.get_command(app)
    verbs = getattr(group, "commands", {})
    verb, *rest = arguments or ["--help"]
    if verb.startswith("-"):
        known, verb = group, "omnishelf"
    elif verb in verbs:
        known = verbs[verb]
    else:
        message = f"omnishelf has no verb {verb}; it has {', '.join(sorted(verbs))}"
        raise WrongCommandError(message)
    options = {name for parameter in known.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    missing = [word for word in rest if word.startswith("-") and word.partition("=")[0] not in options]
    if missing:
        message = f"{verb} has no option {', '.join(missing)}; it has {', '.join(sorted(options))}"
        raise WrongCommandError(message)


def _run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment = {name: value for name, value in environment.items() if not name.startswith(("OMNISHELF_", "MAKE"))}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{shlex.join(command)} left with {done.returncode}:\n{done.stdout}{done.stderr}"
        raise WrongCommandError(message)
    return done.stdout
