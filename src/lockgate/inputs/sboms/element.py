"""What every format of an SBOM tells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from lockgate.inputs import purl
from lockgate.inputs.json_positions import Object
from lockgate.inputs.requirement_lines import is_archive
from lockgate.model.finding import Location
from lockgate.model.package import Origin, Package, normalised
from lockgate.model.record import Skip

PYPI = "pypi"
LOCAL = "local"  # a project of the place where the SBOM was made, which is in no ecosystem
UNKNOWN = ""
MOST_SKIPPED = 1000  # entries that can't be understood; with so many the rest is not read

_NAME = re.compile(r"(?=.{1,200}$)[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9.!+_-]{,100}")
_KIND = re.compile(r"[a-z][a-z0-9.+_-]{,40}")
_LONGEST = 200  # characters of a name that is shown
_HASH = re.compile(r"(md5|sha1|sha224|sha256|sha384|sha512):[0-9a-f]{32,128}")


class Element(Struct, frozen=True):
    """A part that an SBOM lists. `ecosystem` is the type of its purl, or one of the two words above."""

    ref: str
    package: Package
    ecosystem: str


class Listing(Struct):
    """What an SBOM lists: `needs` are pairs of references, of what needs and what is needed; `roots` are what it is about.

    `skipped` are the entries that can't be understood, at most MOST_SKIPPED.
    """

    elements: list[Element] = []
    skipped: list[Skip] = []
    needs: list[tuple[str, str]] = []
    roots: list[str] = []


def element(
    ref: str, name: str, version: str, purl_text: str, at: Location, hashes: Iterable[tuple[str, str]]
) -> Element:
    """The element of these values. Raises ValueError, which quotes nothing of them, where they make no sense."""
    if not purl_text:
        return Element(ref, Package(name=_shown(name), version="", at=at), UNKNOWN)
    named = purl.parse(purl_text)
    if named.kind != PYPI:
        return Element(ref, Package(name=_shown(name), version="", at=at), kind_of(named.kind))
    version = named.version or version
    if named.namespace or not _NAME.fullmatch(named.name):
        raise ValueError("its name is none of a Python package")
    if not _VERSION.fullmatch(version):
        raise ValueError("its version is none of a Python package")
    digests = (f"{kind.replace('-', '').lower()}:{digest.lower()}" for kind, digest in hashes)
    package = Package(
        name=normalised(named.name),
        version=version,
        at=at,
        specifier=f"=={version}" if version else "",
        origin=_origin(named.qualifiers),
        hashes=tuple(digest for digest in digests if _HASH.fullmatch(digest)),
    )
    return Element(ref, package, PYPI)


def kind_of(text: str) -> str:
    """A word for what an element is, as it is written if that can be shown."""
    return text.lower() if _KIND.fullmatch(text.lower()) else "others"


def _origin(qualifiers: dict[str, str]) -> Origin:
    """Where it was taken from, by the qualifiers that cyclonedx-py writes."""
    if "vcs_url" in qualifiers:
        return Origin.VCS
    if "download_url" in qualifiers:
        return Origin.URL
    if "file_url" in qualifiers:
        return Origin.FILE if is_archive(qualifiers["file_url"]) else Origin.LOCAL
    return Origin.INDEX


def _shown(name: str) -> str:
    return name if name.isprintable() and len(name) <= _LONGEST else ""


def parts(value: Any) -> list[Any]:
    """The parts of a list; what is none is taken for its only part, which then can't be understood."""
    return value if isinstance(value, list) else [value]


def place(entry: Object, *keys: str) -> Location:
    """The place of the first of these keys that is there, else of the object."""
    return entry.at(next((key for key in keys if key in entry), ""))
