"""What a project requires and what uv.lock repeats of it, so that both can be compared: by what holds in some environments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from msgspec import Struct

from lockgate.model.package import normalised

_PLAIN_KEYS = frozenset({"name", "extras", "marker", "specifier", "index", "conflict"})
_LONGEST = 1000  # characters of a marker
_MOST = 50_000  # times a marker is evaluated
_PLATFORMS = (
    {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"},
    {"os_name": "posix", "sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
    {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64"},
)
_CPYTHON = {"platform_python_implementation": "CPython", "implementation_name": "cpython"}
_MINORS = range(7, 17)


class Entry(Struct, frozen=True):
    """A requirement: `specifier` is None where the place and not the specifier tells the version, `extra` the one that brings it."""

    name: str
    extras: frozenset[str]
    specifier: str | None
    marker: str = ""
    extra: str = ""


def declared(texts: Iterable[Any], extra: str = "") -> Iterator[Entry]:
    """Requirements as a manifest has them. Raises ValueError for what is none."""
    from packaging.requirements import Requirement

    for text in texts:
        made = Requirement(text)
        names = frozenset(map(normalised, made.extras))
        specifier = None if made.url else str(made.specifier)
        yield Entry(normalised(made.name), names, specifier, str(made.marker or ""), extra)


def locked(entries: Iterable[dict[str, Any]]) -> Iterator[Entry]:
    """Requirements as uv.lock has them. Raises ValueError, TypeError or KeyError for what is none."""
    for entry in entries:
        names = frozenset(map(normalised, entry.get("extras", ())))
        specifier = entry.get("specifier", "") if set(entry) <= _PLAIN_KEYS else None
        yield Entry(normalised(entry["name"]), names, specifier, entry.get("marker", ""))


class Environments:
    """Some environments with a Python that a project allows, each without extras and with each of these."""

    def __init__(self, requires_python: str, extras: Iterable[str]) -> None:
        from packaging.specifiers import SpecifierSet

        allowed = SpecifierSet(requires_python)
        pythons = [f"3.{minor}" for minor in _MINORS if f"3.{minor}.5" in allowed]
        versions = ({"python_version": each, "python_full_version": f"{each}.5"} for each in pythons)
        bases = [{**_CPYTHON, **version, **platform} for version in versions for platform in _PLATFORMS]
        self._extras = ["", *sorted(set(map(normalised, extras)))]
        self._all = [(base, extra) for extra in self._extras for base in bases]
        self._count = 0
        self._mask = cache(self._evaluated)

    def differ(self, left: Sequence[Entry], right: Sequence[Entry]) -> bool:
        """Whether other requirements hold in one of them. Raises ValueError for a marker that is none, or where there are too many."""
        placed = {entry.name for entry in (*left, *right) if entry.specifier is None}
        return self._held(left, placed) != self._held(right, placed)

    def _held(self, entries: Sequence[Entry], placed: set[str]) -> dict[tuple[str, frozenset[str], Any], int]:
        """For each requirement the environments, as bits of a number, in which it holds."""
        from packaging.specifiers import SpecifierSet

        found: dict[tuple[str, frozenset[str], Any], int] = {}
        for entry in entries:
            specifier = None if entry.name in placed else SpecifierSet(entry.specifier or "")
            key = (entry.name, entry.extras, specifier)
            mask = self._mask(entry.marker) & self._of_extra(entry.extra)
            if mask:
                found[key] = found.get(key, 0) | mask
        return found

    def _of_extra(self, extra: str) -> int:
        return sum(1 << number for number, (_, each) in enumerate(self._all) if extra in ("", each))

    def _evaluated(self, marker: str) -> int:
        from packaging.markers import Marker

        if not marker:
            return (1 << len(self._all)) - 1
        self._count += len(self._all)
        if len(marker) > _LONGEST or self._count > _MOST:
            raise ValueError(marker[:_LONGEST])
        made = Marker(marker)
        holds = (made.evaluate({**base, "extra": extra}) for base, extra in self._all)
        return sum(1 << number for number, is_held in enumerate(holds) if is_held)
