"""What a Python file imports, told from its syntax tree: nothing of it is run."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from msgspec import Struct

LARGEST = 2**20  # bytes: half a second of parsing

_IMPORT = b"import"
_WORD = re.compile(rb"[^\W\d]\w*")
_BY_CALL = (b"import_module", b"__import__")
_CALLS = ("import_module", "__import__")


class Imports(Struct, frozen=True):
    """What a file imports, and what it uses of it.

    `modules` are dotted names, each with the line where it is imported first; `from a import b` gives `a` and `a.b`.
    `used` are the dotted names of attributes of what was imported. `computed` tells whether a name is computed while it
    runs, and `starred` are the modules of which everything is imported.
    """

    modules: dict[str, int]
    used: dict[str, int]
    computed: bool = False
    starred: frozenset[str] = frozenset()


class Words(Struct, frozen=True):
    """Words of a file, among which are the outermost names of all modules that its statements import.

    `calls` tells whether it calls a function that may import anything.
    """

    names: frozenset[str] = frozenset()
    calls: bool = False


def words_of(data: bytes) -> Words:
    """The words of the lines that have an import in them: cheap, and no syntax tree is made."""
    words: set[bytes] = set()
    calls = False
    at = data.find(_IMPORT)
    while at >= 0:
        start, end = _logical_line(data, at)
        line = data[start:end]
        calls = calls or any(call in line for call in _BY_CALL)
        words.update(_WORD.findall(line))
        at = data.find(_IMPORT, end)
    return Words(frozenset(word.decode("utf-8", "replace") for word in words), calls)


def _logical_line(data: bytes, at: int) -> tuple[int, int]:
    """Where the line of a place starts and ends, with those that backslashes join to it."""
    start = data.rfind(b"\n", 0, at) + 1
    while start and data[max(0, start - 3) : start].endswith((b"\\\n", b"\\\r\n")):
        start = data.rfind(b"\n", 0, start - 1) + 1
    end = data.find(b"\n", at)
    while end >= 0 and data[max(0, end - 2) : end].endswith((b"\\", b"\\\r")):
        end = data.find(b"\n", end + 1)
    return start, end if end >= 0 else len(data)


def imports_of(data: bytes, *, whole: bool = True) -> Imports | None:
    """What a file imports; None where it is no Python of this version, or too large to parse in good time.

    whole: look into expressions, too, where what is used and the functions that import are.
    """
    if len(data) > LARGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the file's own author should mend
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return _Reader(list(ast.walk(tree) if whole else _statements(tree))).read()


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    ahead: list[ast.AST] = [tree]
    while ahead:
        node = ahead.pop()
        yield node
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            ahead += getattr(node, part, ())


class _Reader:
    """Reads the nodes of one file: first what is imported under which name, then what is used of it."""

    def __init__(self, nodes: list[ast.AST]) -> None:
        self._nodes = nodes
        self._modules: dict[str, int] = {}
        self._used: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._starred: set[str] = set()
        self._computed = False

    def read(self) -> Imports:
        for node in self._nodes:
            match node:
                case ast.Import():
                    self._import(node)
                case ast.ImportFrom(level=0, module=str(module)):
                    self._import_from(node, module)
                case ast.Call():
                    self._call(node)
        for node in self._nodes:
            if isinstance(node, ast.Attribute):
                dotted = self._dotted(node)
                if dotted:
                    _first(self._used, dotted, node.lineno)
        return Imports(self._modules, self._used, self._computed, frozenset(self._starred))

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            _first(self._modules, alias.name, node.lineno)
            top = alias.name.partition(".")[0]
            self._names[alias.asname or top] = alias.name if alias.asname else top

    def _import_from(self, node: ast.ImportFrom, module: str) -> None:
        _first(self._modules, module, node.lineno)
        for alias in node.names:
            if alias.name == "*":
                self._starred.add(module)
                continue
            name = f"{module}.{alias.name}"
            _first(self._modules, name, node.lineno)
            self._names[alias.asname or alias.name] = name

    def _call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called not in _CALLS:
            return
        match node.args:
            case [ast.Constant(value=str(name)), *_]:
                _first(self._modules, name, node.lineno)
            case _:
                self._computed = True

    def _dotted(self, node: ast.Attribute) -> str:
        """The dotted name of an attribute of something that was imported; empty for any other."""
        parts = [node.attr]
        value: ast.expr = node.value
        while isinstance(value, ast.Attribute):
            parts.append(value.attr)
            value = value.value
            if len(parts) > 20:  # noqa: PLR2004 - no module is that deep
                return ""
        name = self._names.get(value.id) if isinstance(value, ast.Name) else None
        return ".".join([name, *reversed(parts)]) if name else ""


def _first(lines: dict[str, int], name: str, line: int) -> None:
    lines[name] = min(line, lines.get(name, line))
