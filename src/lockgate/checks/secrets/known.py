"""Which secrets are known in a scan: what a baseline lists is counted and not reported."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from lockgate.checks import base
from lockgate.checks.secrets.baseline import Baseline, Entry, Secret, Verdict, parse, strongest
from lockgate.config.settings import MEBIBYTE
from lockgate.inputs import files
from lockgate.inputs.committed import CommittedTree
from lockgate.inputs.staged import StagedTree
from lockgate.inputs.tree import Tree
from lockgate.model.errors import LockgateError, UsageError, counted
from lockgate.model.record import Coverage, Skip

NAMES = (".lockgate-baseline", ".secrets.baseline")
LIMIT = 16 * MEBIBYTE
PATHS_TOLD = 3


def path_of(tree: Tree, setting: str | None) -> str:
    """Where the baseline is: what is set, or the first of NAMES that is there; empty where there is none or shall be none.

    It is relative to the root of the tree where it lies below it, else absolute.
    """
    if setting is None:
        return next((name for name in NAMES if tree.has(name)), "")
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
    if isinstance(tree, CommittedTree):
        return tree.read(path)
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
        except LockgateError as error:
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
