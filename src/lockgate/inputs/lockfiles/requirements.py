"""Requirements files, as pip reads them.

Format: https://pip.pypa.io/en/stable/reference/requirements-file-format/. Included files are followed inside the tree
and nowhere else. A constraints file only constrains: an entry without an exact version is pinned by the constraint of
its name and then stands at the constraint's place; what else it pins is in the manifest's `constraints`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import Manifest, as_gap, bounded
from lockgate.inputs.requirement_lines import Include, Parsed, is_url, parse
from lockgate.inputs.tree import Tree
from lockgate.model.errors import shortened
from lockgate.model.package import Origin, Package
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = ("requirements*.txt", "*-requirements.txt", "*_requirements.txt", "requirements/*.txt")

SOURCES = frozenset({"pyproject.toml", "setup.cfg", "setup.py"})  # beside `*.in`
DEPTH = 20
FILES = 200  # that one file may include
LINES = 500_000  # of all files together, those of a file counted again for each file that includes it
EXCLUDED = "which the settings exclude"


def read(tree: Tree, paths: Iterable[str]) -> Iterator[Manifest]:
    """The packages of each file. It settles the sources beside it that it may be compiled from.

    Those of a folder `requirements` settle the sources in the folder above, too. Another requirements file, and what one
    includes, they never settle: who installs that one alone does not get what is pinned here. They tell all that their sources
    require if they were compiled, as comments show, or are called requirements.txt: others may be of the docs alone.
    """
    manifests = list(walked(tree, paths))
    sources = _sources(set(map(display, tree.files)) - {name for manifest in manifests for name in manifest.included})
    for manifest in manifests:
        folder = manifest.path.rpartition("/")[0]
        above, _, name = folder.rpartition("/")
        folders = (folder, above) if name.lower() == "requirements" else (folder,)
        settles = tuple(path for place in folders for path in sources.get(place, ()))
        yield replace(manifest, settles=settles, whole=_is_whole(manifest))


def _is_whole(manifest: Manifest) -> bool:
    name = manifest.path.rpartition("/")[2].lower()
    return name == "requirements.txt" or any(package.via for package in manifest.packages)


def _sources(paths: Iterable[str]) -> dict[str, list[str]]:
    """The files by folder of which requirements files are compiled."""
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        folder, _, name = path.rpartition("/")
        if name.lower().endswith(".in") or name in SOURCES:
            found.setdefault(folder, []).append(path)
    return found


def walked(tree: Tree, paths: Iterable[str]) -> Iterator[Manifest]:
    """The packages that `pip install -r PATH` would be told to install, without their dependencies.

    A file that another one includes is told with the including one, and a package that several include is told once. Where
    constraints pin an entry of these files, those of `paths` are told by themselves as well: what is pinned in the
    including file may be open without it.
    """
    files = _Files(tree)
    paths = tuple(paths)
    parts = files.included_by(paths)
    told: set[Package | Skip] = set()
    covered: set[str] = set()
    for path in sorted(paths, key=parts.__contains__):
        if path not in covered:
            walk = _Walk(files)
            walk.enter(path)
            manifest = walk.manifest(path)
            covered |= set() if walk.pins else {name for name, constrains in walk.read if not constrains}
            yield _untold(manifest, told)


def read_parsed(tree: Tree, path: str, parsed: Parsed) -> Manifest:
    """The packages of the lines of requirements that another file holds, and of what they include."""
    walk = _Walk(_Files(tree))
    walk.take(path, parsed, ())
    return walk.manifest(path)


def _untold(manifest: Manifest, told: set[Package | Skip]) -> Manifest:
    """The manifest without what is in `told`, to which its own is added."""
    packages = tuple(package for package in dict.fromkeys(manifest.packages) if package not in told)
    skipped = tuple(skip for skip in dict.fromkeys(manifest.skipped) if skip not in told)
    told.update(packages, skipped)
    return replace(manifest, packages=packages, skipped=skipped)


class _Files:
    """The files of a tree, each read and parsed once, until they hold more than the limit of lines."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._parsed: dict[str, Parsed | Skip] = {}
        self._lines = 0
        self._excluded = {skip.subject for skip in tree.skipped if not skip.gap}

    def parsed(self, path: str) -> Parsed | Skip:
        """What a file says, or why that is not known."""
        shown = display(path)
        if self._lines > LINES:
            return Skip(shown, f"over the limit of {LINES:,} lines in requirements files", gap=True)
        if path not in self._parsed:
            data = bounded(as_gap(self._tree.read(path)), path)
            self._parsed[path] = data if isinstance(data, Skip) else parse(data, shown)
        parsed = self._parsed[path]
        self._lines += parsed.lines if isinstance(parsed, Parsed) else 1
        return parsed

    def target(self, include: Include, path: str) -> tuple[str, str]:
        """The path that an entry of the file `path` names, and why it is not even looked for, or nothing."""
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), include.target.replace("\\", "/")))
        if is_url(include.target):
            return target, "which is not fetched"
        if posixpath.isabs(target) or target.split("/", maxsplit=1)[0] == ".." or re.match("[A-Za-z]:", target):
            return target, "which is outside of the tree"
        return target, EXCLUDED if display(target) in self._excluded else ""

    def included_by(self, paths: Iterable[str]) -> set[str]:
        """The files that `paths` and what they include take in whole."""
        found: set[str] = set()
        ahead = list(paths)
        known = set(ahead)
        while ahead:
            path = ahead.pop()
            parsed = self.parsed(path)
            for include in parsed.includes if isinstance(parsed, Parsed) else ():
                target, refusal = self.target(include, path)
                if refusal:
                    continue
                if not include.constrains:
                    found.add(target)
                if target not in known:
                    known.add(target)
                    ahead.append(target)
        return found


class _Walk:
    """What a file and those that it includes say, in the order in which pip would read them."""

    def __init__(self, files: _Files) -> None:
        self._files = files
        self._required: list[Package] = []
        self._constraints: dict[str, list[Package]] = {}
        self._skipped: list[Skip] = []
        self._ranges: list[Package] = []
        self.read: dict[tuple[str, bool], None] = {}

    def manifest(self, path: str) -> Manifest:
        """All of it, as the manifest of the file where it began."""
        packages = tuple(_constrained(self._required, self._constraints))
        pinned = {(package.name, package.version) for package in packages}
        spare = (pin for pins in self._constraints.values() for pin in pins if (pin.name, pin.version) not in pinned)
        return Manifest(
            path=display(path),
            packages=packages,
            constraints=tuple(dict.fromkeys(spare)),
            included=tuple(display(name) for name, constrains in self.read if not constrains and name != path),
            skipped=tuple(self._skipped),
            unlocked=(_of_ranges(self._ranges),) if self._ranges and any(map(_is_open, packages)) else (),
        )

    @property
    def pins(self) -> bool:
        """Whether a constraint pins an entry that has no exact version by itself."""
        return any(_is_open(package) and package.name in self._constraints for package in self._required)

    def enter(self, path: str) -> None:
        """Take in the file where it begins, and what it includes."""
        self.take(path, self._files.parsed(path), ())

    def take(self, path: str, parsed: Parsed | Skip, chain: tuple[str, ...], constrains: bool = False) -> None:
        """Take in one file and what it includes. `chain` are the files that lead to it."""
        self.read[path, constrains] = None
        if isinstance(parsed, Skip):
            self._skipped.append(parsed)
            return
        self._skipped += parsed.skipped
        self._keep(parsed, constrains)
        for include in parsed.includes:
            refusal = self._follow(include, path, (*chain, path))
            if refusal:
                gap = refusal != EXCLUDED
                reason = f"includes {_shown(include)}, {refusal}"
                self._skipped.append(Skip(f"{display(path)}:{include.line}", reason, gap=gap))

    def _keep(self, parsed: Parsed, constrains: bool) -> None:
        if not constrains:
            self._required += parsed.packages
            return
        for package in parsed.packages:
            if package.version or package.origin is not Origin.INDEX:
                self._constraints.setdefault(package.name, []).append(package)
            else:
                self._ranges.append(package)

    def _follow(self, include: Include, path: str, chain: tuple[str, ...]) -> str:
        """Take in an included file, or say why it was not read."""
        target, refusal = self._files.target(include, path)
        if refusal or target in chain:
            return refusal or "which leads back here"
        if (target, include.constrains) in self.read:
            return ""
        if len(chain) > DEPTH or len(self.read) >= FILES:
            return f"over the limit of {FILES} files, {DEPTH} deep"
        parsed = self._files.parsed(target)
        if isinstance(parsed, Skip):
            return f"which can't be read: {parsed.reason}"
        self.take(target, parsed, chain, include.constrains)
        return ""


def _shown(include: Include) -> str:
    """What was included; a URL, also one that is mistyped, may hold a password."""
    if is_url(include.target):
        return "a URL"
    return "another file" if re.search("[:@?]", include.target) else repr(shortened(include.target))


def _constrained(required: list[Package], constraints: dict[str, list[Package]]) -> Iterator[Package]:
    """The packages, each open one replaced by the constraints that pin it.

    It stays open as well where each of them has a marker, because then some environment may have none.
    """
    for package in required:
        pins = constraints.get(package.name, []) if _is_open(package) else []
        yield from (replace(pin, hashes=pin.hashes or package.hashes) for pin in pins)
        if not any(pin.marker in ("", package.marker) for pin in pins):
            yield package


def _of_ranges(constraints: list[Package]) -> Skip:
    """One gap for all constraints to no exact version, which --resolve does not take."""
    first, others = constraints[0], len(constraints) - 1
    more = f" and {others:,} more are" if others else " is"
    reason = (
        f"{first.name}{more} constrained to no exact version, which nothing here resolves; pin or lock what it holds"
    )
    return Skip(first.at.where, reason, gap=True)


def _is_open(package: Package) -> bool:
    return package.origin is Origin.INDEX and not package.version
