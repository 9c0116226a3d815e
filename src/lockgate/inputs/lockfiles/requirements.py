"""Requirements files, as pip reads them.

Format: https://pip.pypa.io/en/stable/reference/requirements-file-format/. Included files are followed inside the tree
and nowhere else. A constraints file only constrains: an entry without an exact version is pinned by the constraint of
its name and then stands at the constraint's place.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec.structs import replace

from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import Manifest, as_gap
from lockgate.inputs.requirement_lines import Include, Parsed, is_url, parse
from lockgate.inputs.tree import Tree
from lockgate.model.package import Origin, Package
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = ("requirements*.txt", "*-requirements.txt", "*_requirements.txt", "requirements/*.txt")

DEPTH = 20
FILES = 200
EXCLUDED = "which the settings exclude"


def read(tree: Tree, path: str) -> Manifest:
    """The packages that `pip install -r PATH` would be told to install, without their dependencies."""
    walk = _Walk(tree)
    walk.enter(path, as_gap(tree.read(path)))
    return Manifest(
        path=display(path),
        packages=tuple(_constrained(walk.required, walk.constraints)),
        included=tuple(display(name) for name, constrains in walk.read if not constrains and name != path),
        skipped=(*walk.skipped, *_unused(walk)),
    )


class _Walk:
    """What the files said, in the order in which pip would read them."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.read: dict[tuple[str, bool], None] = {}
        self.required: list[Package] = []
        self.constraints: dict[str, list[Package]] = {}
        self.skipped: list[Skip] = []

    def enter(self, path: str, data: bytes | Skip, chain: tuple[str, ...] = (), constrains: bool = False) -> None:
        """Take in one file with its content and what it includes. `chain` are the files that lead to it."""
        self.read[path, constrains] = None
        if isinstance(data, Skip):
            self.skipped.append(data)
            return
        parsed = parse(data, display(path))
        self.skipped += parsed.skipped
        self._keep(parsed, constrains)
        for include in parsed.includes:
            refusal = self._follow(include, path, (*chain, path))
            if refusal:
                gap = refusal != EXCLUDED
                reason = f"includes {_shown(include)}, {refusal}"
                self.skipped.append(Skip(f"{display(path)}:{include.line}", reason, gap=gap))

    def _keep(self, parsed: Parsed, constrains: bool) -> None:
        if not constrains:
            self.required += parsed.packages
            return
        for package in parsed.packages:
            if package.version:
                self.constraints.setdefault(package.name, []).append(package)

    def _follow(self, include: Include, path: str, chain: tuple[str, ...]) -> str:
        """Take in an included file, or say why it was not read."""
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), include.target.replace("\\", "/")))
        if (target, include.constrains) in self.read and target not in chain:
            return ""
        refusal = _refusal(include, target, chain)
        if refusal:
            return refusal
        if any(skip.subject == display(target) for skip in self.tree.skipped):
            return EXCLUDED
        if len(chain) > DEPTH or len(self.read) >= FILES:
            return f"over the limit of {FILES} files, {DEPTH} deep"
        data = self.tree.read(target)
        if isinstance(data, Skip):
            return f"which can't be read: {data.reason}"
        self.enter(target, data, chain, include.constrains)
        return ""


def _refusal(include: Include, target: str, chain: tuple[str, ...]) -> str:
    """Why a file is not even looked for, or nothing."""
    if is_url(include.target):
        return "which is not fetched"
    if posixpath.isabs(target) or target.split("/", maxsplit=1)[0] == ".." or re.match("[A-Za-z]:", target):
        return "which is outside of the tree"
    return "which leads back here" if target in chain else ""


def _shown(include: Include) -> str:
    """What was included; a URL may hold a password."""
    return "a URL" if is_url(include.target) else repr(include.target)


def _constrained(required: list[Package], constraints: dict[str, list[Package]]) -> Iterator[Package]:
    """The packages, each open one replaced by the constraints that pin it.

    It stays open as well where each of them has a marker, because then some environment may have none.
    """
    for package in required:
        pins = constraints.get(package.name, []) if package.origin is Origin.INDEX and not package.version else []
        yield from (replace(pin, hashes=pin.hashes or package.hashes) for pin in pins)
        if not any(pin.marker in ("", package.marker) for pin in pins):
            yield package


def _unused(walk: _Walk) -> Iterator[Skip]:
    """A word on the pins of constraints files that no entry of that name takes up."""
    names = {package.name for package in walk.required}
    spare: dict[str, int] = {}
    for name, pins in walk.constraints.items():
        for pin in pins:
            spare[pin.at.path] = spare.get(pin.at.path, 0) + (name not in names)
    for path, count in spare.items():
        if count:
            yield Skip(path, f"{count} of its pins only constrain: no requirement here has that name")
