"""tox.toml: what its environments install and run. Format: https://tox.wiki/en/latest/config.html#tox-toml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lockgate.inputs import toml_positions
from lockgate.inputs.shell import UNKNOWN, Command, Told, Word, of_words, unwrapped
from lockgate.inputs.shells.tox_ini import COMMANDS, SUBSTITUTION, installed
from lockgate.inputs.variables import Variable
from lockgate.model.record import Skip

if TYPE_CHECKING:
    from tree_sitter import Node

PATTERNS: tuple[str, ...] = ("tox.toml",)


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """The commands, one `pip install` for each entry of `deps`, and the variables that are set. A table in their place is not known."""
    values = toml_positions.load(text, path)
    if isinstance(values, Skip):
        yield values
        return
    for key, array in _settings(toml_positions.root(text)):
        if key == "set_env":
            for pair in array.named_children:
                for value in _strings(pair):
                    said = SUBSTITUTION.sub("$", _text(value)).replace(UNKNOWN, "$")
                    yield Variable(toml_positions.key(pair), said, toml_positions.place(path, value))
        elif key in COMMANDS:
            for inner in array.named_children:
                words = unwrapped(tuple(_word(node, path) for node in inner.named_children if node.type != "comment"))
                if inner.type == "array" and words:
                    yield from of_words(Command(words, toml_positions.place(path, inner)), doubtful)
        else:
            yield from (installed(_text(node), toml_positions.place(path, node)) for node in _strings(array))


def _settings(root: Node) -> Iterator[tuple[str, Node]]:
    """The arrays that are the values of `deps` and `commands`, and the tables `set_env`."""
    ahead = [root]
    while ahead:
        node = ahead.pop()
        if node.type == "pair":
            key = toml_positions.key(node)
            value = next((child for child in node.named_children if child.type in ("array", "inline_table")), node)
            if (value.type == "array" and (key in COMMANDS or key == "deps")) or (
                value.type == "inline_table" and key == "set_env"
            ):
                yield key, value
        elif node.type == "table" and toml_positions.key(node).rpartition(".")[2] == "set_env":
            yield "set_env", node
        ahead += reversed([child for child in node.named_children if child.type in ("table", "pair", "inline_table")])


def _strings(array: Node) -> list[Node]:
    return [node for node in array.named_children if node.type == "string"]


def _word(node: Node, path: str) -> Word:
    return Word(SUBSTITUTION.sub(UNKNOWN, _text(node)), toml_positions.place(path, node))


def _text(node: Node) -> str:
    """A string without its quotes; what is no plain string is not known."""
    text = (node.text or b"").decode()
    plain = node.type == "string" and "\\" not in text and not text.startswith(('"""', "'''"))
    return text[1:-1] if plain else UNKNOWN
