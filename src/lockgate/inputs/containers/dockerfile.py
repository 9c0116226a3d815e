"""The instructions of a Dockerfile, each with its place.

Format: https://docs.docker.com/reference/dockerfile/, read as BuildKit reads it (frontend/dockerfile/parser). Joined lines
keep their length: what joins them (the escape character, the line break, comments between) is a NUL in their place.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate

from msgspec import Struct
from msgspec.structs import replace

JOINT = "\0"

_NAMES = frozenset(
    (
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
        "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    )
)  # fmt: skip
_WITH_HEREDOCS = ("ADD", "COPY", "RUN")
_FIRST_WORD = re.compile(r"[\s\0]*([^\s\0]+)")
_FLAG = re.compile(r"[\s\0]*(--[^\s]+)")
_STRING = r'"(?:[^"\\\x01-\x1f]|\\.)*+"'
STRINGS = re.compile(_STRING)
"""The strings of a list in JSON."""
_JSON = re.compile(rf"[\s\0]*\[[\s\0]*(?:{_STRING}[\s\0]*+(?:,[\s\0]*{_STRING}[\s\0]*+)*+)?\][\s\0]*\Z")
_QUOTED = r""""(?:[^"\\]|\\.)*+"|'[^']*+'|\\."""
_ARITHMETIC = r"\$\(\((?:[^()]|\([^()]*+\))*+\)\)"  # `<<` in it begins no heredoc
_WORD = rf"(?:{_ARITHMETIC}|{_QUOTED}|[^\s\"'\\]|[\"'\\])++"
_END = rf"(?:{_QUOTED}|[^\s<\"'\\])++(?!\S)"
_QUOTED_WORDS = re.compile(rf"\0*\d*<<(?P<tabs>-?)[ \t\0]*(?P<end>{_END})|{_WORD}", re.DOTALL)


class Word(Struct, frozen=True):
    """A word of an instruction; it stands in the text from `start` to before `end`."""

    text: str
    start: int
    end: int


class Instruction(Struct, frozen=True):
    """One instruction. `name` is in capitals; that of an ONBUILD is the name of what it holds.

    `start` is where its first line begins; `joined` is its text from `rest` on, which is behind name and flags. `rows` are
    the same lines as a shell reads them, from the first of the instruction on. `bodies` are the heredocs: where each
    begins, and its text. `is_whole` is False where one has no end.
    """

    name: str
    start: int
    flags: tuple[Word, ...]
    rest: int
    joined: str
    rows: tuple[str, ...]
    bodies: tuple[tuple[int, str], ...] = ()
    is_whole: bool = True

    @property
    def is_json(self) -> bool:
        """Whether the arguments are a list in JSON."""
        return bool(_JSON.match(self.joined))

    @property
    def words(self) -> list[Word]:
        """The arguments, between blanks or of the list."""
        if self.is_json:
            return [word(match, self.rest, _string(match[0])) for match in STRINGS.finditer(self.joined)]
        return [word(match, self.rest) for match in re.finditer(r"\S+", self.joined) if match[0].strip(JOINT)]

    @property
    def quoted_words(self) -> list[Word]:
        """The arguments, where blanks in quotation marks end none."""
        found = (word(match, self.rest, match[0].replace(JOINT, "")) for match in _QUOTED_WORDS.finditer(self.joined))
        return [each for each in found if each.text]

    def flag(self, name: str) -> Iterator[Word]:
        """The values of `--name=value`."""
        for found in self.flags:
            key, _, value = found.text.partition("=")
            if key == f"--{name}":
                yield Word(value, found.start, found.end)


def word(match: re.Match[str], offset: int, text: str | None = None) -> Word:
    """A match in joined text that stands `offset` characters into the file."""
    raw = match[match.lastindex or 0]
    start = match.start(match.lastindex or 0) + offset + len(raw) - len(raw.lstrip(JOINT))
    return Word(raw.replace(JOINT, "") if text is None else text, start, start + len(raw.strip(JOINT)))


def instructions(text: str) -> Iterator[Instruction | int]:
    """The instructions of a Dockerfile; for one that is none, the offset of its line."""
    return _Reader(text).instructions()


def _string(text: str) -> str:
    try:
        return str(json.loads(text.replace(JOINT, "")))
    except ValueError:
        return text.replace(JOINT, "")[1:-1]


class _Reader:
    def __init__(self, text: str) -> None:
        self._lines = text.replace(JOINT, " ").split("\n")
        self._starts = list(accumulate((len(line) + 1 for line in self._lines), initial=0))
        self._row = 0
        self._escape = self._directives().get("escape", "\\")

    def _directives(self) -> dict[str, str]:
        """The parser directives, which stand in comments before anything else."""
        found: dict[str, str] = {}
        for line in self._lines:
            key, equals, value = line.strip().removeprefix("#").partition("=")
            name = key.strip().lower()
            if not line.startswith("#") or not equals or name not in ("syntax", "escape", "check"):
                break
            found.setdefault(name, value.strip())
        return {name: value for name, value in found.items() if name != "escape" or value in ("\\", "`")}

    def instructions(self) -> Iterator[Instruction | int]:
        while self._row < len(self._lines):
            if _is_blank(self._lines[self._row]):
                self._row += 1
            else:
                yield self._instruction()

    def _instruction(self) -> Instruction | int:
        start = self._starts[self._row]
        joined, rows = self._join()
        named = _FIRST_WORD.match(joined)
        if named and named[1].upper() == "ONBUILD":
            named = _FIRST_WORD.match(joined, named.end()) or named
        if not named or named[1].upper() not in _NAMES:
            return start
        rest = named.end()
        flags = []
        while flag := _FLAG.match(joined, rest):
            flags.append(word(flag, start))
            rest = flag.end()
        found = Instruction(named[1].upper(), start, tuple(flags), start + rest, joined[rest:], tuple(rows))
        return self._with_heredocs(found) if found.name in _WITH_HEREDOCS and "<<" in found.joined else found

    def _join(self) -> tuple[str, list[str]]:
        """The lines of the instruction that begins here as one text of the same length, and as rows for a shell."""
        pieces: list[str] = []
        rows: list[str] = []
        while self._row < len(self._lines):
            line = self._lines[self._row]
            self._row += 1
            if pieces and _is_blank(line):
                pieces.append(JOINT * (len(line) + 1))
                rows.append("\\")
                continue
            bare = line.rstrip(" \t\r")
            if not bare.endswith(self._escape) or bare.endswith(self._escape * 2):
                return "".join([*pieces, line]), [*rows, line]
            pieces.append(bare[:-1] + JOINT * (len(line) + 2 - len(bare)))
            rows.append(bare[:-1] + "\\")
        return "".join(pieces), rows

    def _with_heredocs(self, found: Instruction) -> Instruction:
        if found.is_json:
            return found
        spans: list[tuple[int, int]] = []
        row = self._row
        for match in _QUOTED_WORDS.finditer(found.joined):
            if match["end"] is not None:
                end = self._row_of(re.sub(r"[\0\"'\\]", "", match["end"]), row, tabs=bool(match["tabs"]))
                if end is None:  # what follows is read as if there were no heredoc
                    return replace(found, is_whole=False)
                spans.append((row, end))
                row = end + 1
        rows = (*found.rows, *self._lines[self._row : row])
        self._row = row
        bodies = tuple((self._starts[begin], "\n".join(self._lines[begin:end])) for begin, end in spans)
        return replace(found, bodies=bodies, rows=rows)

    def _row_of(self, end: str, first: int, *, tabs: bool) -> int | None:
        """The row from `first` on that ends a heredoc."""
        rows = self._rows[tabs].get(end, [])
        place = bisect_left(rows, first)
        return rows[place] if place < len(rows) else None

    @cached_property
    def _rows(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """The rows that hold a text, as it stands and without tabs before it."""
        found: tuple[dict[str, list[int]], dict[str, list[int]]] = {}, {}
        for row, line in enumerate(self._lines):
            bare = line.rstrip("\r")
            found[0].setdefault(bare, []).append(row)
            found[1].setdefault(bare.lstrip("\t"), []).append(row)
        return found


def _is_blank(line: str) -> bool:
    bare = line.lstrip()
    return not bare or bare.startswith("#")
