"""Which secrets are known: a baseline lists them, and a finding that it lists is counted and not reported."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from lockgate.checks import base
from lockgate.config.settings import MEBIBYTE
from lockgate.engines.secrets.base import Sighting
from lockgate.inputs import files
from lockgate.inputs.staged import StagedTree
from lockgate.inputs.tree import Tree
from lockgate.model.errors import UsageError, counted
from lockgate.model.finding import Finding
from lockgate.model.record import Coverage, Skip

NAMES = (".lockgate-baseline", ".secrets.baseline")
LIMIT = 16 * MEBIBYTE
PATHS_TOLD = 3

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

    `WRITES` and `MATCHES` tell whether entries can be written, and whether they tell a secret from another one on its line:
    a format that only knows lines can be imported and no more.
    """

    WRITES: ClassVar[bool] = False
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
    return {module.FORMAT: module.BASELINE for module in base.modules("lockgate.checks.secrets.baselines")}


def parse(name: str, data: bytes) -> Baseline:
    """A baseline of whatever format. Raises UsageError, which names file and line, for what is none."""
    if not data:
        raise UsageError(f"{name}:1: the file is empty, and no baseline; delete it, then run lockgate baseline create")
    for kind in formats().values():
        if kind.reads(name, data):
            return kind(name, data)
    raise UsageError(f"{name}:1: not a baseline of a format that is known ({', '.join(formats())})")


def path_of(tree: Tree, setting: str | None) -> str:
    """Where the baseline is: what is set, or the first of NAMES that is there; empty where there is none or shall be none.

    It is relative to the root of the tree where it lies below it, else absolute.
    """
    if setting is None:
        return next((name for name in NAMES if os.path.lexists(tree.root / name)), "")
    top = f"{os.path.normpath(tree.root.absolute())}{os.sep}"
    return os.path.normpath(setting).removeprefix(top) if setting else ""


def load(tree: Tree, path: str) -> Baseline:
    """The baseline at `path` as `path_of` gives it, as it is staged where that is what is scanned.

    Raises UsageError, which names file and line, where it can't be read or can only be imported.
    """
    name, data = files.display(path), _read(tree, path)
    if isinstance(data, Skip):
        reason = "it is not there; lockgate baseline create makes one" if data.reason == files.ABSENT else data.reason
        raise UsageError(f"{name}: the baseline can't be read: {reason}")
    baseline = parse(name, data)
    if not baseline.MATCHES:
        raise UsageError(f"{name}: it knows lines and no secrets; import it: lockgate baseline create --from {name}")
    return baseline


def _read(tree: Tree, path: str) -> bytes | Skip:
    if Path(path).is_absolute():
        return files.read(Path(path).parent, Path(path).name, LIMIT)
    if isinstance(tree, StagedTree):
        return StagedTree(tree.root, [path], limit=LIMIT).read(path)
    return files.read(tree.root, path, LIMIT)


class Known:
    """Tells what is known in one scan, and keeps account of it. Where the baseline can't be read nothing is known.

    `seen` are, for each file that was examined as a whole, the places of the entries that match something in it.
    """

    def __init__(self, tree: Tree, baseline: Baseline | None, gaps: tuple[str, ...] = ()) -> None:
        self.seen: dict[str, set[int]] = {}
        self.gaps = gaps
        self._tree = tree
        self._baseline = baseline
        self._verdicts: list[Verdict] = []

    @classmethod
    def of(cls, target: base.Target) -> Known:
        """What is known in a scan of the target; `gaps` tell why nothing is, where the baseline can't be read."""
        try:
            path = path_of(target.tree, target.settings.baseline)
            return cls(target.tree, load(target.tree, path) if path else None)
        except UsageError as error:
            return cls(target.tree, None, (str(error),))

    def stamp(self, path: str) -> str:
        """What is another one whenever what is known of a path is; empty where nothing is."""
        if self._baseline is None:
            return ""
        own = "itself" if path == self._baseline.name else ""
        return own + (self._baseline.stamp(path) if self._baseline.of(path) else "")

    def searched(self, path: str, data: bytes) -> bytes:
        """What is to be searched of a file: all of it, but the identities in a baseline."""
        if path not in NAMES and not (self._baseline and path == self._baseline.name):
            return data
        try:
            baseline = parse(path, data)
        except UsageError:
            return data
        return baseline.blanked() if baseline.MATCHES else data

    def matching(self, path: str, secrets: Sequence[Secret]) -> list[list[int]]:
        """For each secret of a file the places of its entries; none for what is new."""
        if self._baseline is None or not self._baseline.of(path):
            return [[] for _ in secrets]
        return self._baseline.matching(path, secrets)

    def account(self, path: str, matched: Sequence[Sequence[int]], *, whole: bool) -> None:
        """Take down, for each secret in a file, the places of its entries; `whole` where all of it was examined."""
        if self._baseline is None:
            return
        of = self._baseline.of(path)
        self._verdicts += [strongest(of[place] for place in places) for places in matched if places]
        if whole:
            self.seen[path] = {place for places in matched for place in places}

    def told(self, coverage: Coverage, *, whole: bool) -> Coverage:
        """The coverage with what is known. `whole`: all was searched for, so that what matches nothing is gone."""
        if self._baseline is None:
            return coverage
        stale = list(stale_entries(self._baseline, self._tree, self.seen)) if whole else []
        return replace(
            coverage,
            baseline=self._baseline.name,
            known=len(self._verdicts),
            known_real=self._verdicts.count(Verdict.REAL),
            notes=(*coverage.notes, *_notes(self._baseline.name, stale)),
        )


def stale_entries(baseline: Baseline, tree: Tree, seen: dict[str, set[int]]) -> Iterator[Entry]:
    """The entries that match nothing any more: of files that were examined or are gone. `seen`: what matched, by path."""
    if type(tree) is not Tree:
        return  # it has only a part of the files, or of what is in them
    there = {files.display(path) for path in tree.files}
    passed_over = tuple(skip.subject for skip in tree.skipped)
    for path in baseline.paths:
        if path in seen:
            yield from (entry for place, entry in enumerate(baseline.of(path)) if place not in seen[path])
        elif path not in there and not any(_covers(subject, path) for subject in passed_over):
            yield from baseline.of(path)


def _covers(skipped: str, path: str) -> bool:
    return skipped in (path, "./") or (skipped.endswith("/") and path.startswith(skipped))


def _notes(name: str, stale: list[Entry]) -> Iterator[str]:
    if stale:
        paths = list(dict.fromkeys(entry.path for entry in stale))
        told = ", ".join([*paths[:PATHS_TOLD], *(["…"] if len(paths) > PATHS_TOLD else [])])
        match = "matches" if len(stale) == 1 else "match"
        yield (
            f"{counted(len(stale), 'entry', 'entries')} of {name} {match} nothing any more ({told}); "
            "lockgate baseline update --prune removes what is stale"
        )
