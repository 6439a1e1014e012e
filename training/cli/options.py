"""Options that several verbs of the command line share."""

from pathlib import Path
from typing import Annotated

import typer

Work = Annotated[
    Path | None, typer.Option("--work", help="Folder of data, models and tracking.", envvar="OMNISHELF_WORK")
]
