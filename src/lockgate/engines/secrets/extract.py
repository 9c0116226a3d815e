"""What is inside of files that hold others: archives, databases, compiled modules and notebooks.

kingfisher opens them, all but the notebooks. Nothing of them is run, and no member is written where its name says.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from lockgate.inputs.files import is_binary

MOST_BYTES = 128 * 2**20  # of all that is inside of one file, on each way to it
MOST_MEMBERS = 10_000
DEPTH = 8
SECONDS = 60.0
LIMITS = f"archives within archives to a depth of {DEPTH}, {MOST_MEMBERS:,} members and {MOST_BYTES // 2**20} MiB of each file"
_COMPRESSED = (b"PK\x03\x04", b"\x1f\x8b\x08", *(b"BZh%d1AY&SY" % level for level in range(1, 10)), b"\xfd7zXZ\0")
# Zstandard, LZMA, LZ4, 7-Zip, RAR, compress: known, and not opened.
_UNKNOWN = (b"\x28\xb5\x2f\xfd", b"]\0\0", b"\x04\x22\x4d\x18", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x9d")
_ZIP_END = b"PK\x05\x06"
_ZIP_END_SIZE = 22  # bytes, before its comment
_PIECE = 2**20  # bytes
_NOTEBOOK = ".ipynb"
_EXTENSION = re.compile(r"\.\w{1,10}")
NEAR = 4_096  # bytes
MOST_MISSES = 100  # each takes a look at the whole file


class Part(Struct, frozen=True):
    """Something inside of a file.

    `name` tells what it is and, for the engines, of which type. `lines` are, for each of its lines, the line of the file in
    which that stands; there are none where the file has no lines.
    """

    name: str
    data: bytes
    lines: tuple[int, ...] = ()


class NotOpenedError(Exception):
    """The file could not be looked into. The text says why, and holds nothing of what is in it."""


def may_open(path: str, data: bytes) -> bool:
    """Whether something may be inside of a file."""
    return path.endswith(_NOTEBOOK) or data.startswith((*_COMPRESSED, *_UNKNOWN)) or is_binary(data) or _is_zip(data)


def parts(path: str, data: bytes) -> Iterator[Part]:
    """All that is inside of a file; nothing for one that holds no other. Raises NotOpenedError."""
    if path.endswith(_NOTEBOOK):
        yield from _cells(data)
    elif may_open(path, data):
        for part in _inside(path, data, _Left()):
            if part.name != path:
                yield Part(part.name.removeprefix(f"{path}!"), part.data)


class _Left:
    """How much more may come out of a file."""

    def __init__(self) -> None:
        self.bytes, self.members = MOST_BYTES, MOST_MEMBERS

    def take(self, data: bytes) -> None:
        """Raise NotOpenedError where that is more than may come."""
        self.bytes -= len(data)
        self.members -= 1
        if self.bytes <= 0 or self.members <= 0:
            raise NotOpenedError(f"it holds more than {LIMITS}")


def _inside(path: str, data: bytes, left: _Left, depth: int = 0) -> Iterator[Part]:
    """What is inside of something, layer by layer, or itself where nothing is."""
    is_archive = data.startswith((*_COMPRESSED, *_UNKNOWN)) or _is_zip(data)
    if is_archive and depth == DEPTH:
        raise NotOpenedError(f"it holds more than {LIMITS}")
    if path.endswith(_NOTEBOOK):
        yield from (Part(f"{path}!{cell.name}", cell.data) for cell in _cells(data))
    # Of a ZIP file with a program before it, as Python's own are, kingfisher wants the name.
    named = f"{path}.zip" if _is_zip(data) and not data.startswith(_COMPRESSED) else path
    for member in _expanded(named, data, left):
        if member.path != named:
            left.take(member.data)
            yield from _inside(f"{path}{member.path.removeprefix(named)}", member.data, left, depth + 1)
        elif is_archive:
            raise NotOpenedError(f"an archive in it can't be opened; lockgate opens {LIMITS}")
        else:
            yield Part(path, data)
    if _goes_on(data):
        raise NotOpenedError("it is several compressed files in one, and only the first can be opened")
    if _has_twins(data):
        raise NotOpenedError("members of it have the same name, and only one of them can be opened")


def _expanded(path: str, data: bytes, left: _Left) -> list[Any]:
    """One layer. Raises NotOpenedError."""
    import kingfisher_sdk as sdk

    source = sdk.ScanInput(path=path, data=data)
    try:
        members = sdk.expand_archives(
            [source], depth=1, max_bytes=left.bytes, max_entries=left.members, timeout=SECONDS
        )
        return list(sdk.expand_content(members, max_bytes=left.bytes, timeout=SECONDS))
    except (RuntimeError, TimeoutError, ValueError) as error:
        over = isinstance(error, TimeoutError) or "budget" in str(error)
        raise NotOpenedError(f"it holds more than {LIMITS}" if over else "it is damaged or encrypted") from None


def _is_zip(data: bytes) -> bool:
    """Whether there is a ZIP file at the end, whatever stands before it: the last of its records says how long it is."""
    at = data.rfind(_ZIP_END, -(2**16) - _ZIP_END_SIZE)
    if at < 0 or len(data) < at + _ZIP_END_SIZE:
        return False
    entries, size, offset, comment = struct.unpack_from("<HIIH", data, at + 10)
    return bool(entries) and size + offset <= at and at + _ZIP_END_SIZE + comment == len(data)


def _has_twins(data: bytes) -> bool:
    """Whether several members of a ZIP file have one name: kingfisher keeps the last of them."""
    if not _is_zip(data):
        return False
    import zipfile

    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False  # kingfisher could open it all the same
    return len(set(names)) < len(names)


def _goes_on(data: bytes) -> bool:
    """Whether something stands behind the first compressed file: kingfisher reads no further, though `gzip` and `bzip2` do."""
    import bz2
    import zlib

    if data.startswith(b"\x1f\x8b\x08"):
        reader, rest = zlib.decompressobj(wbits=31), data
        try:
            while rest and not reader.eof:
                reader.decompress(rest, _PIECE)
                rest = reader.unconsumed_tail
        except zlib.error:
            return True
        return bool(reader.unused_data.strip(b"\0"))
    if data.startswith(b"BZh"):
        unpacker = bz2.BZ2Decompressor()
        unpacker.decompress(data, _PIECE)
        while not (unpacker.eof or unpacker.needs_input):
            unpacker.decompress(b"", _PIECE)
        return bool(unpacker.unused_data)
    return False


def _cells(data: bytes) -> Iterator[Part]:
    """The cells of a notebook (nbformat 3 and 4) and their outputs."""
    try:
        notebook = msgspec.json.decode(data)
        language = str(notebook.get("metadata", {}).get("language_info", {}).get("file_extension", ""))
        sheets = [notebook, *notebook.get("worksheets", [])]
        cells = [cell for sheet in sheets for cell in sheet.get("cells", [])]
        texts = [
            (name, text)
            for number, cell in enumerate(cells, 1)
            for name, text in _texts(number, cell, language if _EXTENSION.fullmatch(language) else ".py")
        ]
    except (msgspec.DecodeError, RecursionError, AttributeError, TypeError):
        raise NotOpenedError("it is no notebook that can be read") from None
    lines = _Lines(data)
    for name, text in texts:
        yield Part(name, text.encode("utf-8", "replace"), tuple(map(lines.find, text.split("\n"))))


def _texts(number: int, cell: dict[str, Any], language: str) -> Iterator[tuple[str, str]]:
    """The source and the outputs of a cell in the order in which they are written: in most notebooks the outputs come first."""
    extension = language if cell.get("cell_type") == "code" else ".md"
    for key, value in cell.items():
        if key in {"source", "input"}:
            yield f"cell {number}{extension}", _joined(value)
        elif key == "outputs":
            for place, text in enumerate(map(_shown, value), 1):
                if text:
                    yield f"cell {number}, output {place}.txt", text


def _shown(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    shown = [output.get("text", ""), *data.values(), output.get("evalue", ""), output.get("traceback", "")]
    return "\n".join(map(_joined, shown)).strip("\n")


def _joined(text: object) -> str:
    """A text of a notebook, which may be given by its lines; whatever else is there as JSON."""
    if isinstance(text, str):
        return text
    if isinstance(text, list) and all(isinstance(line, str) for line in text):
        return "".join(text) if any(line.endswith("\n") for line in text) else "\n".join(text)
    return msgspec.json.encode(text).decode()


class _Lines:
    """Finds the lines of texts in the JSON that holds them, in their order."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at, self._line = 0, 1
        self._misses = 0

    def find(self, text: str) -> int:
        """The line, from 1, in which a text stands, behind the one that was found last; that one's where it is not found."""
        if text.strip() and self._misses < MOST_MISSES:
            found = _first(self._data, _forms(text), self._at)
            if found < 0:
                self._misses += 1
            else:
                self._line += self._data.count(b"\n", self._at, found)
                self._at = found + 1
        return self._line


def _first(data: bytes, forms: set[bytes], start: int) -> int:
    """Where the first of the forms stands, -1 for none. What is near is found near: no form is looked for in all of the data."""
    reach = NEAR
    while start < len(data):
        places = [data.find(form, start, start + reach + len(form) - 1) for form in forms]
        found = min((place for place in places if place >= 0), default=-1)
        if found >= 0:
            return found
        start, reach = start + reach, 4 * reach
    return -1


def _forms(text: str) -> set[bytes]:
    """How a line can begin in JSON: behind a quotation mark, or behind the line break before it."""
    import json

    written = (json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
    return {before + form.encode("utf-8", "replace") for form in written for before in (b'"', b"\\n")}
