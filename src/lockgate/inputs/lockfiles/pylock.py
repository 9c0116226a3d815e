"""pylock.toml and pylock.NAME.toml (PEP 751), validated by `packaging.pylock`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from lockgate.inputs import toml_positions
from lockgate.inputs.lockfiles.base import Manifest, read_toml
from lockgate.inputs.lockfiles.graph import MOST_FORKS, traced_from_tops
from lockgate.inputs.tree import Tree
from lockgate.model.errors import shortened
from lockgate.model.finding import Location
from lockgate.model.package import Origin, Package, normalised
from lockgate.model.record import Skip

if TYPE_CHECKING:
    from packaging.pylock import Package as Locked
    from packaging.pylock import Pylock, PylockValidationError

PATTERNS: tuple[str, ...] = ("pylock.toml", "pylock.*.toml")

_TERM = r"""["'][\w.-]+["'] in (?:dependency_groups|extras)"""
_TERMS = re.compile(rf"{_TERM}(?: or {_TERM})*|\({_TERM}(?: or {_TERM})*\)")
_LABEL = re.compile(r"""["']([\w.-]+)["'] in""")
_IN_PARENTHESES = re.compile(r"\([^()]*+\)")
_IN_PACKAGE = re.compile(r"packages\[(\d+)\]")


def read(tree: Tree, paths: Sequence[str]) -> Iterable[Manifest]:
    """The packages of each file. One that is not valid is a gap as a whole, because nothing in it is certain."""
    for path in paths:
        manifest = read_toml(tree, path, _entries)
        yield replace(manifest, settles=(manifest.path.rpartition("/")[0],) if manifest.packages else ())


def _entries(data: dict[str, Any], text: str, shown: str) -> Iterator[Package | Skip]:
    found = data.get("packages")
    places = toml_positions.array_of_tables(text, shown, "packages", len(found) if isinstance(found, list) else 0)
    lock = _validated(data, shown, places)
    if isinstance(lock, Skip):
        yield lock
        return
    packages = [
        _package(locked, at, lock.default_groups or ()) for locked, at in zip(lock.packages, places, strict=True)
    ]
    yield from _traced(lock, packages, shown)


def _traced(lock: Pylock, packages: list[Package], shown: str) -> Iterator[Package | Skip]:
    """The packages with the ways to them, where the file tells `dependencies`, and a gap where one of these is not there."""
    places: dict[str, list[int]] = {}
    for number, package in enumerate(packages):
        places.setdefault(package.name, []).append(number)
    needs: list[list[int]] = []
    for package, locked in zip(packages, lock.packages, strict=True):
        meant = {str(wanted.get("name")): list(_meant(lock, wanted, places)) for wanted in locked.dependencies or ()}
        needs.append(list(dict.fromkeys(position for positions in meant.values() for position in positions)))
        missing = [name for name, positions in meant.items() if not positions]
        if missing:
            reason = f"needs {shortened(missing[0])}, which the file does not lock; is it cut off?"
            yield Skip(f"{shown}:{package.at.line}", reason, gap=True)
    yield from traced_from_tops(packages, needs, shown.rpartition("/")[2])


def _meant(lock: Pylock, wanted: Mapping[str, Any], places: dict[str, list[int]]) -> Iterator[int]:
    """The packages that an entry of `dependencies` means: those that have what it names, at most MOST_FORKS."""
    version = str(wanted.get("version", ""))
    for number in places.get(normalised(str(wanted.get("name"))), ())[:MOST_FORKS]:
        if version in ("", str(lock.packages[number].version)):
            yield number


def _groups(marker: str, default: Sequence[str]) -> tuple[str, ...]:
    """The extras and groups without which a marker is false; none where one of them is installed by default."""
    if " or " in _IN_PARENTHESES.sub("", marker) and not _TERMS.fullmatch(marker):
        return ()
    parts = [marker] if _TERMS.fullmatch(marker) else marker.split(" and ")
    for part in parts:
        if _TERMS.fullmatch(part):
            labels = _LABEL.findall(part)
            return () if set(labels) & set(default) else tuple(dict.fromkeys(labels))
    return ()


def _validated(data: dict[str, Any], shown: str, places: list[dict[str, Location]]) -> Pylock | Skip:
    from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError

    try:
        return Pylock.from_dict(data)
    except PylockUnsupportedVersionError:
        return Skip(shown, "its lock-version is not known; update lockgate", gap=True)
    except PylockValidationError as error:
        return _invalid(error, shown, places)
    except (ValueError, TypeError, RecursionError) as error:
        return Skip(shown, f"not a valid pylock file ({type(error).__name__})", gap=True)


def _invalid(error: PylockValidationError, shown: str, places: list[dict[str, Location]]) -> Skip:
    """The place and field that are wrong. What is wrong there quotes the file, so it is told where it names a type only."""
    inside = _IN_PACKAGE.match(error.context or "")
    line = f":{places[int(inside[1])][''].line}" if inside and int(inside[1]) < len(places) else ""
    field = f" in {shortened(error.context)}" if error.context else ""
    what = error.message if error.message.startswith(("Unexpected type", "Missing required")) else "a wrong value"
    return Skip(f"{shown}{line}", f"not a valid pylock file: {what}{field}", gap=True)


def _package(locked: Locked, at: dict[str, Location], default: Sequence[str]) -> Package:
    artifacts = [artifact for artifact in (locked.sdist, locked.archive, *(locked.wheels or ())) if artifact]
    version = str(locked.version) if locked.version else ""
    marker = str(locked.marker) if locked.marker else ""
    return Package(
        name=locked.name,
        version=version,
        at=at.get("version") or at.get("name") or at[""],
        specifier=f"=={version}" if version else "",
        origin=_origin(locked),
        marker=marker,
        groups=_groups(marker, default),
        hashes=tuple(f"{name}:{digest}" for artifact in artifacts for name, digest in artifact.hashes.items()),
        index=locked.index or "",
    )


def _origin(locked: Locked) -> Origin:
    if locked.vcs:
        return Origin.VCS
    if locked.directory:
        return Origin.LOCAL
    if locked.archive:
        return Origin.URL if locked.archive.url else Origin.FILE
    return Origin.INDEX
