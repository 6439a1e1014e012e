"""What the page of a run shows, in words and numbers that MLflow accepts; nothing here needs MLflow.

Whatever is tracked (a training, a plan, a study) makes a `Page`; `training.tracking.mlflow_runs` logs it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

LONGEST_NAME = 250
LONGEST_PARAMETER = 6000
"""Limits of MLflow's tables."""


class Point(NamedTuple):
    """One value of a metric; `step` counts trees in a learning curve and is 0 elsewhere."""

    name: str
    value: float
    step: int = 0


def clean(name: object) -> str:
    """The name in characters that MLflow takes for a metric or parameter; `@`, for one, it refuses."""
    return re.sub(r"[^\w\-. :]+", "_", str(name).replace("@", "_at_")).strip(". ")[:LONGEST_NAME] or "none"


def in_section(section: str, *parts: object) -> str:
    """`section/part.part`: MLflow draws one block of charts for all metrics of a section."""
    return f"{section}/{'.'.join(clean(part) for part in parts)}"[:LONGEST_NAME]


@dataclass(frozen=True, slots=True)
class Experiment:
    """A kind of runs that stand together in MLflow, and what their page says of itself."""

    name: str
    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class Input:
    """A data set that went into a run: what it was used for, and its entries as MLflow stores them."""

    context: str
    entries: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Model:
    """A model that a run logs and registers as a new version.

    registered_as  the name in the registry, and `about`, what is said of all its versions
    folder         what its loader reads; `code` are the packages that it needs, `requirements` the libraries
    columns        texts that a request has: name -> whether it is required
    options        what a request may say besides, with defaults
    note           Markdown on this version; `tags` and `version_tags` are those of the model and of the version
    """

    name: str
    registered_as: str
    about: str
    folder: Path
    loader: str
    code: Sequence[Path]
    requirements: Sequence[str]
    columns: Mapping[str, bool]
    options: Mapping[str, int | bool]
    example: pd.DataFrame
    note: str
    tags: Mapping[str, str]
    version_tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """What the page of a run shows.

    headline  numbers that belong to the model and the first input, where there are such
    points    all other numbers
    files     a folder of pictures and tables for people, and of records for programs
    tables    those of its JSON files, by stem, that MLflow shows as tables
    """

    name: str | None
    experiment: Experiment
    params: Mapping[str, str]
    tags: Mapping[str, str]
    files: Path
    tables: Sequence[str]
    points: Sequence[Point] = ()
    headline: Sequence[Point] = ()
    inputs: Sequence[Input] = ()
    model: Model | None = None


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write rows in the form that MLflow shows as a table."""
    table.to_json(path, orient="split", index=False, date_format="iso")
