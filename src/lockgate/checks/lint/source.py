"""Python source as pylint's messages refer to it."""

from __future__ import annotations

import io
import re
import tokenize
from functools import cached_property

from lockgate.engines.pylint import Message
from lockgate.inputs.files import display
from lockgate.model.finding import Location

# Of the encodings that a file may declare, those that can't make decoding expensive.
_ENCODINGS = frozenset({"utf-8", "utf-8-sig", "iso-8859-1", "iso-8859-15", "cp1252", "ascii"})
_LITERAL = re.compile(r"(\"\"\"|''')[\s\S]*?\1|\"[^\"\n]*\"|'[^'\n]*'|#[^\n]*")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
# `import *`, a module that an import makes a name of its package, and what is bound in the first column.
_BOUND = re.compile(
    r"^[ \t]*from[ \t]+[\w.]+[ \t]+import[ \t]*(\*)|^[ \t]*from[ \t]+\.(\w+)[ \t]+import\b"
    r"|^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)",
    re.MULTILINE,
)
_IMPORTED = re.compile(r"^(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+([^\n;]+)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_LONGEST_LINE = 20_000  # characters; in a longer one nothing is looked for, because it may have as many messages
_SHORTEST = 4  # shorter literals are no secrets, and are words of the message itself
# Messages that quote names of the code, its own or another module's, and never a value.
_OF_NAMES = frozenset(
    """
    abstract-method access-member-before-definition arguments-differ arguments-renamed assignment-from-no-return
    assignment-from-none attribute-defined-outside-init c-extension-no-member cyclic-import function-redefined import-error
    import-self invalid-overridden-method missing-kwoa method-hidden no-member no-name-in-module no-value-for-parameter
    possibly-used-before-assignment protected-access redefined-builtin redefined-outer-name redundant-keyword-arg
    relative-beyond-top-level reimported signature-differs super-init-not-called too-many-function-args undefined-variable
    unexpected-keyword-arg unused-argument unused-import unused-variable used-before-assignment wildcard-import
    """.split()  # noqa: SIM905 - names read better so
)


class Source:
    """The text of one Python file."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.text = _decoded(data)
        self.lines = self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    @property
    def masked(self) -> str:
        """The text with what is in string literals and comments replaced, so that a hash of it is none of a secret."""
        return _LITERAL.sub(lambda match: re.sub(r"[^\r\n]", "*", match.group()), self.text)

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that the module has at run time, as far as single lines tell; with `*` it may have any."""
        text = self.masked
        parts = (part for listed in _IMPORTED.findall(text) for part in listed.split(","))
        imported = (words[-1].partition(".")[0] for part in parts if (words := part.strip("() \t*").split()))
        return frozenset(name for names in _BOUND.findall(text) for name in names if name).union(imported)

    def place(self, message: Message) -> Location:
        """Where a message is; to the end of the line where pylint does not say where it ends. A long line is told as a whole."""
        line = min(max(message.line, 1), len(self.lines))
        if self._is_long(line):
            end = len(self.lines[line - 1]) + 1
            return Location(path=display(self.path), line=line, column=1, end_line=line, end_column=end)
        column = self._column(line, message.column)
        end_line, end_column = line, max(len(self.lines[line - 1].rstrip()), column) + 1
        if message.end_line and message.end_column is not None and line <= message.end_line <= len(self.lines):
            end_line, end_column = message.end_line, self._column(message.end_line, message.end_column)
        return Location(path=display(self.path), line=line, column=column, end_line=end_line, end_column=end_column)

    def told(self, message: Message, *, own: bool = False) -> str:
        """The text of a message on one line, without what it quotes of literals and comments: that may be a secret.

        What is known to be names stays: what messages of our `own` rules and some of pylint's quote, what the parser says of code
        that it can't read, and otherwise what is made of names of this file alone.
        """
        if message.symbol == "fixme":
            return "A comment marks work that is not done"
        number = min(max(message.line, 1), len(self.lines))
        if self._is_long(number):
            return f"pylint's {message.symbol}, of which more is not told on a line of more than {_LONGEST_LINE} characters"
        text = " ".join(message.text.split())
        if own or message.symbol in _OF_NAMES:
            return text
        if message.symbol != "syntax-error":
            text = _QUOTED.sub(self._shown, text)
        line = self.lines[number - 1]
        for match in _LITERAL.finditer(line):
            inner = match.group().strip("\"'")
            if len(inner) >= _SHORTEST:
                text = text.replace(inner, "…")
        return text

    def _shown(self, quoted: re.Match[str]) -> str:
        return quoted.group() if self._names.issuperset(_WORD.findall(quoted.group())) else "…"

    @cached_property
    def _names(self) -> frozenset[str]:
        """The words of the code outside of literals and comments."""
        return frozenset(_WORD.findall(self.masked))

    def _is_long(self, line: int) -> bool:
        return len(self.lines[line - 1]) > _LONGEST_LINE

    def _column(self, line: int, offset: int) -> int:
        """The column, from 1 and in code points, of an offset in bytes of UTF-8."""
        return len(self.lines[line - 1].encode("utf-8", "replace")[:offset].decode("utf-8", "ignore")) + 1


def _decoded(data: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except (SyntaxError, LookupError):
        encoding = "utf-8"
    return data.decode(encoding if encoding in _ENCODINGS else "utf-8", "replace")
