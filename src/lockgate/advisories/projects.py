"""What a package index says of a project, as far as it matters here.

Format: https://packaging.python.org/en/latest/specifications/simple-repository-api/ (PEP 691, 700, 792), in JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from lockgate.advisories.versions import key
from lockgate.model.errors import shortened
from lockgate.model.package import normalised

ACTIVE = "active"
# The worst first: what the project is where several indexes have it.
_STATUSES = ("quarantined", "archived", "deprecated", ACTIVE)
_SOURCE_ARCHIVE = re.compile(r"\.(?:tar\.(?:gz|bz2|xz|Z)|tgz|zip)$")
_BUILT = re.compile(r"[^-]+-([^-]+)-[^/]+\.(?:whl|egg)$")
_FIRST_NUMBER = re.compile(r"[0-9]+")
MAJOR = "1"  # of the API
LONGEST_REASON = 300  # characters


class Release(Struct, frozen=True, array_like=True):
    """One version that an index has.

    `yanked` is the reason, fit for a message, which may be empty, and None where it is not yanked; `uploaded` is when its first file was, in
    UNIX time, None where that is not told. `hashes` are those of its files, as `algorithm:hex`; `doubtful` are those of them whose
    files tell no version, and may be of another one.
    """

    yanked: str | None = None
    uploaded: float | None = None
    hashes: frozenset[str] = frozenset()
    files: int = 0
    doubtful: frozenset[str] = frozenset()


class Project(Struct, frozen=True, array_like=True):
    """One project.

    `known` tells whether the index has it, `status` is its marker (PEP 792) with the `reason`. `releases` are the versions
    that were asked for, None for one that the index does not have.
    """

    known: bool = False
    status: str = ACTIVE
    reason: str = ""
    releases: dict[str, Release | None] = {}


class _Meta(Struct, rename="kebab"):
    api_version: str


class _Status(Struct):
    status: str = ACTIVE
    reason: str | None = None


class _File(Struct, rename="kebab"):
    filename: str
    hashes: dict[str, str] = {}
    yanked: bool | str = False
    upload_time: str | None = None


class _Answer(Struct, rename="kebab"):
    meta: _Meta
    files: list[_File]
    versions: list[str] | None = None
    project_status: _Status | None = None


_decoder = msgspec.json.Decoder(_Answer)


def project_of(data: bytes, name: str, versions: Iterable[str]) -> Project:
    """What an answer says of a project (name by PEP 503) and of some of its versions.

    Raises ValueError, saying why, for one that is none.
    """
    try:
        answer = _decoder.decode(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if answer.meta.api_version.partition(".")[0] != MAJOR:
        raise ValueError("of another version of the simple API")
    status = answer.project_status or _Status()
    files = _by_version(answer.files, name)
    listed = [*files, *(answer.versions or ())]
    return Project(
        known=True,
        status=status.status if status.status in _STATUSES else ACTIVE,
        reason=_told(status.reason or ""),
        releases={version: _release(version, listed, files) for version in versions},
    )


def merged(projects: Iterable[Project]) -> Project:
    """The project as several indexes have it together: an installer may take it from any."""
    known = [project for project in projects if project.known]
    if len(known) <= 1:
        return known[0] if known else Project()
    worst = min(known, key=lambda project: _STATUSES.index(project.status))
    versions = {version for project in known for version in project.releases}
    of_versions = {version: [project.releases.get(version) for project in known] for version in sorted(versions)}
    return Project(True, worst.status, worst.reason, {name: _together(each) for name, each in of_versions.items()})


def _together(releases: Iterable[Release | None]) -> Release | None:
    there = [release for release in releases if release]
    if not there:
        return None
    reasons = [release.yanked for release in there]
    return Release(
        yanked=None if None in reasons else reasons[0],
        uploaded=min((release.uploaded for release in there if release.uploaded), default=None),
        hashes=frozenset().union(*(release.hashes for release in there)),
        files=sum(release.files for release in there),
        doubtful=frozenset().union(*(release.doubtful for release in there)),
    )


def _by_version(files: Iterable[_File], name: str) -> dict[str, list[_File]]:
    """The files by the version that their names tell; under nothing those that tell none."""
    found: dict[str, list[_File]] = {}
    for file in files:
        version = _version_in(file.filename, name)
        found.setdefault(version if version[:1].isdigit() else "", []).append(file)
    return found


def _version_in(filename: str, name: str) -> str:
    """The version in the name of a file; that of an old source archive may have dashes, as its project may."""
    built = _BUILT.match(filename)
    archive = None if built else _SOURCE_ARCHIVE.search(filename)
    if not archive:
        return built[1] if built else ""
    stem = filename[: archive.start()]
    before, rest = stem[: len(name)], stem[len(name) :]
    return rest[1:] if rest[:1] == "-" and normalised(before) == name else stem.rpartition("-")[2]


def _release(version: str, listed: Iterable[str], files: dict[str, list[_File]]) -> Release | None:
    """The release of that version, by PEP 440. Files that tell no version may be its own: only their hashes are taken."""
    wanted, first = key(version), _first_number(version)
    same = {each for each in listed if each and _first_number(each) == first and key(each) == wanted}
    if not same:
        return None
    own = [file for each in same for file in files.get(each, ())]
    times = [time for time in (_time(file.upload_time) for file in own) if time is not None]
    yanked = [file.yanked for file in own]
    reasons = [reason for reason in yanked if isinstance(reason, str)]
    # PEP 592 yanks files: a release of which one is left can still be installed.
    all_yanked = bool(own) and all(isinstance(each, str) or each for each in yanked)
    return Release(
        yanked=_told(reasons[0] if reasons else "") if all_yanked else None,
        uploaded=min(times, default=None),
        hashes=_hashes([*own, *files.get("", ())]),
        files=len(own),
        doubtful=_hashes(files.get("", ())) - _hashes(own),
    )


def _hashes(files: Iterable[_File]) -> frozenset[str]:
    return frozenset(
        f"{algorithm.lower()}:{digest.lower()}" for file in files for algorithm, digest in file.hashes.items()
    )


def _told(reason: str) -> str:
    """A reason that an index gives, for a message: one printable line, or how long it is instead of it."""
    return shortened(" ".join(reason.split()).rstrip("."), LONGEST_REASON)


def _first_number(version: str) -> int:
    """Cheap to compare, and the same wherever versions are."""
    found = _FIRST_NUMBER.search(version)
    return int(found[0][:18]) if found else -1


def _time(text: str | None) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None
