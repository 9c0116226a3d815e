"""What a command installs, and how firmly it names it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import cache
from typing import Protocol, cast

from msgspec import Struct

from lockgate.inputs.indexes import VARIABLES
from lockgate.inputs.requirement_lines import is_archive, is_url
from lockgate.inputs.shell import UNKNOWN, Command, Word
from lockgate.inputs.urls import shown as shown_url
from lockgate.model.finding import Location
from lockgate.model.modules import loaded

# What stands in every file with a command that is judged.
WORDS = (
    r"\b(?:pip|uvx?\b|npx\b|npm\b|pnpm\b|yarn\b|bunx\b|go\b|cargo\b|gem\b|curl\b|wget\b|deps\b|docker\b|podman\b|nerdctl\b|"
    rf"poetry\b|pdm\b|(?:image|services|container):)|\.install\(|(?i:ssl_?verify)|{VARIABLES}"
)
# What must not stand where a file can't be parsed.
DOUBTFUL = r"\b(?:pip[\d.]* install|pipx |uvx |uv (?:pip|tool) |npx |(?:go|cargo|gem) install |curl |wget |(?:docker|podman|nerdctl) (?:run|pull|create) )"


class Tier(IntEnum):
    """How firmly something is named: not at all, by a version, or by what it holds."""

    NONE = 0
    VERSION = 1
    HASH = 2


class Install(Struct, frozen=True):
    """Something that a command fetches and installs or runs. `hashable` tells whether the installer can check a hash of it."""

    installer: str
    what: str
    tier: Tier
    at: Location
    fix: str
    hashable: bool = False


class Files(Protocol):
    """Looks up requirements files that a command names, and locks of the folders that it may run in."""

    def tier(self, name: str, path: str) -> Tier | None:
        """How firmly the file `name` names what it requires, None where that is not known or told at the file itself."""

    def pinned(self, names: Sequence[str], path: str) -> dict[str, Tier]:
        """What the constraints files `names` pin."""

    def is_locked(self, name: str, path: str, folders: Sequence[str]) -> bool:
        """Whether a lock of npm, pnpm or Yarn has a package or command: of `folders`, or where the commands of a file run."""


class Installer(Protocol):
    """A module that judges one family of commands, whose names match the regular expression `NAMES` as a whole."""

    NAMES: str

    def installs(self, command: Command, files: Files) -> Iterator[Install]:
        """What a command of one of the names installs, as far as that is known."""


def installs(command: Command, files: Files) -> Iterator[Install]:
    """What a command installs; it is as `of_module` gives it."""
    name = command.name
    for pattern, installer in _installers():
        if pattern.fullmatch(name):
            yield from installer.installs(command, files)


_PYTHON = re.compile(r"(?:python|pypy)[\d.]*w?|py|[^/]*\0[^/]*")
_MODULE = re.compile(r"-[bBdEiIOPqsSuvx]*m")
_RUNNERS = {"poetry", "pdm", "pipenv", "hatch", "rye", "pixi", "uv"}


def of_module(command: Command) -> Command:
    """`python -m pip …` as `pip …`, and `poetry run pip …` too."""
    words, name = command.words, command.name
    if name in _RUNNERS and len(words) > 2 and words[1].text == "run":  # noqa: PLR2004
        inner = next((at for at in range(2, len(words)) if not words[at].text.startswith("-")), len(words))
        words = words[inner:] if name != "uv" or _is_pip(words[inner : inner + 4]) else words
    if words is command.words and not _PYTHON.fullmatch(name):
        return command
    if words and _PYTHON.fullmatch(words[0].text.rpartition("/")[2]):
        words = _module(words) or words
    return Command(words or command.words, command.place)


def _module(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The module that Python runs and its arguments; nothing where it runs something else. `-mpip` and `-Im pip` name one, too."""
    at = 1
    while at < len(words) and words[at].text.startswith("-"):
        chosen = _MODULE.match(words[at].text)
        if chosen:
            glued = words[at].text[chosen.end() :]
            return ((Word(glued, words[at].place),) if glued else ()) + words[at + 1 :]
        at += 2 if words[at].text in {"-W", "-X"} else 1
    return ()


def _is_pip(words: Sequence[Word]) -> bool:
    """Whether what `uv run` runs installs by itself."""
    return any(word.text.rpartition("/")[2] in {"pip", "pip3", "pipx"} for word in words)


@cache
def _installers() -> tuple[tuple[re.Pattern[str], Installer], ...]:
    modules = loaded("lockgate.checks.pins.installers")
    return tuple((re.compile(module.NAMES), cast("Installer", module)) for module in modules)


_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(.*)", re.DOTALL)
_EXACT = re.compile(r"\(?\s*={2,3}\s*([^\s,*()]+)\s*\)?")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_IN_URL = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-f])")
_SOURCE = re.compile(
    r"^(?:[\w.\[\],-]+\s*@\s*)?((?:git|hg|svn|bzr)\+.*|[a-z][a-z0-9+.-]*://.*)", re.IGNORECASE | re.DOTALL
)
_HASHED = re.compile(r"--hash[= ]|#(?:.*&)?sha(?:256|384|512)=")


def of_python(text: str) -> tuple[str, Tier] | None:
    """Name and tier of a Python requirement; None where it is local or not known."""
    source = _SOURCE.match(text)
    if source:
        return of_url(source[1])
    if _is_local(text):
        return None
    bare, _, _ = text.partition(";")
    match = _REQUIREMENT.fullmatch(bare.partition(" --hash")[0])
    if not match or UNKNOWN in match[1] or match[2].startswith(UNKNOWN):
        return None
    name, specifiers = match[1], match[2].strip()
    if _HASHED.search(text):
        return name, Tier.HASH
    exact = _EXACT.fullmatch(specifiers)
    if exact or "@" in specifiers:
        if UNKNOWN in specifiers:
            return None
        return (name, Tier.VERSION) if exact else None
    return None if UNKNOWN in specifiers else (name, Tier.NONE)


def of_url(url: str) -> tuple[str, Tier] | None:
    """How firmly an address names what is there; None for a file of this machine, and where that is not known."""
    if url.lower().startswith(("file:", "git+file:")):
        return None
    address, _, _ = url.partition("#")
    name = shown_url(address).replace(UNKNOWN, "…")
    if _HASHED.search(url):
        return name, Tier.HASH
    if re.match(r"(?:git|hg|svn|bzr)\+", url, re.IGNORECASE):
        path = address.partition("://")[2].partition("/")[2]
        revision = path.rpartition("@")[2] if "@" in path else ""
        if UNKNOWN in revision:
            return None
        bare = address.removesuffix(f"@{revision}")
        return shown_url(bare).replace(UNKNOWN, "…"), Tier.HASH if _COMMIT.fullmatch(revision) else Tier.NONE
    if UNKNOWN in address:
        return None
    file = address.rpartition("/")[2]
    return name, Tier.HASH if _IN_URL.search(address) else Tier.VERSION if re.search(r"\d", file) else Tier.NONE


def _is_local(text: str) -> bool:
    """Whether pip takes it for a path."""
    path = text.partition("[")[0]
    return path in {".", "..", "~"} or "/" in path or "\\" in path or (is_archive(path) and not is_url(path))


def of_tool(text: str) -> tuple[str, Tier] | None:
    """Name and tier of what uv takes as a tool: a requirement, or NAME@VERSION."""
    match = re.fullmatch(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?@([^/:\s]+)", text)
    if not match:
        return of_python(text)
    if UNKNOWN in text:
        return None
    return match[1], Tier.VERSION if re.match(r"v?\d", match[2]) else Tier.NONE


_SEMANTIC = re.compile(r"[v=]?\d+\.\d+\.\d+(?:[-+].*)?")


def of_node(text: str) -> tuple[str, Tier] | None:
    """Name and tier of a package of npm: NAME@VERSION, where only a whole version is one."""
    if text.startswith((".", "/", "~", "file:")) or is_archive(text):
        return of_url(text) if "://" in text else None
    if "://" in text or text.startswith("github:"):
        _, _, revision = text.partition("#")
        if UNKNOWN in text:
            return None
        return shown_url(text.partition("#")[0]), Tier.HASH if _COMMIT.fullmatch(revision) else Tier.NONE
    name, at, version = text[1:].partition("@")
    name = text[:1] + name
    if UNKNOWN in text or not re.fullmatch(r"@?[\w.-]+(?:/[\w.-]+)?", name):
        return None
    return name, Tier.VERSION if at and _SEMANTIC.fullmatch(version) else Tier.NONE
