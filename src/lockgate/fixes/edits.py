"""Changes of single places of files, which leave all else of them as it is."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct

from lockgate.checks.pins.files import PinFiles
from lockgate.config.settings import Settings
from lockgate.fixes.base import Left
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Finding

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")  # as places count them

REACH = 200  # characters before a value in which its key is looked for

_KEY = re.compile(r"[:=]\s*(?:[&!]\S*\s+)*$")
_QUOTES = ('"', "'")
_COMMENT = re.compile(r"(?:\s+(?P<comment>#.*))?\s*")
_VERSION = re.compile(
    r"\A#\s*(?:frozen:|tag\s*=)?\s*(?:v\d+(?:\.\d+)*|\d+(?:\.\d+)+)(?=\s*$|\s+[^\w\s])\s*"
)  # a comment that tells one, before others, and does not begin a sentence


ONLINE, HASHES = "--online", "--hashes"  # the options that more could be written with


class Job(Struct, frozen=True):
    """What pins are written for: the findings of a fixer's rules, and where they are. With `hashes` every file is to have some."""

    findings: tuple[Finding, ...]
    tree: Tree
    files: PinFiles
    settings: Settings
    hashes: bool = False


class Edit(Struct, frozen=True):
    """What mends a finding: `new` on line `line` in place of the characters from `start` to before `end`, which count from 0.

    `name` says for people what is pinned; `value` to what, which everybody may know, and `version` how that is called, if it is.
    """

    finding: Finding
    line: int
    start: int
    end: int
    new: str
    name: str
    value: str
    version: str = ""


class Proposal(Struct, frozen=True):
    """The edits of one kind of pin, what is left, and how many more could be written with an option of the command line."""

    edits: tuple[Edit, ...] = ()
    left: tuple[Left, ...] = ()
    waiting: Mapping[str, int] = {}


class PinFixer(Protocol):
    """A module that pins one kind of thing; `RULES` are the ids of the rules whose findings it mends."""

    RULES: tuple[str, ...]

    def propose(self, job: Job) -> Proposal:
        """What to write. Servers are asked only if the settings say `online`; nothing is raised for what can't be done."""


class Piece(Struct, frozen=True):
    """What stands at a finding: the text, and what comes before and behind it on its line."""

    before: str
    text: str
    behind: str

    @classmethod
    def of(cls, finding: Finding, files: PinFiles) -> Piece | None:
        """None where it goes over several lines."""
        lines = files.lines(finding.path)
        if finding.line != finding.end_line or finding.line > len(lines):
            return None
        line = lines[finding.line - 1]
        start, end = finding.column - 1, finding.end_column - 1
        if line[:start].endswith(_QUOTES) and line[end : end + 1] == line[start - 1]:
            start, end = start - 1, end + 1
        return cls(line[:start], line[start:end], line[end:])

    def around(self, value: str) -> Piece | None:
        """The piece that is a value, with its quotation marks; None where that does not stand in it. That of TOML is a whole entry."""
        found = re.search(rf"(?<![\w./-])(?P<quote>[\"']?){re.escape(value)}(?P=quote)(?=\s|$)", self.text)
        if not found:
            return None
        before, behind = self.text[: found.start()], self.text[found.end() :]
        return Piece(self.before + before, found[0], behind + self.behind)

    def commented(self, finding: Finding, change: tuple[str, str], comment: str, gap: str, name: str) -> Edit | None:
        """The edit that puts the second text of `change` in place of the last that is the first, and `comment` behind it.

        A comment that tells a version makes way; any other one stays behind the new one. None where more than a comment follows, or no
        key comes before: in a block of text a comment would be none.
        """
        old, new = change
        rest = _COMMENT.fullmatch(self.behind)
        if rest is None or not _KEY.search(self.before[-REACH:]):
            return None
        kept = _VERSION.sub("", rest["comment"] or "")
        tail = f"{gap}# {comment}{f' {kept}' if kept else ''}"
        head, _, end = self.text.rpartition(old)
        start = len(self.before)
        length = len(self.text) + len(self.behind)
        return Edit(finding, finding.line, start, start + length, f"{head}{new}{end}{tail}", name, new, comment)


def edited(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The content of a file with the edits. Raises UnicodeDecodeError where it is not UTF-8."""
    mark = data[: len(BOM_UTF8)] if data.startswith(BOM_UTF8) else b""
    lines = LINE.findall(data.decode("utf-8-sig"))
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    for edit in sorted(edits, key=lambda each: (each.line, each.start), reverse=True):
        line = lines[edit.line - 1]
        new = edit.new.replace("\n", ending)
        lines[edit.line - 1] = f"{line[: edit.start]}{new}{line[edit.end :]}"
    return mark + "".join(lines).encode()
