"""The order of versions, and which of them a range holds.

Order: PEP 440; what is no PEP 440 version sorts below all that are, as setuptools sorted such legacy versions.
Ranges: https://ossf.github.io/osv-schema/#affectedranges-field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct
from packaging.version import Version

Key = tuple[Any, ...]

BELOW_ALL: Key = (-1,)
_PART = re.compile(r"([0-9]+|[a-z]+|\.|-)")
_SPELLINGS = {"pre": "c", "preview": "c", "-": "final-", "rc": "c", "dev": "@"}
_DIGITS = 18


class Range(Struct, frozen=True, array_like=True):
    """One ECOSYSTEM range: its events as (kind, version) in the order of their versions, and its limits."""

    events: tuple[tuple[str, str], ...]
    limits: tuple[str, ...] = ()

    @classmethod
    def of(cls, events: Iterable[dict[str, str]]) -> Range:
        """The range of a record. Events of equal versions stay in the order in which the record has them."""
        pairs = [(kind, version) for event in events for kind, version in event.items()]
        kept = [pair for pair in pairs if pair[0] in ("introduced", "fixed", "last_affected")]
        return cls(
            tuple(sorted(kept, key=lambda pair: bound(*pair))),
            tuple(version for kind, version in pairs if kind == "limit" and version != "*"),
        )

    def holds(self, version: Key) -> bool:
        """Whether the version of that key is affected."""
        if self.limits and not any(version < key(limit) for limit in self.limits):
            return False
        affected = False
        for kind, at in self.events:
            place = bound(kind, at)
            if kind == "introduced":
                affected = affected or version >= place
            elif version > place or (kind == "fixed" and version == place):
                affected = False
        return affected

    def fixes(self) -> list[str]:
        """The versions that end an affected stretch."""
        return [version for kind, version in self.events if kind == "fixed"]


def bound(kind: str, version: str) -> Key:
    """The key of an event's version; `introduced: 0` is below everything."""
    return BELOW_ALL if kind == "introduced" and version == "0" else key(version)


@lru_cache(maxsize=2**17)
def key(version: str) -> Key:
    """What versions are sorted by."""
    try:
        return (1, Version(version))
    except ValueError:
        return (0, _legacy(version.lower()))


def spellings(version: str) -> list[str]:
    """The version, and the public version that it was built from where it is a local one."""
    public = version.partition("+")[0]
    return [version] if public == version else [version, public]


def ordered(versions: Iterable[str]) -> list[str]:
    """The versions, lowest first, each once."""
    return sorted(dict.fromkeys(versions), key=key)


def any_holds(ranges: Sequence[Range], version: Key) -> bool:
    """Whether one of the ranges holds the version of that key."""
    return any(candidate.holds(version) for candidate in ranges)


def _legacy(version: str) -> tuple[str, ...]:
    """Numbers sort by value and above words; pre-releases sort below and post-releases above the bare version."""
    parts: list[str] = []
    for found in _PART.split(version):
        part = _SPELLINGS.get(found, found)
        if part in ("", "."):
            continue
        if part[0] in "0123456789":
            parts.append(part.zfill(_DIGITS))
            continue
        if part < "final":
            while parts and parts[-1] == "*final-":
                parts.pop()
        while parts and not parts[-1].strip("0"):
            parts.pop()
        parts.append(f"*{part}")
    return (*parts, "*final")
