"""Hashes of requirements: as pip-compile writes them, behind each entry with an exact version.

pip takes hashes for all that it installs or for nothing (https://pip.pypa.io/en/stable/topics/secure-installs/#hash-checking-mode), so
the files that one installation reads get them together or not at all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from lockgate.fixes.base import Left
from lockgate.fixes.edits import HASHES, ONLINE, Edit, Job, Proposal
from lockgate.fixes.hash_sources import HashSources
from lockgate.inputs.files import display
from lockgate.inputs.indexes import Kind
from lockgate.inputs.lockfiles import requirements
from lockgate.inputs.lockfiles.base import Manifest, read_manifests
from lockgate.model.errors import counted
from lockgate.model.finding import Finding, Location
from lockgate.model.package import Origin, Package
from lockgate.model.record import Skip

RULES = ("pins/unhashed-requirement",)
MOST_TOLD = 10  # of the entries because of which files get no hashes

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
_INDEXES = (Kind.INDEX, Kind.EXTRA)
_ALL = "so no hashes are written: pip wants them for all or none"


class _Unit(Struct, frozen=True):
    """Files that are installed together: their entries, what of them is not understood, the indexes that they name."""

    paths: frozenset[str]
    packages: tuple[Package, ...]
    skipped: tuple[Skip, ...]
    indexes: tuple[str, ...]


def propose(job: Job) -> Proposal:
    """The hashes of all files of each release, for the files of which some entries have hashes, or for all of them."""
    found = {(each.path, each.line, each.column): each for each in job.findings}
    sources = HashSources(job.tree, job.settings)
    made = [_of_unit(job, unit, found, sources) for unit in _units(job)] if found else []
    return Proposal(
        tuple(edit for each in made for edit in each.edits),
        tuple(left for each in made for left in each.left),
        sum((Counter(each.waiting) for each in made), Counter()),
    )


def _of_unit(job: Job, unit: _Unit, found: dict[tuple[str, int, int], Finding], sources: HashSources) -> Proposal:
    places = {(each.at.path, each.at.line, each.at.column): each for each in unit.packages}
    wanted = [(finding, places[place]) for place, finding in found.items() if place in places]
    blocked = [*_blocked(unit), *_unwritable(job, wanted)] if wanted else []
    if not (job.hashes or any(package.hashes for package in unit.packages)):
        return Proposal(waiting={HASHES: 0 if blocked else len(wanted)})
    if blocked:
        return Proposal(left=tuple(blocked[:MOST_TOLD]))
    hashes = sources.of([package for _, package in wanted], unit.indexes)
    edits: list[Edit] = []
    left: list[Left] = []
    for finding, package in wanted:
        known = hashes[package.name, package.version]
        made = known if isinstance(known, str) else _edit(job.files.lines(finding.path), finding, package, known)
        if isinstance(made, str):
            left.append(Left(finding, _told(package), f"{made}, {_ALL}"))
        else:
            edits.append(made)
    if left and not job.settings.online:
        return Proposal(waiting={ONLINE: len(wanted)})
    return Proposal(left=tuple(left)) if left else Proposal(tuple(edits))


def _units(job: Job) -> Iterator[_Unit]:
    """The requirements files, those together of which one includes another."""
    manifests = read_manifests(job.tree, [requirements])
    groups: list[set[str]] = []
    for manifest in manifests:
        group = {manifest.path, *manifest.included}
        joined = [each for each in groups if each & group]
        groups = [each for each in groups if each not in joined]
        groups.append(group.union(*joined))
    for group in groups:
        yield _unit(job, group, [each for each in manifests if each.path in group])


def _unit(job: Job, paths: set[str], manifests: Sequence[Manifest]) -> _Unit:
    settings = [each for each in job.files.index_settings if each.at.path in paths and each.kind in _INDEXES]
    return _Unit(
        frozenset(paths),
        tuple(dict.fromkeys(package for manifest in manifests for package in manifest.packages)),
        tuple(skip for manifest in manifests for skip in manifest.skipped if skip.gap),
        tuple(dict.fromkeys(each.value for each in settings)),
    )


def _blocked(unit: _Unit) -> Iterator[Left]:
    """What can have no hash, or may be something that has none."""
    for package in unit.packages:
        if package.hashes:
            continue
        if package.origin is not Origin.INDEX:
            yield Left(package.at, _told(package), f"it is of no index, {_ALL}", "install it in another step")
        elif not package.version:
            yield Left(package.at, _told(package), f"it names no exact version, {_ALL}", "pin it")
        elif package.at.path not in unit.paths:
            yield Left(
                package.at, _told(package), f"only a constraints file pins it, {_ALL}", "pin it where it is required"
            )
    for skip in unit.skipped:
        path, _, line = skip.subject.rpartition(":")
        at = Location.of_line(path, int(line), "") if line.isdecimal() else Location.of_line(skip.subject, 1, "")
        yield Left(at, "an entry", f"{skip.reason}, {_ALL}")


def _unwritable(job: Job, wanted: Iterable[tuple[Finding, Package]]) -> Iterator[Left]:
    """The entries in files that can't be written: Git ignores them, or they are not UTF-8."""
    paths = {display(path): path for path in job.tree.files}
    for finding, package in wanted:
        path = paths.get(finding.path)
        text = Skip(finding.path, "its file is not of the project") if path is None else job.tree.text(path)
        if isinstance(text, Skip):
            yield Left(finding, _told(package), f"{text.reason}, {_ALL}")


def _told(package: Package) -> str:
    return f"{package.name} {package.version or package.specifier}".strip() or "an entry"


def _edit(lines: Sequence[str], finding: Finding, package: Package, hashes: Sequence[str]) -> Edit | str:
    """The edit that puts hashes at the end of an entry, before a comment; or why there is none."""
    number = finding.end_line
    while number < len(lines) and lines[number - 1].endswith("\\"):
        number += 1
    line = lines[number - 1]
    comment = _COMMENT.search(line)
    code = (line[: comment.start()] if comment else line).rstrip()
    if not code or code.endswith("\\"):
        return "its entry is written in an unusual way"
    new = "".join(f" \\\n    --hash={each}" for each in hashes) + (f"  {comment[0]}" if comment else "")
    told = counted(len(hashes), "hash", "hashes")
    return Edit(finding, number, len(code), len(line), new, f"{package.name} {package.version}", told)
