"""Wheels and source archives: each names itself, by its metadata.

https://packaging.python.org/en/latest/specifications/binary-distribution-format/ and
https://packaging.python.org/en/latest/specifications/source-distribution-format/
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from msgspec.structs import replace

from lockgate.inputs import core_metadata
from lockgate.inputs.core_metadata import Metadata
from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import Manifest, as_gap
from lockgate.inputs.requirement_lines import reference, requirement
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Location
from lockgate.model.package import Origin, Package
from lockgate.model.record import Skip

# Any other archive is no source archive: they are called NAME-VERSION.
PATTERNS = ("*.whl", "*-[0-9]*.tar.gz", "*-[0-9]*.zip")


def is_archive(path: str) -> bool:
    """Whether a package stands in a file that is read here."""
    name = path.rpartition("/")[2].lower()
    return any(fnmatchcase(name, pattern) for pattern in PATTERNS)


def read(tree: Tree, paths: Sequence[str]) -> Iterable[Manifest]:
    """The package that each file is, with its SHA-256. One of which the name alone is like an archive's is no manifest.

    What it needs itself is told where it is all that there is. Beside other files it is what one of these installs, and
    as little as those of a requirements file are the needs of it a requirement of the project.
    """
    for path in paths:
        found = list(_entries(tree, path, alone=tree.files == (path,)))
        if found:
            yield Manifest(
                path=display(path),
                packages=tuple(entry for entry in found if isinstance(entry, Package)),
                skipped=tuple(entry for entry in found if isinstance(entry, Skip)),
            )


def _entries(tree: Tree, path: str, *, alone: bool) -> Iterator[Package | Skip]:
    shown = display(path)
    data = as_gap(tree.read(path))
    if isinstance(data, Skip):
        yield data
        return
    try:
        metadata = _metadata(data, path, shown)
    except ValueError as error:
        yield Skip(shown, f"can't be understood: {error}", gap=True)
        return
    if metadata is None:
        return
    at = Location(path=shown, line=1, column=1, end_line=1, end_column=2)
    yield Package(
        name=metadata.name,
        version=metadata.version,
        at=at,
        specifier=f"=={metadata.version}",
        origin=Origin.FILE,
        hashes=(f"sha256:{hashlib.sha256(data).hexdigest()}",),
    )
    named = reference(f"./{shown.rpartition('/')[2]}", at)
    if named.name != metadata.name or named.version not in ("", metadata.version):
        yield Skip(shown, "its file name tells another name or version than its metadata", gap=True)
    if alone:
        yield from _needs(metadata, at)


def _metadata(data: bytes, path: str, shown: str) -> Metadata | None:
    """What the archive says of itself; None for one that is no source archive. Raises ValueError where it can't be read."""
    from lockgate.inputs.archive_members import in_tar, in_zip

    name = path.lower()
    if name.endswith(".whl"):
        found = in_zip(data, ".dist-info/METADATA")
    else:
        found = (in_zip if name.endswith(".zip") else in_tar)(data, "/PKG-INFO")
        if not found:
            return None
    if len(found) != 1:
        raise ValueError("it has no metadata" if not found else "it has its metadata twice")
    return core_metadata.parse(found[0], shown)


def _needs(metadata: Metadata, at: Location) -> Iterator[Package | Skip]:
    """What it always needs, as entries of a requirements file are read."""
    for need in metadata.needs:
        if not need.of:
            try:
                yield replace(requirement(need.text, at), direct=True)
            except ValueError as error:
                yield Skip(at.path, f"a requirement of it can't be understood: {error}", gap=True)
