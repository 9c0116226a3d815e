"""Baselines: lists of the secrets that are known, in the formats of the package `baselines`."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cache, cached_property
from typing import ClassVar

from msgspec import Struct

from lockgate.engines.secrets.base import Sighting
from lockgate.model.errors import UsageError
from lockgate.model.finding import Finding
from lockgate.model.modules import loaded

Secret = tuple[Finding, list[Sighting]]
"""A finding, and what the engines saw of it: the longest first."""


# Of scrypt: 4 MiB and some 10 ms. They are never taken from a file, which may be a hostile one.
_COST = {"n": 2**12, "r": 8, "p": 1, "maxmem": 2**23}


def slow_hash(data: bytes, salt: bytes) -> bytes:
    """A hash of 32 bytes that is dear to make, so that it takes long to try out what was hashed."""
    return hashlib.scrypt(data, salt=salt, dklen=32, **_COST)


class Verdict(StrEnum):
    """What somebody said of a known secret; of two that were merged the stronger holds, which is the later one here."""

    UNREVIEWED = "unreviewed"
    FALSE = "false"
    REAL = "real"

    @property
    def strength(self) -> int:
        """Sort key: the weakest first."""
        return list(Verdict).index(self)


class Entry(Struct, frozen=True, kw_only=True):
    """One known secret. `identity` is what the format knows it by, `line` (from 1) is 0 where the format has none."""

    path: str
    identity: str
    rule: str
    verdict: Verdict = Verdict.UNREVIEWED
    line: int = 0


class Baseline(ABC):
    """A baseline of one format, named `name` in messages. Raises UsageError for `data` that can't be read.

    `MATCHES` tells whether an entry tells a secret from another one on its line: a format that only knows lines can be
    imported and no more, and has neither `stamp` nor what comes after it.
    """

    MATCHES: ClassVar[bool] = False

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data
        self.entries = tuple(self._parsed())

    @classmethod
    @abstractmethod
    def reads(cls, name: str, data: bytes) -> bool:
        """Whether a file of that name that holds `data` is meant to be of this format."""

    @abstractmethod
    def _parsed(self) -> Iterable[Entry]:
        """The entries of `self.data`."""

    @abstractmethod
    def matching(self, path: str, secrets: Sequence[Secret]) -> list[list[int]]:
        """For each secret of a file the places of its entries in `of(path)`."""

    def stamp(self, path: str) -> str:
        """What is another one whenever `matching` gives something else for the same secrets of a path."""
        raise NotImplementedError

    def blanked(self) -> bytes:
        """The file without the identities in it, which may look like secrets; every byte keeps its place."""
        raise NotImplementedError

    def made_of(self, path: str, secrets: Sequence[Secret]) -> list[Entry]:
        """New entries for secrets of a file, by which they are known from now on."""
        raise NotImplementedError

    def rendered(self, entries: Iterable[Entry]) -> bytes:
        """The file with these entries and no others."""
        raise NotImplementedError

    def of(self, path: str) -> Sequence[Entry]:
        """The entries of a path."""
        return self._by_path.get(path, ())

    def on_lines_of(self, finding: Finding) -> list[int]:
        """The places in `of(path)` of the entries that stand on the lines of a finding."""
        lines = self._by_line(finding.path)
        return [place for line in range(finding.line, finding.end_line + 1) for place in lines.get(line, ())]

    @property
    def paths(self) -> Iterable[str]:
        """The paths that have entries."""
        return self._by_path

    @cached_property
    def _by_path(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            found[entry.path].append(entry)
        return dict(found)

    @cache  # noqa: B019 - it lives as long as the run
    def _by_line(self, path: str) -> dict[int, list[int]]:
        lines: dict[int, list[int]] = defaultdict(list)
        for place, entry in enumerate(self.of(path)):
            lines[entry.line].append(place)
        return lines


def strongest(entries: Iterable[Entry]) -> Verdict:
    """The verdict that holds for a secret with these entries."""
    return max((entry.verdict for entry in entries), key=lambda verdict: verdict.strength)


def formats() -> dict[str, type[Baseline]]:
    """The formats of baselines, by name."""
    return {module.FORMAT: module.BASELINE for module in loaded("lockgate.checks.secrets.baselines")}


def parse(name: str, data: bytes) -> Baseline:
    """A baseline of whatever format. Raises UsageError, which names file and line, for what is none."""
    if not data:
        raise UsageError(f"{name}:1: the file is empty, and no baseline; delete it, then run lockgate baseline create")
    for kind in formats().values():
        if kind.reads(name, data):
            return kind(name, data)
    raise UsageError(f"{name}:1: not a baseline of a format that is known ({', '.join(formats())})")
