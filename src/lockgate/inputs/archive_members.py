"""One file out of a wheel or source archive of unknown hands, in bounded time and memory. Nothing is written to disk."""

from __future__ import annotations

import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from lockgate.inputs.core_metadata import LARGEST

UNPACKED = 256 * 2**20  # bytes of a tar archive
DIRECTORY = 4 * 2**20  # bytes of the list of files of a zip archive
_BLOCK = 512
_RECORD = re.compile(rb"\d+ ([^=\n]{1,100})=([^\n]*+)\n")
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x07"


def in_zip(data: bytes, name: str) -> list[bytes]:
    """The beginning of each file of a zip archive that stands in a folder at its top and is there called `name`.

    `name` is the end of the path: "/PKG-INFO" is that of any folder. Raises ValueError, which says why it can't be read.
    """
    _check_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            wanted = [entry for entry in archive.infolist() if _is(entry.filename, name)]
            return [archive.open(entry).read(LARGEST) for entry in wanted[:2]]
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, struct.error) as error:
        raise ValueError(f"it is no whole zip archive ({type(error).__name__})") from None


def in_tar(data: bytes, name: str) -> list[bytes]:
    """The same of a tar archive that is packed with gzip."""
    found = []
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as unpacked:
            for path, size in _entries(unpacked):
                content = _read(unpacked, size, keep=_is(path, name))
                if _is(path, name):
                    found.append(content)
    except (zlib.error, OSError, EOFError) as error:
        raise ValueError(f"it is no whole tar.gz archive ({type(error).__name__})") from None
    return found


def _is(path: str, name: str) -> bool:
    return path.endswith(name) and path.count("/") == 1


def _check_directory(data: bytes) -> None:
    """Raise ValueError where the list of files is longer than is read: zipfile holds all of it as objects."""
    start = data.rfind(_END, max(0, len(data) - 2**16 - 22))
    if start < 0 or start + 22 > len(data):
        raise ValueError("it is no whole zip archive")
    (size,) = struct.unpack_from("<L", data, start + 12)
    if size > DIRECTORY or data[max(0, start - 20) : start].startswith(_END_64):
        raise ValueError("it holds more files than are read")


def _entries(unpacked: io.BufferedIOBase) -> Iterator[tuple[str, int]]:
    """Path and size of each file. Whoever takes one reads its content; a header that is no file's is passed over."""
    total = 0
    extended: dict[bytes, bytes] = {}  # what the header before says of the next file
    while header := unpacked.read(_BLOCK):
        if header == bytes(_BLOCK):
            return
        if len(header) < _BLOCK:
            raise EOFError
        size = _number(header[124:136])
        total += _BLOCK + size
        if total > UNPACKED:
            raise ValueError(f"it holds more than {UNPACKED // 2**20} MiB")
        kind = header[156:157]
        if kind in b"xL":
            extended |= _extended(_read(unpacked, size, keep=True))
        elif kind in b"gK":
            _read(unpacked, size, keep=False)
        elif kind in b"123456":  # links, folders and devices have no content, whatever size they tell
            extended = {}
        else:
            if extended.get(b"size", b"%d" % size) != b"%d" % size:
                raise ValueError("it tells two sizes of one file")
            yield _decoded(extended.get(b"path", b"")) or _path(header), size
            extended = {}
    raise EOFError


def _path(header: bytes) -> str:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return _decoded(b"/".join(part for part in (prefix, name) if part))


def _extended(data: bytes) -> dict[bytes, bytes]:
    """The records of a POSIX header; that of GNU is a path."""
    return dict(_RECORD.findall(data)) if _RECORD.match(data) else {b"path": data.partition(b"\0")[0]}


def _decoded(path: bytes) -> str:
    return path.decode("utf-8", "replace").removeprefix("./")


def _number(field: bytes) -> int:
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big")
    text = field.partition(b"\0")[0].strip()
    if not all(digit in b"01234567" for digit in text):
        raise ValueError("it is no tar archive")
    return int(text or b"0", 8)


def _read(unpacked: io.BufferedIOBase, size: int, *, keep: bool) -> bytes:
    """The beginning of the next `size` bytes; the stream stands behind them and what fills their last block."""
    kept = unpacked.read(min(size, LARGEST)) if keep else b""
    rest = -(-size // _BLOCK) * _BLOCK - len(kept)
    while rest > 0:
        piece = unpacked.read(min(rest, 2**16))
        if not piece:
            raise EOFError
        rest -= len(piece)
    return kept
