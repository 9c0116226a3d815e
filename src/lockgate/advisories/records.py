"""Where OSV records come from: a zip file or a directory. Nothing is unpacked to disk."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn

from lockgate.model.errors import UnavailableError

MEBIBYTE = 2**20
LARGEST_RECORD = 16 * MEBIBYTE
LARGEST_SOURCE = 4096 * MEBIBYTE
MOST_RECORDS = 1_000_000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others may claim gigabytes of memory


def records(source: Path, shown: str) -> Iterator[tuple[str, bytes]]:
    """The name and content of every `.json` file in a zip file or directory; `shown` is its name in messages.

    A name is only ever told, never opened. Raises UnavailableError where the source is missing, broken or unboundedly
    large.
    """
    found = files(source, shown)
    with _told(shown):
        if found != [source]:
            yield from _counted(_in_directory(found, shown), shown)
            return
        with source.open("rb") as file:
            yield from in_zip(file, shown)


def in_zip(file: BinaryIO, shown: str) -> Iterator[tuple[str, bytes]]:
    """The same of an open zip file."""
    yield from _counted(_members(file, shown), shown)


def _counted(found: Iterable[tuple[str, bytes]], shown: str) -> Iterator[tuple[str, bytes]]:
    total = 0
    for number, (name, data) in enumerate(found):
        total += len(data)
        if number >= MOST_RECORDS or total > LARGEST_SOURCE:
            raise UnavailableError(f"{shown} is too large: over {MOST_RECORDS:,} records or {LARGEST_SOURCE:,} bytes")
        yield name, data


def files(source: Path, shown: str) -> list[Path]:
    """The `.json` files of a directory, sorted; a source that is none is its own only file.

    Raises UnavailableError for whatever can't be listed, because fewer advisories would pass for all of them.
    """
    with _told(shown):
        if not stat.S_ISDIR(mode := source.stat().st_mode):
            if not stat.S_ISREG(mode):
                raise UnavailableError(f"{shown} is neither a regular file nor a directory")
            return [source]
        found: list[Path] = []
        for folder, folders, names in os.walk(source, onerror=_refuse):
            here = Path(folder)
            linked = [name for name in folders if (here / name).is_symlink()]
            if linked:
                raise UnavailableError(f"{shown}: {here / linked[0]} is a link to a directory, which is not followed")
            found += (here / name for name in names if name.endswith(".json"))
        return sorted(found)


def _refuse(error: OSError) -> NoReturn:
    raise error


@contextmanager
def _told(shown: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise UnavailableError(
            f"{shown}: no such file or directory; give an OSV zip or a directory of records"
        ) from None
    except OSError as error:
        where = f" ({error.filename})" if error.filename and str(error.filename) != shown else ""
        raise UnavailableError(f"{shown} can't be read{where}: {error.strerror or error}") from None


def _in_directory(found: list[Path], shown: str) -> Iterator[tuple[str, bytes]]:
    for path in found:
        if not path.is_file():
            raise UnavailableError(f"{shown}: {path} is no regular file")
        with path.open("rb") as file:
            yield printable(path.name), _bounded(file.read(LARGEST_RECORD + 1), path.name, shown)


def _members(file: BinaryIO, shown: str) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if member.filename.endswith(".json"):
                    yield printable(member.filename), _member(archive, member, shown)
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, RuntimeError) as error:
        raise UnavailableError(f"{shown} is not a whole zip file ({error}); fetch it again") from None


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str) -> bytes:
    if member.compress_type not in _METHODS:
        raise zipfile.BadZipFile("packed by an unusual method")
    with archive.open(member) as file:
        return _bounded(file.read(LARGEST_RECORD + 1), member.filename, shown)


def _bounded(data: bytes, name: str, shown: str) -> bytes:
    if len(data) > LARGEST_RECORD:
        raise UnavailableError(f"{shown} is refused: its record {printable(name)} is over {LARGEST_RECORD:,} bytes")
    return data


def printable(name: str) -> str:
    """A name from outside, fit for one line of a message."""
    return "".join(letter if letter.isprintable() else "?" for letter in name[:100])
