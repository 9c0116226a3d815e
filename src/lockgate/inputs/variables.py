"""Environment variables that files set for the commands that they run."""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from msgspec import Struct

from lockgate.inputs.yaml_positions import DEPTH, location
from lockgate.model.finding import Location


class Variable(Struct, frozen=True):
    """A variable and its value as written, in which `$` begins what only a run would tell."""

    name: str
    value: str
    at: Location


def of_yaml(node: yaml.Node | None, path: str, seen: set[int], depth: int = DEPTH) -> Iterator[Variable]:
    """A mapping of names to values (or to mappings with the key `value`), or a list of `NAME=value`, with what is merged in.

    seen: nodes that were told already; aliases may lead to one more than once.
    """
    if node is None or id(node) in seen or not depth:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            name, equals, value = each.value.partition("=") if isinstance(each, yaml.ScalarNode) else ("", "", "")
            if equals:
                yield Variable(name, value, location(path, each))
            else:
                yield from of_yaml(each, path, seen, depth - 1)
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.tag == "tag:yaml.org,2002:merge":
            yield from of_yaml(value, path, seen, depth - 1)
            continue
        fields = value.value if isinstance(value, yaml.MappingNode) else ()
        told = next((inner for name, inner in fields if name.value == "value"), value)
        if isinstance(told, yaml.ScalarNode) and isinstance(key, yaml.ScalarNode):
            yield Variable(key.value, told.value, location(path, told))
