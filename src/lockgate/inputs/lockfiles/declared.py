"""What a manifest in TOML declares: its tables, whatever types they turn out to have, and the requirements in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from msgspec.structs import replace

from lockgate.inputs import toml_positions
from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import Manifest, text
from lockgate.inputs.lockfiles.poetry_constraints import python_marker
from lockgate.inputs.requirement_lines import check_marker, origin_of, reference, requirement, version_in_file_name
from lockgate.inputs.toml_entries import Path, places
from lockgate.inputs.tree import Tree
from lockgate.model.errors import shortened
from lockgate.model.finding import Location
from lockgate.model.package import Origin, Package, normalised
from lockgate.model.record import Skip

LARGEST = 2**19  # characters: people write these files
LONGEST_REASON = 150  # characters; it quotes nothing of the file
MOST = 10_000  # requirements of one file, those of a group counted again for each group that includes it

T = TypeVar("T", dict[str, Any], list[Any])

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,200}[A-Za-z0-9])?")
_FILES = ("url", "file", "path")
# Keys of Pipenv that are variables of markers: https://pipenv.pypa.io/en/latest/specifiers.html
_VARIABLES = (
    "os_name", "sys_platform", "platform_machine", "platform_python_implementation", "platform_release", "platform_system",
    "platform_version", "python_version", "python_full_version", "implementation_name", "implementation_version",
)  # fmt: skip
_TABLE_KINDS = {
    "git": Origin.VCS,
    "hg": Origin.VCS,
    "svn": Origin.VCS,
    "url": Origin.URL,
    "workspace": Origin.LOCAL,
}


class Declared:
    """The values of one file, and what was found in them.

    `skipped` is what can't be understood, `unlocked` what only a lock tells.
    """

    def __init__(self, data: dict[str, Any], text: str, shown: str) -> None:
        self._data = data
        self._places = places(text, shown)
        self._first = Location.of_line(shown, 1, text.partition("\n")[0])
        self._kept = 0
        self._told: set[Path] = set()
        self.shown = shown
        self.packages: list[Package] = []
        self.skipped: list[Skip] = []
        self.unlocked: list[Skip] = []

    def manifest(self) -> Manifest:
        """What was found, as a manifest."""
        return Manifest(
            path=self.shown,
            packages=tuple(self.packages),
            skipped=tuple(self.skipped),
            unlocked=tuple(self.unlocked),
        )

    def at(self, path: Path) -> Location:
        """The place of an entry, or of the nearest one above it that has one."""
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path, self._first)

    def skip(self, path: Path, reason: str) -> None:
        """A gap at an entry."""
        self.skipped.append(Skip(f"{self.shown}:{self.at(path).line}", reason, gap=True))

    def get(self, *path: str) -> Any:
        """A value, None where there is none."""
        value: Any = self._data
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def table(self, *path: str) -> dict[str, Any]:
        """A table, empty where there is none."""
        return self._typed(path, dict, "is not a table")

    def strings(self, *path: str) -> Iterator[tuple[Path, str]]:
        """The strings of an array with their paths."""
        for number, value in enumerate(self._typed(path, list, "is not an array")):
            if isinstance(value, str):
                yield (*path, number), value
            else:
                self.skip((*path, number), "is not a string")

    def keep(self, path: Path, make: Callable[[Location], Package]) -> None:
        """Add the package that `make` makes; a ValueError of it is a gap."""
        self._kept += 1
        if self._kept > MOST:
            if self._kept == MOST + 1:
                self.skip(path, f"over the limit of {MOST:,} requirements; this one and the rest were not read")
            return
        try:
            self.packages.append(_printable(make(self.at(path))))
        except (ValueError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else shortened(str(error), LONGEST_REASON)
            self.skip(path, f"can't be understood: {reason}")

    def keep_entry(
        self, path: Path, name: str, value: Any, groups: tuple[str, ...], specifier: Callable[[str], str | None]
    ) -> None:
        """Add the package of an entry `name = "constraint"` or `name = { version = "constraint", … }`.

        `specifier` turns a constraint into a specifier by PEP 440. One that has none, as of two ranges, allows versions that only
        a lock tells.
        """
        if not isinstance(value, str | dict):
            self.skip(path, "is neither a constraint nor a table")
            return
        table = value if isinstance(value, dict) else {"version": value}
        constraint = table.get("version", "")
        if isinstance(constraint, str) and specifier(constraint) is None:
            line = self.at(path).line
            self.unlocked.append(
                Skip(f"{self.shown}:{line}", "its constraint is not one range of versions; lock it", gap=True)
            )
        self.keep((*path, "version"), _by_table(name, table, groups, specifier))

    def _typed(self, path: tuple[str, ...], kind: type[T], problem: str) -> T:
        """A value of that type, an empty one where there is none. One of another type, or above it no table, is a gap."""
        value: Any = self._data
        for length, key in enumerate(path, 1):
            if not isinstance(value, dict):
                self._wrong(path[: length - 1], "is not a table")
                return kind()
            value = value.get(key)
            if value is None:
                return kind()
        if not isinstance(value, kind):
            self._wrong(path, problem)
            return kind()
        return value

    def _wrong(self, path: Path, problem: str) -> None:
        if path not in self._told:
            self._told.add(path)
            self.skip(path, problem)


def load(tree: Tree, path: str) -> Declared | Skip:
    """The values of one file of a tree, or why it can't be read."""
    shown = display(path)
    content = text(tree, path)
    if not isinstance(content, Skip) and len(content) > LARGEST:
        return Skip(shown, f"larger than {LARGEST // 2**10} KiB", gap=True)
    data = content if isinstance(content, Skip) else toml_positions.load(content, shown)
    return data if isinstance(data, Skip) else Declared(data, str(content), shown)


def by_requirement(text: str, groups: tuple[str, ...] = ()) -> Callable[[Location], Package]:
    """Makes a package of a requirement by PEP 508."""
    return lambda at: replace(requirement(text, at), groups=groups)


def by_editable(target: str, groups: tuple[str, ...] = ()) -> Callable[[Location], Package]:
    """Makes a package of what pip's `-e` takes."""
    return lambda at: replace(reference(target.strip(), at), groups=groups)


def _by_table(
    name: str, table: dict[str, Any], groups: tuple[str, ...], specifier: Callable[[str], str | None]
) -> Callable[[Location], Package]:
    def make(at: Location) -> Package:
        if not _NAME.fullmatch(name):
            raise ValueError("no valid name")
        wrong = next((key for key in ("version", "markers", "python", "platform") if not _is_text(table, key)), None)
        if wrong:
            raise ValueError(f"its {wrong} is not a string")
        extras = table.get("extras", [])
        if not isinstance(extras, list) or not all(isinstance(each, str) and _NAME.fullmatch(each) for each in extras):
            raise ValueError("its extras are not names")
        version = specifier(table.get("version", "")) or ""
        origin = source_origin(table)
        return Package(
            name=normalised(name),
            version=_version(normalised(name), table, origin, version),
            at=at,
            specifier=version,
            origin=origin,
            marker=_marker(table),
            extras=tuple(sorted(map(normalised, extras))),
            groups=groups,
        )

    return make


def _version(name: str, table: Mapping[str, Any], origin: Origin, specifier: str) -> str:
    """The exact version that an entry names, by its specifier or by the name of its file."""
    if origin is Origin.INDEX:
        exact = re.fullmatch(r"={2,3}\s*([A-Za-z0-9.!+_-]+)", specifier)
        return exact[1] if exact else ""
    if origin not in (Origin.URL, Origin.FILE):
        return ""
    return next((version_in_file_name(table[key], name) for key in _FILES if isinstance(table.get(key), str)), "")


def source_origin(table: Mapping[str, Any]) -> Origin:
    """Where a table says that a package comes from."""
    for key, origin in _TABLE_KINDS.items():
        if table.get(key):
            return origin
    for key in ("file", "path"):
        if table.get(key) and isinstance(table[key], str):
            return origin_of(table[key])
    return Origin.INDEX


def _printable(package: Package) -> Package:
    if not "".join(package.groups).isprintable():
        raise ValueError("the name of its group holds characters that can't be printed")
    return package


def _marker(table: Mapping[str, Any]) -> str:
    """The conditions of a table as one marker."""
    platform = table.get("platform", "")
    parts = [
        table.get("markers", ""),
        python_marker(table.get("python", "")),
        f"sys_platform == '{platform}'" if re.fullmatch(r"\w+", platform) else "",
        *(f"{name} {table[name]}" for name in _VARIABLES if isinstance(table.get(name), str)),
    ]
    given = [part for part in parts if part]
    for part in given:
        check_marker(part)
    return given[0] if len(given) == 1 else " and ".join(f"({part})" for part in given)


def _is_text(table: Mapping[str, Any], key: str) -> bool:
    return isinstance(table.get(key, ""), str)
