"""What is installed for an interpreter, by the metadata in its folders. The interpreter is not run.

https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from lockgate.inputs import core_metadata
from lockgate.inputs.core_metadata import Metadata
from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import Manifest
from lockgate.inputs.lockfiles.graph import MOST_FORKS, Root, traced, traced_from_tops
from lockgate.inputs.requirement_lines import is_archive
from lockgate.model.package import Origin, Package
from lockgate.model.record import Skip

MOST = 20_000  # distributions
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_SYSTEM = re.compile(r"^[ \t]*include-system-site-packages[ \t]*=[ \t]*true[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_HOME = re.compile(r"^[ \t]*home[ \t]*=[ \t]*([^\0\r\n]+?)[ \t]*$", re.MULTILINE)
_VERSIONED = re.compile(r"python(3\.\d+t?)(?:\.exe)?")


class _Distribution(Struct, frozen=True):
    metadata: Metadata
    package: Package
    requested: bool


def read(python: str, root: Path) -> Manifest:
    """The distributions that are installed for `python`, an interpreter by path or by name.

    Paths below `root` are relative to it, all others absolute. Without any folder of packages it is a gap.
    """
    found = Path(os.path.abspath(shutil.which(python) or python))  # noqa: PTH100 - no link is followed
    folders = site_packages(found)
    shown = _shown(found, root)
    if not folders:
        return Manifest(path=shown, skipped=(Skip(shown, "no folder of installed packages belongs to it", gap=True),))
    distributions: list[_Distribution] = []
    skipped: list[Skip] = []
    for place in _places(folders, root):
        if len(distributions) >= MOST:
            skipped.append(Skip(shown, f"more than {MOST:,} packages are installed", gap=True))
            break
        each = place if isinstance(place, Skip) else _distribution(place, root)
        if isinstance(each, Skip):
            skipped.append(each)
        else:
            distributions.append(each)
    return Manifest(path=shown, packages=_traced(distributions, _name(found)), skipped=tuple(skipped))


def site_packages(python: Path) -> list[Path]:
    """The folders from which an interpreter imports what is installed, without those that `.pth` files or the user add."""
    top = python.parent.parent
    settings = _start(top / "pyvenv.cfg")
    if settings is None:
        return _folders(python.resolve().parent.parent, python.resolve().name)
    text = settings.decode("utf-8", "replace")
    found = _folders(top, "")
    home = _HOME.search(text)
    if home and _SYSTEM.search(text):
        found += _folders(Path(home[1]).parent, python.resolve().name)
    return found


def _folders(prefix: Path, name: str) -> list[Path]:
    """Those below a prefix, of an interpreter whose file is called `name`; Debian has its own besides."""
    named = _VERSIONED.fullmatch(name)
    version = named[1] if named else "3*"
    patterns = [
        f"lib/python{version}/site-packages",
        f"lib64/python{version}/site-packages",
        "Lib/site-packages",
        f"lib/python{version}/dist-packages",
        "lib/python3/dist-packages",
        f"local/lib/python{version}/dist-packages",
    ]
    found: dict[Path, Path] = {}
    for folder in (folder for pattern in patterns for folder in sorted(prefix.glob(pattern)) if folder.is_dir()):
        found.setdefault(folder.resolve(), folder)  # lib64 is a link to lib
    return list(found.values())


def _places(folders: Iterable[Path], root: Path) -> Iterator[Path | Skip]:
    """The metadata of each distribution. pip leaves behind folders that begin with `~`."""
    for folder in folders:
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            yield Skip(_shown(folder, root), f"can't be read: {error.strerror}", gap=True)
            continue
        for entry in entries:
            if entry.name.startswith("~"):
                continue
            if entry.name.endswith(".dist-info"):
                yield entry / "METADATA"
            elif entry.name.endswith(".egg-info"):
                yield entry / "PKG-INFO" if entry.is_dir() else entry


def _distribution(place: Path, root: Path) -> _Distribution | Skip:
    shown = _shown(place, root)
    data = _start(place)
    if data is None:
        return Skip(shown, "its metadata can't be read", gap=True)
    try:
        metadata = core_metadata.parse(data, shown)
    except ValueError as error:
        return Skip(shown, f"can't be understood: {error}", gap=True)
    origin, hashes = _origin(_start(place.parent / "direct_url.json"))
    package = Package(
        name=metadata.name,
        version=metadata.version,
        at=metadata.at,
        specifier=f"=={metadata.version}",
        origin=origin,
        hashes=hashes,
    )
    return _Distribution(metadata, package, (place.parent / "REQUESTED").exists())


def _origin(data: bytes | None) -> tuple[Origin, tuple[str, ...]]:
    """By https://packaging.python.org/en/latest/specifications/direct-url/; one that can't be read says nothing."""
    try:
        said = msgspec.json.decode(data or b"{}", type=dict[str, Any])
    except msgspec.DecodeError:
        return Origin.INDEX, ()
    url = str(said.get("url", ""))
    if "vcs_info" in said:
        return Origin.VCS, ()
    if "dir_info" in said:
        return Origin.LOCAL, ()
    if "archive_info" not in said:
        return Origin.INDEX, ()
    hashes = said["archive_info"].get("hashes") if isinstance(said["archive_info"], dict) else None
    named = hashes if isinstance(hashes, dict) else {}
    origin = Origin.FILE if url.startswith("file:") and is_archive(url) else Origin.URL
    return origin, tuple(f"{kind}:{digest}" for kind, digest in named.items() if isinstance(digest, str))


def _traced(distributions: Sequence[_Distribution], name: str) -> tuple[Package, ...]:
    """The packages with the ways to them: from what somebody asked for, where the installer noted that.

    What a distribution needs on some platforms only counts as needed, and what it needs for an extra where something
    asks for that extra. Which ones the user asked for nobody notes, so of what was asked for itself all count.
    """
    packages = [each.package for each in distributions]
    # An extra is a node of its own behind the packages.
    pairs = dict.fromkeys(
        (number, extra)
        for number, each in enumerate(distributions)
        for need in each.metadata.needs
        for extra in need.of
    )
    extras = {pair: len(packages) + position for position, pair in enumerate(pairs)}
    edges = _edges(distributions, extras)
    requested = {number for number, each in enumerate(distributions) if each.requested}
    nodes = [*packages, *(replace(packages[n], name=f"{packages[n].name}[{extra}]") for n, extra in extras)]
    if requested:
        tops = [*requested, *(place for (number, _), place in extras.items() if number in requested)]
        return traced(nodes, edges, [Root(name, tuple((number, "") for number in sorted(tops)))])[: len(packages)]
    asked = {needed for found in edges for needed in found}
    used = [found if number < len(packages) or number in asked else [] for number, found in enumerate(edges)]
    return traced_from_tops(nodes, used, name)[: len(packages)]


def _edges(distributions: Sequence[_Distribution], extras: dict[tuple[int, str], int]) -> list[list[int]]:
    """What each distribution, and behind them each of the `extras`, needs of what is installed."""
    places: dict[str, list[int]] = {}
    for number, each in enumerate(distributions):
        places.setdefault(each.package.name, []).append(number)
    edges: list[dict[int, None]] = [{} for _ in range(len(distributions) + len(extras))]
    for number, each in enumerate(distributions):
        for need in each.metadata.needs:
            targets = places.get(need.name, ())[:MOST_FORKS]
            parts = (extras.get((target, ask)) for target in targets for ask in need.asks)
            met = dict.fromkeys([*targets, *(part for part in parts if part is not None)])
            for source in [extras[number, extra] for extra in need.of] or [number]:
                edges[source].update(met)
    return [list(needed) for needed in edges]


def _start(path: Path) -> bytes | None:
    """The beginning of a regular file; None where there is none. Installers may link to their cache."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        try:
            return file.read(core_metadata.LARGEST) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
        except OSError:
            return None


def _name(python: Path) -> str:
    """What people call the environment: the folder of a virtual one, else the interpreter."""
    top = python.parent.parent
    return top.name if (top / "pyvenv.cfg").exists() else python.name


def _shown(path: Path, root: Path) -> str:
    base = root.absolute()
    return display(str(path.relative_to(base) if path.is_relative_to(base) else path))
