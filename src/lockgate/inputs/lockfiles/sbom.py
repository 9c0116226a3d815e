"""Software bills of materials in JSON, by what is in them: CycloneDX or SPDX."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from lockgate.inputs import json_positions
from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import Manifest, text
from lockgate.inputs.lockfiles.graph import Root, traced, traced_from_tops
from lockgate.inputs.sboms.element import LOCAL, MOST_SKIPPED, PYPI, UNKNOWN, Listing
from lockgate.inputs.tree import Tree
from lockgate.model.errors import counted
from lockgate.model.package import Origin, Package
from lockgate.model.record import Skip

PATTERNS = (
    "bom.json",
    "*.bom.json",
    "sbom.json",
    "*.sbom.json",
    "*.cdx.json",
    "*cyclonedx*.json",
    "*.spdx.json",
)
KINDS = 3  # that are told by name


def read(tree: Tree, paths: Sequence[str]) -> Iterable[Manifest]:
    """The Python packages of each file. Those of other ecosystems are counted in one line."""
    return (_manifest(tree, path) for path in paths)


def _manifest(tree: Tree, path: str) -> Manifest:
    shown = display(path)
    content = text(tree, path)
    listing = content if isinstance(content, Skip) else _listed(content, shown)
    found = [listing] if isinstance(listing, Skip) else list(_entries(listing, shown))
    return Manifest(
        path=shown,
        packages=tuple(entry for entry in found if isinstance(entry, Package)),
        skipped=tuple(entry for entry in found if isinstance(entry, Skip)),
    )


def _listed(content: str, shown: str) -> Listing | Skip:
    from lockgate.inputs.sboms import cyclonedx, spdx

    data = json_positions.load(content, shown)
    if isinstance(data, Skip):
        return data
    if isinstance(data, json_positions.Object):
        if data.get("bomFormat") == "CycloneDX":
            return cyclonedx.listed(data, shown)
        if "spdxVersion" in data:
            return spdx.listed(data, shown)
        if "@context" in data and "@graph" in data:
            reason = f"SPDX 3 is not read yet (known: {', '.join(spdx.KNOWN)}); export one of these"
            return Skip(shown, reason, gap=True)
    return Skip(shown, "neither a CycloneDX nor an SPDX document; exclude it if it lists no packages", gap=True)


def _entries(listing: Listing, shown: str) -> Iterator[Package | Skip]:
    yield from listing.skipped
    if len(listing.skipped) >= MOST_SKIPPED:
        yield Skip(shown, f"{MOST_SKIPPED:,} of its entries can't be understood; the rest was not read", gap=True)
    others: Counter[str] = Counter()
    roots = set(listing.roots)
    for package, element in zip(_traced(listing, shown), listing.elements, strict=True):
        if element.ecosystem == PYPI:
            yield package
        elif element.ecosystem == LOCAL:
            yield replace(package, origin=Origin.LOCAL)
        elif element.ecosystem != UNKNOWN:
            others[element.ecosystem] += 1
        elif element.ref not in roots or not element.ref:
            where = f"{shown}:{package.at.line}"
            yield Skip(where, f"{package.name or 'a component'} has no purl, so nobody knows what it is", gap=True)
    if others:
        kinds = ", ".join(kind for kind, _ in others.most_common(KINDS))
        more = ", …" if len(others) > KINDS else ""
        parts = counted(others.total(), "component", "components")
        yield Skip(shown, f"{parts} of other kinds and ecosystems ({kinds}{more}) are no Python packages")


def _traced(listing: Listing, shown: str) -> tuple[Package, ...]:
    """The packages of the elements with the ways to them from what the SBOM is about."""
    position: dict[str, int] = {}
    for number, element in enumerate(listing.elements):
        position.setdefault(element.ref, number)
    packages = [element.package for element in listing.elements]
    needs: list[dict[int, None]] = [{} for _ in packages]
    for one, other in listing.needs:
        if one in position and other in position and one and other:
            needs[position[one]][position[other]] = None
    edges = [list(needed) for needed in needs]
    about = dict.fromkeys(position[ref] for ref in listing.roots if ref in position and edges[position[ref]])
    if about:
        roots = [Root(packages[number].name, tuple((needed, "") for needed in edges[number])) for number in about]
        return traced(packages, edges, roots)
    return traced_from_tops(packages, edges, shown.rpartition("/")[2])
