"""SPDX 2 JSON: https://spdx.github.io/spdx-spec/v2.3/."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from lockgate.inputs.json_positions import Object
from lockgate.inputs.sboms.element import MOST_SKIPPED, UNKNOWN, Element, Listing, element, kind_of, parts, place
from lockgate.model.errors import shortened
from lockgate.model.record import Skip

KNOWN = ("SPDX-2.2", "SPDX-2.3")
_FORWARD = frozenset({"DEPENDS_ON", "CONTAINS"})
_BACKWARD = frozenset({"CONTAINED_BY", "PACKAGE_OF"})  # and every other `..._DEPENDENCY_OF`
# Of these purposes a package without a purl is asked for.
_LIBRARIES = ("LIBRARY", "FRAMEWORK", "")


class _Reference(Struct, rename="camel"):
    reference_type: str = ""
    reference_locator: str = ""


class _Checksum(Struct, rename="camel"):
    algorithm: str = ""
    checksum_value: str = ""


class _Package(Struct, rename={"ref": "SPDXID", "version": "versionInfo", "references": "externalRefs",
                               "purpose": "primaryPackagePurpose"}):  # fmt: skip
    ref: str
    name: str
    version: str = ""
    purpose: str = ""
    references: list[_Reference] = []
    checksums: list[_Checksum] = []


class _Relationship(Struct, rename="camel"):
    spdx_element_id: str
    related_spdx_element: str
    relationship_type: str


class _Document(Struct, rename="camel"):
    relationships: list[_Relationship] = []
    document_describes: list[str] = []


def listed(data: Object, shown: str) -> Listing | Skip:
    """What a document lists, or why it can't be understood as a whole."""
    version = data.get("spdxVersion")
    if version not in KNOWN:
        named = shortened(version, 20) if isinstance(version, str) else "its version"
        return Skip(shown, f"{named} is not known (known: {', '.join(KNOWN)}); update lockgate", gap=True)
    try:
        document = msgspec.convert(data, _Document)
    except msgspec.ValidationError as error:
        return Skip(shown, f"can't be understood: {shortened(str(error), 150)}", gap=True)
    listing = Listing(roots=list(document.document_describes))
    for entry in parts(data.get("packages", [])):
        found = _element(entry, shown)
        if isinstance(found, Element):
            listing.elements.append(found)
            continue
        listing.skipped.append(found)
        if len(listing.skipped) >= MOST_SKIPPED:
            break
    for relationship in document.relationships:
        _relate(relationship, listing)
    return listing


def _relate(relationship: _Relationship, listing: Listing) -> None:
    one, other = relationship.spdx_element_id, relationship.related_spdx_element
    kind = relationship.relationship_type
    if kind == "DESCRIBES":
        listing.roots.append(other)
    elif kind == "DESCRIBED_BY":
        listing.roots.append(one)
    elif kind in _FORWARD:
        listing.needs.append((one, other))
    elif kind in _BACKWARD or kind.endswith("DEPENDENCY_OF"):
        listing.needs.append((other, one))


def _element(entry: Any, shown: str) -> Element | Skip:
    if not isinstance(entry, Object):
        return Skip(shown, "can't be understood: a package is no object", gap=True)
    at = place(entry, "versionInfo", "name")
    try:
        known = msgspec.convert(entry, _Package)
        purls = [each.reference_locator for each in known.references if each.reference_type == "purl"]
        purl = next((text for text in purls if text.startswith("pkg:pypi/")), purls[0] if purls else "")
        hashes = ((each.algorithm, each.checksum_value) for each in known.checksums)
        found = element(known.ref, known.name, known.version, purl, at, hashes)
    except ValueError as error:  # msgspec's as well
        return Skip(f"{shown}:{at.line}", f"can't be understood: {shortened(str(error), 150)}", gap=True)
    if found.ecosystem == UNKNOWN and known.purpose not in _LIBRARIES:
        return Element(found.ref, found.package, kind_of(known.purpose))
    return found
