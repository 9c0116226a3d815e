"""TOML of unknown hands: values from tomllib, the places of an array of tables from tree-sitter."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from lockgate.model.finding import Location
from lockgate.model.record import Skip
from lockgate.model.toml import TomlError, parse

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


def load(text: str, path: str) -> dict[str, Any] | Skip:
    """The values of a TOML file; or why it can't be read, naming the line where that is known."""
    try:
        return parse(text)
    except TomlError as error:
        return Skip(f"{path}:{error.line}" if error.line else path, error.reason, gap=True)


def array_of_tables(text: str, path: str, name: str, count: int) -> list[dict[str, Location]]:
    """For each of the `count` tables of the top-level array `name`, the place of every `key = value` directly in it.

    `text` must be valid TOML. A table's own place (that of its header or braces) has the empty key. Where the array is
    written so strangely that its tables are not found, the place of each is the first line.
    """
    found = [
        {"": place(path, _head(table))}
        | {
            _key(pair): place(path, pair)
            for pair in table.named_children
            if pair.type == "pair" and pair.named_children
        }
        for table in _tables(root(text), name)
    ]
    return found if len(found) == count else [{"": Location.of_line(path, 1, text.partition("\n")[0])}] * count


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
        if node.type == "table_array_element" and _key(node) == name:
            yield node
        elif node.type == "pair" and _key(node) == name:
            yield from (table for table in node.named_children[-1].named_children if table.type == "inline_table")


def _key(node: Node) -> str:
    """The key of a pair or header as it is written, without quotes."""
    key = next((child.text for child in node.named_children if child.type.endswith("key")), b"")
    return (key or b"").decode().strip("\"'")


def _head(table: Node) -> Node:
    return next((child for child in table.named_children if child.type.endswith("key")), table)
