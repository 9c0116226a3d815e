"""CycloneDX JSON: https://cyclonedx.org/docs/."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from lockgate.inputs.json_positions import Object
from lockgate.inputs.sboms.element import LOCAL, MOST_SKIPPED, UNKNOWN, Element, Listing, element, kind_of, parts, place
from lockgate.model.errors import shortened
from lockgate.model.record import Skip

KNOWN = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
# Of these types a component without a purl is asked for; the others are files, machines, services and the like.
_LIBRARIES = ("library", "framework")
_OF_UV = ("uv:workspace:path", "uv:package:is_project_root")


class _Hash(Struct):
    alg: str = ""
    content: str = ""


class _Reference(Struct):
    hashes: list[_Hash] = []


class _Property(Struct):
    name: str = ""


class _Component(Struct, rename={"ref": "bom-ref", "references": "externalReferences"}):
    name: str
    type: str = ""
    version: str = ""
    purl: str = ""
    ref: str = ""
    hashes: list[_Hash] = []
    references: list[_Reference] = []
    properties: list[_Property] = []


class _Dependency(Struct, rename="camel"):
    ref: str
    depends_on: list[str] = []


class _Bom(Struct):
    dependencies: list[_Dependency] = []


def listed(data: Object, shown: str) -> Listing | Skip:
    """What a document lists, or why it can't be understood as a whole."""
    version = data.get("specVersion")
    if version not in KNOWN:
        named = f"CycloneDX {shortened(str(version), 20)}" if version else "its specVersion"
        return Skip(shown, f"{named} is not known (known: {KNOWN[0]} to {KNOWN[-1]}); update lockgate", gap=True)
    try:
        bom = msgspec.convert(data, _Bom)
    except msgspec.ValidationError as error:
        return Skip(shown, f"can't be understood: {shortened(str(error), 150)}", gap=True)
    listing = Listing(needs=[(entry.ref, needed) for entry in bom.dependencies for needed in entry.depends_on])
    metadata = data.get("metadata", {})
    about = metadata.get("component") if isinstance(metadata, Object) else metadata
    for component, parent in _components([*([about] if about else []), *parts(data.get("components", []))]):
        found = _element(component, shown)
        if isinstance(found, Skip):
            listing.skipped.append(found)
            if len(listing.skipped) >= MOST_SKIPPED:
                break
            continue
        listing.elements.append(found)
        if parent:
            listing.needs.append((parent, found.ref))
        if component is about:
            listing.roots.append(found.ref)
    return listing


def _components(ahead: list[Any]) -> Iterator[tuple[Any, str]]:
    """All components, those inside of others too, each with the reference of the one that it is in."""
    stack = [(component, "") for component in reversed(ahead)]
    while stack:
        component, parent = stack.pop()
        yield component, parent
        if isinstance(component, Object) and "components" in component:
            ref = str(component.get("bom-ref", ""))
            stack += [(each, ref) for each in reversed(parts(component["components"]))]


def _element(component: Any, shown: str) -> Element | Skip:
    if not isinstance(component, Object):
        return Skip(shown, "can't be understood: a component is no object", gap=True)
    at = place(component, "version", "purl", "name")
    try:
        known = msgspec.convert(component, _Component)
        hashes = [*known.hashes, *(each for reference in known.references for each in reference.hashes)]
        found = element(
            known.ref, known.name, known.version, known.purl, at, ((each.alg, each.content) for each in hashes)
        )
    except ValueError as error:  # msgspec's as well
        return Skip(f"{shown}:{at.line}", f"can't be understood: {shortened(str(error), 150)}", gap=True)
    if found.ecosystem == UNKNOWN and any(each.name in _OF_UV for each in known.properties):
        return Element(found.ref, found.package, LOCAL)
    if found.ecosystem == UNKNOWN and known.type not in _LIBRARIES:
        return Element(found.ref, found.package, kind_of(known.type))
    return found
