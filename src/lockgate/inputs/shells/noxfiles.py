"""noxfile.py: what its sessions install and run, told from the syntax tree: nothing of it is run.

Format: https://nox.thea.codes/en/stable/config.html#the-session-object.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from lockgate.inputs.shell import UNKNOWN, Command, Told, Word, of_words, unwrapped
from lockgate.inputs.variables import Variable
from lockgate.model.finding import Location
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = ("noxfile.py",)

LARGEST = 2**18  # characters

_METHODS = {"install": ("pip", "install"), "run": (), "run_always": (), "run_install": ()}


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """What `session.install` and `session.run` are called with, of whatever parameter that a function has for its session."""
    if len(text) > LARGEST:
        yield Skip(path, f"larger than {LARGEST // 2**10} KiB", gap=True)
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        yield Skip(path + line, "not valid Python", gap=True)
        return
    lines = re.split(r"\r\n|\r|\n", text)
    sessions = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=str(method))) if (
                name in sessions and method in _METHODS
            ):
                for command in _called(node, _METHODS[method], path, lines):
                    yield from of_words(command, doubtful)
            case ast.keyword(arg="env", value=ast.Dict(keys=keys, values=values)):
                for key, value in zip(keys, values, strict=True):
                    yield from _variable(key, value, path, lines)
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Attribute(attr="env" | "environ"), slice=key)], value=value
            ):
                yield from _variable(key, value, path, lines)


def _called(call: ast.Call, before: tuple[str, ...], path: str, lines: list[str]) -> Iterator[Command]:
    at = _place(call, path, lines)
    words = unwrapped((*(Word(text, at) for text in before), *(_word(node, path, lines) for node in call.args)))
    if words:
        yield Command(words, at)


def _variable(key: ast.expr | None, value: ast.expr, path: str, lines: list[str]) -> Iterator[Variable]:
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        yield Variable(key.value, _text(value).replace(UNKNOWN, "$"), _place(value, path, lines))


def _word(node: ast.expr, path: str, lines: list[str]) -> Word:
    return Word(_text(node), _place(node, path, lines))


def _text(node: ast.expr) -> str:
    """What an argument is; UNKNOWN stands for what only a run would tell."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(part.value if isinstance(part, ast.Constant) else UNKNOWN for part in parts)  # type: ignore[misc]
        case _:
            return UNKNOWN


def _place(node: ast.expr, path: str, lines: list[str]) -> Location:
    """Where an expression stands. The tree's columns are bytes."""
    end_line = node.end_lineno or node.lineno
    return Location(
        path=path,
        line=node.lineno,
        column=_column(lines[node.lineno - 1], node.col_offset),
        end_line=end_line,
        end_column=_column(lines[end_line - 1], node.end_col_offset or 0),
    )


def _column(line: str, offset: int) -> int:
    if line.isascii():
        return offset + 1
    return len(line.encode()[:offset].decode("utf-8", "ignore")) + 1
