"""Where the entries of a TOML file stand, by their keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lockgate.inputs.toml_positions import place, root
from lockgate.model.finding import Location

if TYPE_CHECKING:
    from tree_sitter import Node

DEPTH = 8  # of arrays and inline tables

Path = tuple[str | int, ...]


def places(text: str, path: str) -> dict[Path, Location]:
    """The place of each entry of a valid TOML text: `("project", "dependencies", 0)` is the first string of that array.

    A table that is only named by a part of a longer key has the place of the first one. Those of an array of tables are
    counted as the items of any other: `("repos", 1, "rev")`.
    """
    found: dict[Path, Location] = {}
    counts: dict[Path, int] = {}
    for node in root(text).named_children:
        if node.type in ("table", "table_array_element"):
            head, *pairs = node.named_children
            keys = _numbered(_keys(head), counts, begins=node.type != "table")
            entries = [(keys[:length], place(path, head)) for length in range(1, len(keys) + 1)]
            entries += (entry for pair in pairs for entry in _entries(pair, keys, path))
        else:
            entries = list(_entries(node, (), path))
        for at, where in entries:
            found.setdefault(at, where)
    return found


def _numbered(keys: Path, counts: dict[Path, int], *, begins: bool) -> Path:
    """The keys of a header, behind each that names an array of tables the number of the table; `begins` a new one of the last."""
    numbered: Path = ()
    for key in keys:
        if numbered in counts:
            numbered = (*numbered, counts[numbered] - 1)
        numbered = (*numbered, key)
    if begins:
        counts[numbered] = counts.get(numbered, 0) + 1
        numbered = (*numbered, counts[numbered] - 1)
    return numbered


def _entries(node: Node, above: Path, path: str, depth: int = DEPTH) -> Iterator[tuple[Path, Location]]:
    """The entries of a pair, that of each part of its key first."""
    if node.type != "pair" or not depth:
        return
    key, value = node.named_children[0], node.named_children[-1]
    keys = _keys(key)
    for length in range(1, len(keys) + 1):
        yield (*above, *keys[:length]), place(path, node)
    yield from _inside(value, (*above, *keys), path, depth)


def _inside(value: Node, above: Path, path: str, depth: int) -> Iterator[tuple[Path, Location]]:
    if value.type == "inline_table":
        for pair in value.named_children:
            yield from _entries(pair, above, path, depth - 1)
    elif value.type == "array" and depth:
        for number, element in enumerate(child for child in value.named_children if child.type != "comment"):
            yield (*above, number), place(path, element)
            yield from _inside(element, (*above, number), path, depth - 1)


def _keys(node: Node) -> Path:
    """The parts of a key, unquoted."""
    if node.type == "dotted_key":
        return tuple(key for child in node.named_children for key in _keys(child))
    written = (node.text or b"").decode()
    import tomllib

    return (next(iter(tomllib.loads(f"{written}=0"))) if node.type == "quoted_key" else written,)
