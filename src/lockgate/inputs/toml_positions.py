"""TOML of unknown hands: values, and the places of an array of tables, by tree-sitter where a look at the lines is not enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from lockgate.model.finding import Location
from lockgate.model.record import Skip
from lockgate.model.toml import TomlError, parse

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


# A header, or one of the two values that are asked for.
_LINE = re.compile(r"^(?:\[|(name|version) = )[^\n#]*", re.MULTILINE)


# What is surely a header, and no array that is an item of another one.
_HEADER = re.compile(r"\[{1,2}(?!(?:true|false|inf|nan)\])[A-Za-z_][\w.-]*\]{1,2}[ \t]*$")


def load(text: str, path: str) -> dict[str, Any] | Skip:
    """The values of a TOML file; or why it can't be read, naming the line where that is known."""
    try:
        return parse(text)
    except TomlError as error:
        return Skip(f"{path}:{error.line}" if error.line else path, error.reason, gap=True)


def array_of_tables(text: str, path: str, name: str, count: int) -> list[dict[str, Location]]:
    """For each of the `count` tables of the top-level array `name`, the places of `name = …` and `version = …` directly in it.

    `text` must be valid TOML. A table's own place (that of its header or braces) has the empty key. Where the array is
    written so strangely that its tables are not found, the place of each is the first line.
    """
    found = _plain_tables(text, path, name)
    if len(found) != count:
        found = _parsed_tables(text, path, name)
    return found if len(found) == count else [{"": Location.of_line(path, 1, text.partition("\n")[0])}] * count


def _plain_tables(text: str, path: str, name: str) -> list[dict[str, Location]]:
    """The same for a file as tools write it, each header and value in a line of its own; nothing for one that may be another."""
    if '"""' in text or "'''" in text or "\r" in text:
        return []
    found: list[dict[str, Location]] = []
    inside = False
    line = done = 0
    for match in _LINE.finditer(text):
        line += text.count("\n", done, match.start())
        done = match.start()
        key, end = match[1] or "", len(match[0].rstrip()) + 1
        if not key:
            if not _HEADER.match(match[0]):
                return []
            inside = match[0].rstrip() == f"[[{name}]]"
            if inside:
                found.append({"": Location(path=path, line=line + 1, column=3, end_line=line + 1, end_column=end - 2)})
        elif inside and key not in found[-1]:
            found[-1][key] = Location(path=path, line=line + 1, column=1, end_line=line + 1, end_column=end)
    return found


def _parsed_tables(text: str, path: str, name: str) -> list[dict[str, Location]]:
    """The same for any file."""
    return [
        {"": place(path, _head(table))}
        | {key(pair): place(path, pair) for pair in table.named_children if pair.type == "pair" and pair.named_children}
        for table in _tables(root(text), name)
    ]


def root(text: str) -> Node:
    """The syntax tree of a valid TOML text. Its columns are characters; what is not ASCII is a question mark."""
    # One byte a character: TOML has other than ASCII in strings and comments only.
    return _parser().parse(text.encode("ascii", "replace")).root_node


def place(path: str, node: Node) -> Location:
    """Where a node of the tree stands."""
    (row, column), (end_row, end_column) = node.start_point, node.end_point
    return Location(path=path, line=row + 1, column=column + 1, end_line=end_row + 1, end_column=end_column + 1)


@cache
def _parser() -> Parser:
    import tree_sitter_toml
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_toml.language()))


def _tables(tree: Node, name: str) -> Iterator[Node]:
    for node in tree.named_children:
        if node.type == "table_array_element" and key(node) == name:
            yield node
        elif node.type == "pair" and key(node) == name:
            yield from (table for table in node.named_children[-1].named_children if table.type == "inline_table")


def key(node: Node) -> str:
    """The key of a pair or header as it is written, without quotes."""
    key = next((child.text for child in node.named_children if child.type.endswith("key")), b"")
    return (key or b"").decode().strip("\"'")


def _head(table: Node) -> Node:
    return next((child for child in table.named_children if child.type.endswith("key")), table)
