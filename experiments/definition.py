"""Definitions: what an experiment asks, which study answers it and with which parameters, as data.

A definition is a file of `experiments/definitions`, and its name is that of the experiment:

    question = "Does pooling help?"
    study = "pooling"          # experiments/studies/pooling.py
    [params]
    windows = 2

Every parameter stands there with its default; a run may replace it.
"""

import importlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from features.errors import UserError

if TYPE_CHECKING:
    from experiments.findings import Study

FOLDER = Path(__file__).parent / "definitions"
KEYS = {"question", "study", "params"}


@dataclass(frozen=True, slots=True)
class Definition:
    """A question and how it is answered."""

    name: str
    question: str
    study: str
    params: Mapping[str, object]

    @classmethod
    def load(cls, name: str, folder: Path = FOLDER) -> "Definition":
        """Read `<folder>/<name>.toml`. Raises UserError where it is missing, or is not a definition."""
        path = folder / f"{name}.toml"
        if name not in names(folder):
            have = ", ".join(names(folder)) or "none"
            raise UserError(f"There is no experiment {name!r} (there are: {have}). Next: make {path}.")
        try:
            told = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UserError(f"{path} is not TOML: {error}.") from error
        if wrong := _wrong(told):
            raise UserError(f"{path}: {wrong}. It needs `question`, `study` and the table [params].")
        return cls(name, told["question"], told["study"], told.get("params", {}))

    def with_params(self, given: Iterable[str]) -> "Definition":
        """The definition with parameters of `key=value` replaced; values are TOML, what is none is text.

        Raises UserError for a parameter that the definition does not have, and for a value of another kind.
        """
        params = dict(self.params)
        for text in given:
            key, is_given, value = text.partition("=")
            if not is_given or key not in params:
                have = ", ".join(params) or "none"
                raise UserError(f"--set {text}: {self.name} has no such parameter (it has: {have}). Write key=value.")
            params[key] = _of_kind(f"--set {text}", _value(value), params[key])
        return replace(self, params=params)

    def find(self) -> "Study":
        """The study's function. Raises UserError where its file does not exist or has none."""
        module = f"experiments.studies.{self.study}"
        try:
            found: Study = importlib.import_module(module).study
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            raise UserError(f"{self.name}: there is no study {self.study!r} in experiments/studies.") from error
        except AttributeError as error:
            raise UserError(f"{self.name}: experiments/studies/{self.study}.py has no function `study`.") from error
        return found


def names(folder: Path = FOLDER) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.toml"))


def _wrong(told: dict[str, object]) -> str:
    if unknown := told.keys() - KEYS:
        return f"{', '.join(sorted(unknown))} is not known"
    if missing := [name for name in ("question", "study") if not isinstance(told.get(name), str)]:
        return f"{missing[0]} is missing or no text"
    return "" if isinstance(told.get("params", {}), dict) else "params is no table"


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _of_kind(where: str, value: object, default: object) -> object:
    """The value, a whole number as a float where the default is one."""
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        raise UserError(f"{where}: {value!r} is not of the same kind as {default!r}, which it replaces.")
    return value
