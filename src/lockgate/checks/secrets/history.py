"""Secrets in what was committed: every content that a path ever had is scanned once, the oldest first.

A secret is told once for each path, at the oldest commit that holds it, and once more where a later content of the path says
more of it: a random string may become a password.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from msgspec.structs import replace

from lockgate.checks import base, secrets
from lockgate.checks.secrets import merge
from lockgate.checks.secrets.cache import FileResult
from lockgate.checks.secrets.describe import finding_of
from lockgate.checks.secrets.examined import examine, result_of
from lockgate.checks.secrets.known import Known
from lockgate.checks.secrets.origin import with_commit
from lockgate.engines.secrets.base import Sighting
from lockgate.engines.secrets.scanners import Scanners, scanners
from lockgate.inputs import user_cache
from lockgate.inputs.files import Start, display, start_of
from lockgate.inputs.history import (
    Change,
    Commit,
    added_lines,
    bucket,
    changes,
    described,
    listed,
    missing,
    shallow_end,
    tagged,
)
from lockgate.inputs.objects import read_ahead
from lockgate.inputs.revisions import Commits
from lockgate.inputs.tree import excluder
from lockgate.model.errors import UnavailableError, counted
from lockgate.model.finding import Finding, Location
from lockgate.model.record import EXCLUDED, Coverage, Skip
from lockgate.model.rule import Rule
from lockgate.model.secret import SecretValue

_KIND = "history"
_HASH_SIZE = 16  # bytes
_LACKS = "not every content that it had is in this clone, which is partial or damaged"
MOST_KEPT = 1_000_000
MOST_SHARES = 4


def run(target: base.Target, commits: Commits) -> base.Result:
    """Scan what the commits brought. Raises UnavailableError where no engine can run here, or Git can't list them."""
    scan = _Scan(target, commits)
    names = listed(target.tree.root, *commits.revisions)
    gaps = scan.of_commits(names)
    coverage = Coverage(
        examined=len(names),
        unit="commits",
        skipped=tuple(scan.skipped.values()),
        allowed=len(scan.allowed - scan.known.keys()),
        notes=(*scan.engines.notes, *secrets.asked_for(target.options)),
    )
    return base.Result(
        coverage=scan.baseline.told(coverage, whole=False),
        findings=tuple(scan.findings()),
        engines=tuple(scan.engines.engines),
        rules=tuple(scan.rules.values()),
        gaps=(*gaps, *scan.baseline.gaps),
    )


class _Scan:
    """One pass over changes, and what came of it."""

    def __init__(self, target: base.Target, commits: Commits) -> None:
        self.engines: Scanners = scanners(target.options)
        self._target = target
        self._root = target.tree.root
        self._commits = commits
        self._buckets = frozenset(commits.buckets)
        self._excluded = excluder(target.settings.exclude)
        self.baseline = Known.of(target)
        self._accounted: set[tuple[str, tuple[int, ...]]] = set()
        self._clean = _Clean(target, commits, self.engines.key)
        self.known: dict[tuple[str, SecretValue], tuple[int, int]] = {}
        self._found: list[tuple[str, Finding]] = []
        self.skipped: dict[str, Skip] = {}
        self.allowed: set[tuple[str, SecretValue]] = set()
        self.rules: dict[str, Rule] = {}

    def of_commits(self, names: list[str]) -> list[str]:
        """Scan what these commits brought, and tell why that is not all."""
        limit = self._target.settings.max_file_size
        done = 0
        try:
            for change, blob in read_ahead(self._root, self._wanted(names), limit):
                while done < len(names) and names[done] != change.commit:
                    done += 1
                self._target.progress(done, len(names))
                shown = display(change.path)
                if blob is None:
                    self._skip(Skip(shown, _LACKS, gap=True))
                else:
                    self._of_file(change, start_of(shown, blob.data, blob.size, limit))
            ends = shallow_end(self._root, names)
        except UnavailableError as error:
            return [str(error)]
        self._clean.close()
        told = f"the clone is shallow: of its history there are {counted(len(names), 'commit')}; run: git fetch --unshallow"
        return [told] if ends and not self._commits.share else []

    def findings(self) -> Iterator[Finding]:
        """What was found, with the commits that brought it. Findings whose masked lines are alike are numbered in order."""
        try:
            people = described(self._root, {commit for commit, _ in self._found if not commit.startswith("refs/")})
        except UnavailableError:
            people = {}
        seen: Counter[str] = Counter()
        for commit, finding in self._found:
            name = finding.fingerprint.partition(":")[0]
            seen[name] += 1
            numbered = replace(finding, fingerprint=f"{name}:{seen[name]}")
            if commit.startswith("refs/"):
                message = f"{finding.message} It is in {commit}, which no commit holds."
                yield replace(numbered, message=message, properties={**finding.properties, "ref": commit})
            else:
                yield with_commit(numbered, people.get(commit, Commit(commit)))

    def _wanted(self, names: list[str]) -> Iterator[tuple[str, Change]]:
        """The changes to look at; each path and content once, and each way in which added lines came to be."""
        lacks = missing(self._root, *self._commits.revisions)
        found = changes(self._root, names)
        for change in self._fresh(found if self._commits.added else chain(found, tagged(self._root))):
            if change.blob in lacks:
                self._skip(Skip(display(change.path), _LACKS, gap=True))
            else:
                yield change.blob, change

    def _fresh(self, found: Iterable[Change]) -> Iterator[Change]:
        for change in found:
            if self._buckets and bucket(change.path) not in self._buckets:
                continue
            shown = display(change.path)
            if self._excluded(shown):
                self._skip(Skip(shown, EXCLUDED))
            elif self._clean.is_new(change):
                yield change

    def _of_file(self, change: Change, start: Start) -> None:
        path = display(change.path)
        groups: list[list[Sighting]] = []
        any_seen = False

        def fresh(sightings: list[Sighting]) -> list[Sighting]:
            nonlocal any_seen
            any_seen = bool(sightings)
            lines = start.data.decode("utf-8", "replace").split("\n") if sightings else []
            wanted = (group for group in merge.groups(sightings) if not self._is_told(path, group, lines))
            groups.extend(self._added(wanted, change, start.data) if self._commits.added else wanted)
            return [seen for group in groups for seen in group]

        result = result_of(examine(path, start, self.engines, self.baseline, fresh), self.baseline)
        if not any_seen and replace(result, left_out=()) == FileResult():
            self._clean.keep(change)
        for skip in result.skipped:
            self._skip(skip)
        self.rules.update({rule.id: rule for rule in result.rules})
        accounted = dict.fromkeys(places for places in result.known if (path, places) not in self._accounted)
        self._accounted.update((path, places) for places in accounted)
        self.baseline.account(path, list(accounted), whole=False)
        self._found += ((change.commit, finding) for finding in result.findings)
        places = {_place(finding): _weight(finding) for finding in result.findings}
        for group in groups:
            if _place(group[0].at) in places:
                self._take(path, group, places[_place(group[0].at)])
        if result.allowed:
            self.allowed.update((path, group[0].value) for group in groups if _place(group[0].at) not in places)

    def _is_told(self, path: str, group: list[Sighting], lines: list[str]) -> bool:
        """Whether a secret was told of a path already, as no less than what it is here."""
        told = self.known.get((path, group[0].value))
        if told is None:
            return False
        return all(was <= now for was, now in zip(told, _weight(finding_of(group, lines)), strict=True))

    def _take(self, path: str, group: list[Sighting], here: tuple[int, int]) -> None:
        told = self.known.get((path, group[0].value), here)
        self.known[path, group[0].value] = (min(told[0], here[0]), min(told[1], here[1]))

    def _added(self, groups: Iterable[list[Sighting]], change: Change, data: bytes) -> list[list[Sighting]]:
        """The groups of sightings that are on added lines, as far as Git and the engines number lines alike."""
        groups = list(groups)
        if not groups or b"\0" in data or b"\r" in data.replace(b"\r\n", b""):
            return groups
        try:
            lines = added_lines(self._root, change)
        except UnavailableError:  # without the old content every line is new to this clone
            return groups
        return groups if lines is None else [group for group in groups if any(_is_on(seen, lines) for seen in group)]

    def _skip(self, skip: Skip) -> None:
        """Tell of a path once, and rather of a gap."""
        known = self.skipped.get(skip.subject)
        if known is None or (skip.gap and not known.gap):
            self.skipped[skip.subject] = skip


def _is_on(seen: Sighting, lines: Collection[int]) -> bool:
    """Whether a sighting is on one of the lines; one in what an engine rewrote may have come from any."""
    return not seen.exact or any(line in lines for line in range(seen.at.line, seen.at.end_line + 1))


def _place(at: Location) -> tuple[int, int, int, int]:
    return at.line, at.column, at.end_line, at.end_column


def _weight(finding: Finding) -> tuple[int, int]:
    """How much a finding counts: the smaller the more."""
    return finding.severity.rank, finding.confidence.rank


class _Clean:
    """Which changes were looked at in this run, and in which contents and paths nothing was seen, also in earlier runs.

    These are kept in the user's cache directory, as hashes with a key, which tell nothing of contents. Each share of a
    history has a file there, and reads those of all.
    """

    def __init__(self, target: base.Target, commits: Commits, engines: str) -> None:
        about = (os.fspath(target.tree.root), target.settings.max_file_size, engines, user_cache.own_code())
        self._name = hashlib.sha256(repr(about).encode()).hexdigest()
        self._added = commits.added
        self._share = commits.share
        self._kept = [] if commits.added else [self._load(share) for share in range(MOST_SHARES)]
        self._key = self._kept[self._share][0] if self._kept else os.urandom(_HASH_SIZE)
        self._seen: set[bytes] = set()
        self._new: list[bytes] = []
        self._changed = False

    def is_new(self, change: Change) -> bool:
        """Whether a change is to be looked at: whether no other one that is like it was."""
        name = self._hash(self._key, change)
        if name in self._seen:
            return False
        self._seen.add(name)
        if any(kept and self._hash(key, change) in kept for key, kept in self._kept):
            self._new.append(name)
            return False
        return True

    def keep(self, change: Change) -> None:
        """Keep that nothing is in a content under its path."""
        self._new.append(self._hash(self._key, change))
        self._changed = True

    def close(self) -> None:
        """Write what is to be kept."""
        if self._changed and not self._added and len(self._new) <= MOST_KEPT:
            user_cache.store(_KIND, f"{self._name}-{self._share}", b"".join([self._key, *self._new]))

    def _load(self, share: int) -> tuple[bytes, set[bytes]]:
        """The key of a share, a new one where nothing is kept, and its hashes."""
        data = bytes(user_cache.load(_KIND, f"{self._name}-{share}") or os.urandom(_HASH_SIZE))
        key, *hashes = (data[at : at + _HASH_SIZE] for at in range(0, len(data), _HASH_SIZE))
        return key, set(hashes)

    def _hash(self, key: bytes, change: Change) -> bytes:
        blobs = (change.blob, *change.before) if self._added else (change.blob,)
        data = os.fsencode(change.path) + b"\0" + " ".join(blobs).encode("ascii")
        return hashlib.blake2b(data, key=key, digest_size=_HASH_SIZE).digest()
