"""YAML of unknown hands, as nodes that know where they stand.

A file is composed, never constructed, so an alias costs nothing however often it is used.
"""

from __future__ import annotations

import yaml

from lockgate.model.errors import shortened
from lockgate.model.finding import Location
from lockgate.model.record import Skip

LIMIT = 2**19  # characters: the parser is slow, and people write these files
FLAT = 1000  # brackets, and characters of a line: nothing is nested deeper than that
DEPTH = 10  # of merged mappings


def compose(text: str, path: str) -> yaml.Node | Skip | None:
    """The node of a file's only document, None where it has none; or why it can't be read, naming the line where that is known."""
    if len(text) > LIMIT:
        return Skip(path, f"larger than {LIMIT // 1024} KiB", gap=True)
    try:
        if _is_flat(text):
            return yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        pass  # the other one says what is wrong
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        return Skip(path + line, f"not valid YAML: {shortened(str(error.problem))}", gap=True)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return Skip(path, f"not valid YAML ({type(error).__name__})", gap=True)


def _is_flat(text: str) -> bool:
    """Whether libyaml, which is quick but recurses without a bound, can compose a text, and there is libyaml."""
    brackets = text.count("[") + text.count("{")
    return hasattr(yaml, "CSafeLoader") and brackets < FLAT and max(map(len, text.splitlines()), default=0) < FLAT


def location(path: str, node: yaml.Node) -> Location:
    """The place of a node."""
    start, end = node.start_mark, node.end_mark
    return Location(
        path=path,
        line=start.line + 1,
        column=start.column + 1,
        end_line=end.line + 1,
        end_column=end.column + 1,
    )


class Mappings:
    """Looks up keys of mappings. Each is searched once, however many aliases and merges lead to it."""

    def __init__(self) -> None:
        self._known: dict[tuple[yaml.Node, str], yaml.Node | None] = {}

    def get(self, node: yaml.Node | None, key: str, depth: int = DEPTH) -> yaml.Node | None:
        """The value of a key as YAML means it: the last one given, else the first of what is merged in."""
        if not isinstance(node, yaml.MappingNode) or not depth:
            return None
        if (node, key) not in self._known:
            self._known[node, key] = None  # while it is searched: it may merge itself
            self._known[node, key] = self._search(node, key, depth)
        return self._known[node, key]

    def _search(self, node: yaml.MappingNode, key: str, depth: int) -> yaml.Node | None:
        found = merged = None
        for name, value in node.value:
            if name.value == key:
                found = value
            elif name.tag == "tag:yaml.org,2002:merge":
                sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
                results = (self.get(source, key, depth - 1) for source in sources)
                merged = next((result for result in results if result is not None), merged)
        return found or merged
