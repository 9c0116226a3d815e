"""A package that a manifest or lockfile names."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from lockgate.model.finding import Location

MOST_WAYS = 1000


class Origin(StrEnum):
    """Where an installer would take a package from: FILE is a wheel or source archive, LOCAL a directory."""

    INDEX = "index"
    URL = "url"
    VCS = "vcs"
    FILE = "file"
    LOCAL = "local"


class Package(Struct, frozen=True, kw_only=True):
    """One package at one place.

    `name` is normalised (PEP 503), empty where the entry is only a path or URL that tells none; `version` is exact, or
    empty where the entry names none; `specifier` is the version part as written. `at` is the place of the pin. `marker` is
    the environment marker as written, `extras` are those that are asked for; `hashes` are `algorithm:hex`.

    `index` is the address of the package index that a lock names for it, empty where it names none: then it is the tool's own.

    `groups` are the extras and dependency groups through which alone it comes; empty where the project always needs it.
    `direct` tells whether the project itself names it, None where the file does not tell. `via` are the names on the
    shortest way from the project to it, both included; `ways` counts all ways, up to MOST_WAYS. Both are empty where
    nothing tells them.
    """

    name: str
    version: str
    at: Location
    specifier: str = ""
    origin: Origin = Origin.INDEX
    marker: str = ""
    hashes: tuple[str, ...] = ()
    index: str = ""
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    direct: bool | None = None
    via: tuple[str, ...] = ()
    ways: int = 0


@lru_cache(maxsize=2**14)
def normalised(name: str) -> str:
    """A project's name by PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()
