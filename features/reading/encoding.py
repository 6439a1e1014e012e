"""Text files in UTF-8, whatever encoding they came in."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from features.errors import DataError

_CHUNK = 1 << 22
_COMMON = ("utf-8", "latin-1", "cp1252", "utf-16", "gb18030")
_BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def as_utf8(path: Path, encoding: str, copy: Path) -> Path:
    """Where the text of a file lies in UTF-8: the file itself where it is and is not packed, else `copy`.

    Raises DataError for an encoding that there is not, at the first byte that does not fit it, and for a
    `.gz` that ends too early.
    """
    pieces = _decoded(path, encoding)
    if _codec(path, encoding) == "utf-8" and path.suffix != ".gz":
        for _ in pieces:  # only to find bytes that do not fit
            pass
        return path
    with copy.open("wb") as out:
        out.writelines(text.encode() for text in pieces)
    return copy


def _codec(path: Path, encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError as error:
        message = f"{path}: there is no encoding {encoding!r}. Next: write one such as {', '.join(_COMMON)}."
        raise DataError(message) from error


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with _opened(path) as file:
        for chunk in _chunks(path, file):
            held = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:
                at = done - held + (error.start if isinstance(error, UnicodeDecodeError) else 0)
                raise DataError(_misfit(path, encoding, at)) from error
            if "\0" in text:  # UTF-16 that was taken for something else
                raise DataError(_misfit(path, encoding, done + chunk.index(0)))
            done += len(chunk)
            yield text


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _chunks(path: Path, file: IO[bytes]) -> Iterator[bytes]:
    """Pieces of a file; the last one is empty, so that a decoder learns of the end."""
    try:
        while chunk := file.read(_CHUNK):
            yield chunk
        yield b""
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        message = f"{path} is truncated or not gzip: {error}. Next: copy or export it again."
        raise DataError(message) from error


def _misfit(path: Path, encoding: str, at: int) -> str:
    with _opened(path) as file:
        start = file.read(4)
    likely = "utf-16" if start[:2] in _BYTE_ORDER_MARKS else "utf-16-le" if b"\0" in start else "latin-1"
    others = ", ".join(one for one in _COMMON if one not in {encoding, likely})
    return (
        f"{path} is not {encoding}: byte {at} does not fit. Next: write csv = {{ encoding = {likely!r} }} under its "
        f"table in the mapping file, or the encoding that it was exported in ({others})."
    )
