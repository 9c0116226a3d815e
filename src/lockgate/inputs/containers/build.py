"""What a Dockerfile fetches and runs: images, downloads and shell commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec import Struct

from lockgate.inputs.containers import interpolation
from lockgate.inputs.containers.dockerfile import JOINT, STRINGS, Instruction, Word, instructions
from lockgate.inputs.containers.interpolation import expand
from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import as_gap
from lockgate.inputs.text_places import Places
from lockgate.inputs.tree import Tree
from lockgate.inputs.variables import Variable
from lockgate.model.finding import Location
from lockgate.model.record import Skip

LIMIT = 2**20  # characters: people write these files

_NAME = re.compile(
    r"(?:Dockerfile|Containerfile)(?:\..+)?|(?:.+\.)?(?:dockerfile|containerfile)|.+\.(?:Docker|Container)file"
)
_OTHERS = (".dockerignore", ".containerignore", ".swp", ".bak", ".orig", ".rej")
_TEMPLATES = (".erb", ".in", ".j2", ".jinja", ".jinja2", ".mustache", ".template", ".tmpl", ".tpl")
_SHELL = re.compile(r"(?:.*[/\\])?(?:ba|da|a|k|z)?sh", re.DOTALL)
_SHEBANG = re.compile(r"\s*#!\s*(?:/\S*/env\s+(?:-S\s+)?)?(\S+)")
_CHECKS = re.compile(r"\b(?:sha(?:224|256|384|512)sum|b2sum|shasum|gpgv?|cosign|minisign)\b")
_CHECK_OPTIONS = frozenset({"-c", "--check", "--verify", "verify-blob", "gpgv", "-V", "-Vm"})
_NAMES = re.compile(r"[\w.+-]+")
_QUOTES = re.compile("[\"']")
_ONLY_HEREDOCS = re.compile(r"(?:[\s\0]*\d*<<-?[ \t\0]*[^\s<]+)+[\s\0]*")


class Image(Struct, frozen=True):
    """An image that is fetched, as it is named once variables have their values.

    `is_sure` is False where the name may as well be that of a build context, which the caller of the build gives.
    """

    name: str
    at: Location
    is_sure: bool = True


class Download(Struct, frozen=True):
    """An address that a build fetches. `checksum` is None where there is none, empty where it can't be told.

    `is_checked` tells whether a command of the same stage compares the file with a checksum or signature.
    """

    url: str
    checksum: str | None
    is_checked: bool
    at: Location


class Run(NamedTuple):
    """A piece of shell, and where its first character stands. Its lines are those of the file, so rows and columns hold."""

    text: str
    line: int
    column: int


class Build(Struct, frozen=True):
    """What one Dockerfile or Compose file fetches and runs, the names of the images that it makes, and what of it could not be read."""

    path: str
    images: tuple[Image, ...] = ()
    downloads: tuple[Download, ...] = ()
    commands: tuple[Run, ...] = ()
    variables: tuple[Variable, ...] = ()
    skipped: tuple[Skip, ...] = ()
    made: frozenset[str] = frozenset()


def is_input(path: str) -> bool:
    """Whether a file of that name is a Dockerfile (or Containerfile)."""
    name = path.rpartition("/")[2]
    return bool(_NAME.fullmatch(name)) and not name.endswith(_OTHERS)


def read(tree: Tree, path: str) -> Build:
    """Read one file. What can't be read is in `skipped`; nothing is raised for a bad file."""
    shown = display(path)
    if path.endswith(_TEMPLATES):
        return Build(shown, skipped=(Skip(shown, "a template, which is no Dockerfile yet"),))
    text = as_gap(tree.text(path))
    if isinstance(text, Skip):
        return Build(shown, skipped=(text,))
    return of_text(text, shown, Places(text, shown).at)


def of_text(text: str, path: str, at: Callable[[int, int], Location]) -> Build:
    """What the text of a Dockerfile means. `at` gives the place of its characters from one offset to before another."""
    if len(text) > LIMIT:
        return Build(path, skipped=(Skip(path, f"larger than {LIMIT // 1024} KiB", gap=True),))
    found = list(instructions(text))
    known = [item for item in found if isinstance(item, Instruction)]
    unknown = [item for item in found if isinstance(item, int)]
    torn = [item.start for item in known if not item.is_whole]
    odd = [item.start for item in known if item.name == "FROM" and len(item.words) != (3 if _alias(item) else 1)]
    gaps = [
        _gap(torn, "has a heredoc without an end", at),
        _gap(unknown, "is no instruction of a Dockerfile", at),
        _gap(odd, "names not one image and at most one stage", at),
    ]
    return Build(
        path,
        tuple(_Stages(known, at).images()),
        tuple(_Stages(known, at).downloads()),
        tuple(_commands(known, at)),
        tuple(_variables(known, at)),
        tuple(filter(None, gaps)),
    )


def _gap(offsets: list[int], what: str, at: Callable[[int, int], Location]) -> Skip | None:
    """One gap for all such lines: a file may have very many."""
    if not offsets:
        return None
    place = at(offsets[0], offsets[0] + 1)
    more = f" ({len(offsets) - 1} more such lines follow)" if len(offsets) > 1 else ""
    return Skip(place.where, f"{what}{more}", gap=True)


class _Stages:
    """The stages of a build, and the variables known in them."""

    def __init__(self, found: list[Instruction], at: Callable[[int, int], Location]) -> None:
        self._found = found
        self._at = at
        self._names = {name for item in found if item.name == "FROM" and (name := _alias(item))}

    def images(self) -> Iterator[Image]:
        """The images that stages begin with, and those from which files are taken."""
        before: set[str] = set()
        for item, known in self._with_variables():
            if item.name == "FROM":
                if item.words and (image := self._image(item.words[0], known, before)):
                    yield image
                before.add(_alias(item))
            for word in _sources(item):
                if image := self._image(word, known, self._names):
                    is_sure = item.name == "FROM" or any(mark in image.name for mark in ":/@")
                    yield Image(image.name, image.at, is_sure)

    def _image(self, word: Word, known: dict[str, str | None], stages: set[str]) -> Image | None:
        name = expand(word.text, known, interpolation.DOCKERFILE)
        if not name or name.isdecimal() or name == "scratch" or name.lower() in stages:
            return None
        return Image(name, self._at(word.start, word.end))

    def downloads(self) -> Iterator[Download]:
        """The addresses that `ADD` fetches."""
        checked = self._checked_names()
        stage = 0
        for item, known in self._with_variables():
            stage += item.name == "FROM"
            if item.name != "ADD":
                continue
            checksums = [expand(flag.text, known, interpolation.DOCKERFILE) or "" for flag in item.flag("checksum")]
            words = item.words
            for word in words[:-1]:
                url = expand(word.text, known, interpolation.DOCKERFILE)
                if url and ("://" in url or url.startswith("git@")):
                    names = {re.split("[?#]", url)[0].rpartition("/")[2], words[-1].text.rpartition("/")[2]} - {""}
                    at = self._at(word.start, word.end)
                    yield Download(url, checksums[-1] if checksums else None, bool(names & checked[stage]), at)

    def _checked_names(self) -> list[set[str]]:
        """For each stage the words of those of its commands that check files: the names of these are among them."""
        found: list[set[str]] = [set()]
        for item in self._found:
            if item.name == "FROM":
                found.append(set())
            elif item.name == "RUN":
                text = "\n".join((item.joined, *(body for _, body in item.bodies)))
                if _CHECKS.search(text):
                    words = set(_NAMES.findall(text))
                    found[-1] |= words if words & _CHECK_OPTIONS else set()
        return found

    def _with_variables(self) -> Iterator[tuple[Instruction, dict[str, str | None]]]:
        """Each instruction with the variables that it may use. FROM sees those before the first stage only."""
        shared: dict[str, str | None] = {}
        known = shared
        for item in self._found:
            if item.name == "FROM":
                known = {}
                yield item, shared
                continue
            yield item, known
            if item.name in ("ARG", "ENV"):
                _define(item, known, shared)


def _define(item: Instruction, known: dict[str, str | None], shared: dict[str, str | None]) -> None:
    for name, value, _ in _assignments(item):
        if value is not None:
            known[name] = expand(value, known, interpolation.DOCKERFILE)
        elif name in shared:
            known[name] = shared[name]


def _assignments(item: Instruction) -> Iterator[tuple[str, str | None, Word]]:
    """What ENV and ARG set: name, value as it is written (None where there is none), and the word with the value."""
    words = item.quoted_words
    if item.name == "ENV" and words and "=" not in words[0].text:
        yield words[0].text, " ".join(word.text for word in words[1:]), words[-1]
        return
    for word in words:
        name, equals, value = word.text.partition("=")
        yield name, value if equals else None, word


def _variables(found: list[Instruction], at: Callable[[int, int], Location]) -> Iterator[Variable]:
    """The variables that commands of the build see, and the defaults of those that a caller may set."""
    for item in found:
        for name, value, word in _assignments(item) if item.name in ("ARG", "ENV") else ():
            if value:
                yield Variable(name, _QUOTES.sub("", value), at(word.start, word.end))


def _alias(item: Instruction) -> str:
    """The name of a stage, which is the same in capitals."""
    match item.words:
        case [_, Word(text=keyword), Word(text=name), *_] if keyword.lower() == "as":
            return name.lower()
    return ""


def _sources(item: Instruction) -> Iterator[Word]:
    """What files are taken from: `COPY --from=…` and `RUN --mount=from=…`."""
    if item.name == "COPY":
        yield from item.flag("from")
    if item.name == "RUN":
        for mount in item.flag("mount"):
            for option in mount.text.split(","):
                if option.startswith("from="):
                    yield Word(option.removeprefix("from="), mount.start, mount.end)


def _commands(found: list[Instruction], at: Callable[[int, int], Location]) -> Iterator[Run]:
    """What RUN gives to a POSIX shell. A list in JSON is written as the words of a command."""
    is_shell = True
    for item in found:
        if item.name in ("FROM", "SHELL"):
            is_shell = item.name == "FROM" or not item.words or bool(_SHELL.fullmatch(item.words[0].text))
        elif item.name == "RUN" and item.is_json:
            yield _command(_as_words(item), item.rest, at)
        elif item.name == "RUN" and is_shell:
            yield from _scripts(item, at)


def _scripts(item: Instruction, at: Callable[[int, int], Location]) -> Iterator[Run]:
    if not item.bodies or not _ONLY_HEREDOCS.fullmatch(item.joined):
        first = at(item.rest, item.rest + 1)
        begin = at(item.start, item.start + 1)
        rows = item.rows[first.line - begin.line :]
        if rows:
            yield Run("\n".join([rows[0][first.column - 1 :], *rows[1:]]), first.line, first.column)
        return
    for start, text in item.bodies:
        shebang = _SHEBANG.match(text)
        if not shebang or _SHELL.fullmatch(shebang[1]):
            yield _command(text, start, at)


def _command(text: str, start: int, at: Callable[[int, int], Location]) -> Run:
    place = at(start, start + 1)
    return Run(text, place.line, place.column)


def _as_words(item: Instruction) -> str:
    """A list in JSON as words in quotation marks, each in its place."""
    text = list(" " * len(item.joined))
    for match in STRINGS.finditer(item.joined):
        text[match.start() : match.end()] = match[0]
    return "".join(text).replace(JOINT, " ")
