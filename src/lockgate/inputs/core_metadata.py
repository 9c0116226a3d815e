"""METADATA and PKG-INFO: https://packaging.python.org/en/latest/specifications/core-metadata/."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from lockgate.model.finding import Location
from lockgate.model.package import normalised

LARGEST = 2**20  # bytes: what is read of a file; the long description comes last

_NAME = re.compile(r"(?=.{1,200}$)[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9.!+_-]{1,100}")
_NEED = re.compile(r"\s*+([A-Za-z0-9][\w.-]*+)\s*+(?:\[([^\]]*+)\])?+")
_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']*+)["']|["']([^"']*+)["']\s*==\s*extra\b""")


class Need(Struct, frozen=True):
    """A `Requires-Dist`: the text, the name, the extras that it asks for, and those of which alone it is a part."""

    text: str
    name: str
    asks: tuple[str, ...]
    of: tuple[str, ...]


class Metadata(Struct, frozen=True):
    """What a distribution says of itself; `at` is the place of its version."""

    name: str
    version: str
    at: Location
    needs: tuple[Need, ...]


def parse(data: bytes, path: str) -> Metadata:
    """The metadata in the file `path`, of whose content `data` is the beginning.

    Raises ValueError, which quotes nothing of it, where it does not say once what it is.
    """
    found: dict[str, list[tuple[str, int, str]]] = {"name": [], "version": [], "requires-dist": []}
    for key, value, number, line in _headers(data.decode("utf-8", "replace")):
        if key in found:
            found[key].append((value, number, line))
    if len(found["name"]) != 1 or len(found["version"]) != 1:
        raise ValueError("its metadata does not tell one name and version")
    ((name, _, _),) = found["name"]
    ((version, number, line),) = found["version"]
    if not _NAME.fullmatch(name) or not _VERSION.fullmatch(version):
        raise ValueError("its metadata has a wrong name or version")
    needs = tuple(need for value, _, _ in found["requires-dist"] if (need := _need(value)))
    return Metadata(normalised(name), version, Location.of_line(path, number, line), needs)


def _headers(text: str) -> Iterator[tuple[str, str, int, str]]:
    """Each header before the body: the name in lower case, the first line of its value, and the line where it stands."""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if not line:
            return
        key, colon, value = line.partition(":")
        if colon and not line[0].isspace():
            yield key.strip().lower(), value.strip(), number, line


def _need(value: str) -> Need | None:
    head = _NEED.match(value)
    if not head:
        return None
    asks = tuple(normalised(extra.strip()) for extra in (head[2] or "").split(",") if extra.strip())
    marker = value.rpartition(";")[2] if ";" in value else ""
    return Need(
        value, normalised(head[1]), asks, tuple(normalised(one or other) for one, other in _EXTRA.findall(marker))
    )
