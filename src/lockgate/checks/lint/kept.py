"""What was found in each module, kept for as long as nothing that it depends on changes.

pylint says the same of a module whichever others it lints, and tells which files of the project it read for that. So what was
found in a module holds while it and these files are the same, and while no module comes or goes that any of them may
name. What it depends on besides, the base, is the same for all modules of a project.
"""

from __future__ import annotations

import hashlib
import re
import sys
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from posixpath import dirname

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from lockgate.config.settings import Settings
from lockgate.engines import environment
from lockgate.engines.pylint import WHOLE
from lockgate.engines.pylint_config import Configuration
from lockgate.inputs import user_cache
from lockgate.model.finding import Finding
from lockgate.model.record import Engine, Skip
from lockgate.model.rule import Rule

_KIND = "lint"
_WORD = re.compile(r"\w+")
_MOST_LISTS = 20  # each may take as long as the file is
# `__all__` as a row of names, of which each is one literal.
_PLAIN_LIST = re.compile(
    rb"""__all__\s*(?::[^=\n]*)?\+?=\s*[\[(](?:\s|#[^\n]*\n|["']\w*["']\s*(?:,|(?=[\])])))*[\])][ \t]*(?:\#.*)?\r?$""",
    re.MULTILINE,
)


class Part(Struct, frozen=True):
    """What one module adds to the result, and the paths that this depends on beside its own.

    linted: whether pylint's settings did not leave it out.
    """

    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skip, ...] = ()
    examined: int = 0
    allowed: int = 0
    linted: bool = True
    needs: frozenset[str] = frozenset()


class Parts(Struct, frozen=True):
    """The parts of a result, by path, with the rules that their findings name and the engine that made them."""

    parts: dict[str, Part] = {}
    rules: dict[str, Rule] = {}
    engine: Engine | None = None
    python: str = ""
    plugged: bool = True


class _Entry(Struct, frozen=True):
    """A part as it is kept: what it needs are numbers of `paths`."""

    part: Part
    needs: tuple[int, ...]


class _File(Struct, frozen=True):
    """All that is kept of one project."""

    base: str
    paths: tuple[str, ...]
    digests: tuple[bytes, ...]
    entries: dict[str, _Entry]
    rest: Parts


class Store:
    """What is kept of one project, for these `sources`. What it has now and what a commit `of_commit` had are kept side by side."""

    def __init__(
        self,
        sources: Mapping[str, bytes],
        configuration: Configuration,
        settings: Settings,
        root: Path,
        *,
        of_commit: bool = False,
    ) -> None:
        self._sources = sources
        self._rooted = "source-roots" in configuration.options
        self._digests = {path: hashlib.sha256(data).digest() for path, data in sources.items()}
        installed = "" if settings.trust else environment.fingerprint(settings.python, root)
        # Where it can't be told what is installed nothing is kept.
        slots = ("commit", "now") if of_commit else ("now", "commit")
        self._names = [_digest(str(root), settings.python, slot) for slot in slots] if installed else []
        folders = sorted({(dirname(path), f"{dirname(path)}/__init__.py".lstrip("/") in sources) for path in sources})
        obeyed = (configuration.path, configuration.options, configuration.refused, configuration.python)
        self._base = _digest(folders, obeyed, installed, user_cache.own_code())

    def load(self) -> Parts:
        """The parts that still hold."""
        held = Parts()
        for name in self._names:
            file = self._file(name)
            if file is not None and file.base == self._base:
                parts, rules = dict(self._holding(file)) | held.parts, file.rest.rules | held.rules
                held = replace(file.rest, parts=parts, rules=rules)
        return held

    def _file(self, name: str) -> _File | None:
        data = user_cache.load(_KIND, name)
        try:
            return msgspec.msgpack.decode(data, type=_File) if data else None
        except msgspec.DecodeError:
            return None

    def save(self, made: Parts) -> None:
        """Keep the parts, in which secrets are masked already. One with gaps may go better the next time."""
        if not self._names or not made.plugged:
            return
        numbers = {path: number for number, path in enumerate(self._sources)}
        entries = {
            path: _Entry(replace(part, needs=frozenset()), tuple(sorted(numbers[need] for need in part.needs)))
            for path, part in made.parts.items()
            if not any(skip.gap for skip in part.skipped)
        }
        rest = replace(made, parts={})
        file = _File(self._base, tuple(numbers), tuple(self._digests.values()), entries, rest)
        user_cache.store(_KIND, self._names[0], msgspec.msgpack.encode(file))

    def _holding(self, file: _File) -> Iterator[tuple[str, Part]]:
        before = dict(zip(file.paths, file.digests, strict=True))
        others = before.keys() ^ self._digests.keys()
        names = self._moved(others)
        if names is None:
            return
        changed = {path for path in before if self._digests.get(path) != before[path]}
        naming = {path for path, data in self._sources.items() if names and _may_name(data, names)}
        naming |= {path for path in map(_package, others) if may_list(self._sources.get(path, b""))}
        for path, entry in file.entries.items():
            needs = frozenset(file.paths[number] for number in entry.needs)
            on = needs if path == WHOLE else {path, *needs}
            if not on & changed and not on & naming and on <= self._digests.keys() and not (path == WHOLE and names):
                yield path, replace(entry.part, needs=needs)

    def _moved(self, paths: Collection[str]) -> set[str] | None:
        """The names by which modules that came or went are imported; None where any import may find them.

        A module of a package is found by its name alone. One that is not in a package may stand in the place of an installed
        one, which what is installed imports as well.
        """
        names = {Path(path).stem for path in paths}
        packaged = all(_package(path) in self._sources for path in paths)
        plain = all(name.isascii() for name in names) and names.isdisjoint(sys.stdlib_module_names)
        return names if not names or (packaged and plain and not self._rooted) else None


def _package(path: str) -> str:
    """The module of the package that a module is in."""
    return f"{dirname(path)}/__init__.py"


def may_list(package: bytes) -> bool:
    """Whether `__all__` may name modules of a package by words that do not stand in it, such as sums of texts."""
    count = package.count(b"__all__")
    return count > _MOST_LISTS or count != len(_PLAIN_LIST.findall(package))


def _may_name(data: bytes, names: Collection[str]) -> bool:
    """Whether one of the names (ASCII) may stand in Python source."""
    if any(b"coding" in line for line in data.split(b"\n", 2)[:2]):
        return True  # in another encoding, perhaps
    text = data.decode("utf-8", "replace")
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return not frozenset(names).isdisjoint(_WORD.findall(text))


def _digest(*about: object) -> str:
    return hashlib.sha256(repr(about).encode("utf-8", "backslashreplace")).hexdigest()
