"""What a run is asked for on the command line: as told, or once more with a buyer's overrides."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from features.clock import Cutoff
from features.errors import StateError, UserError
from serving.buyers import runs
from serving.buyers.request import AssortmentRequest
from training.assortments.report import overrides as workbook


def asked(told: Mapping[str, object], rules: Path | None) -> AssortmentRequest:
    """Raises UserError where a part of it will not do."""
    if told["cutoff"] is not None:
        _need_instant(str(told["cutoff"]))
    try:
        return AssortmentRequest.model_validate({**told, "rules": _text(rules)})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UserError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from None


def again(folder: Path, book: Path, rules: Path | None, at: datetime) -> AssortmentRequest:
    """What the workbook's run was asked for, with other rules where given. Raises StateError where it is gone."""
    run_id = workbook.run_of(book)
    found = runs.find(folder, run_id, at)
    if found is None:
        raise StateError(
            f"{book.name} came from run {run_id}, which is not in {folder}. Next: run `omnishelf assort --category …` "
            "again and write into its workbook."
        )
    return found.request.model_copy(update={"rules": _text(rules)}) if rules else found.request


def _need_instant(text: str) -> None:
    try:
        Cutoff.parse(text)
    except ValueError as error:
        raise UserError(f"{text!r} is not an instant; write 2017-12-25 or 2017-12-25T04:00:00 (UTC).") from error


def _text(rules: Path | None) -> str:
    if rules is None:
        return ""
    try:
        return rules.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{rules} cannot be read: {error}. Next: name a file of rules in TOML, UTF-8.") from error
