"""Conda's environment.yml: the part for pip, which conda writes into a requirements file line by line.

Format: https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html#creating-an-environment-file-manually.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from lockgate.inputs.files import display
from lockgate.inputs.lockfiles import requirements
from lockgate.inputs.lockfiles.base import Manifest, text
from lockgate.inputs.requirement_lines import Parsed, parse
from lockgate.inputs.tree import Tree
from lockgate.model.errors import counted
from lockgate.model.finding import Location
from lockgate.model.record import Skip

if TYPE_CHECKING:
    from yaml import Node, ScalarNode

PATTERNS = ("environment.yml", "environment.yaml", "environment[-_]*.yml", "environment[-_]*.yaml")

_LINE_END = re.compile(r"\r\n|\r|\n")


def read(tree: Tree, paths: Sequence[str]) -> Iterable[Manifest]:
    """What pip would be told to install in each environment. Packages of conda have advisories of their own and are left out.

    A file of such a name that has no `dependencies` is none of conda's.
    """
    return (_manifest(tree, path) for path in paths)


def _manifest(tree: Tree, path: str) -> Manifest:
    from yaml import SequenceNode

    from lockgate.inputs import yaml_positions

    shown = display(path)
    content = text(tree, path)
    top = content if isinstance(content, Skip) else yaml_positions.compose(content, shown)
    if isinstance(top, Skip):
        return Manifest(path=shown, skipped=(top,))
    skipped: list[Skip] = []
    of_conda = 0
    lines: list[ScalarNode] = []
    for dependencies in _values(top, "dependencies", shown, skipped):
        if not isinstance(dependencies, SequenceNode):
            skipped.append(_gap(shown, dependencies, "is no list of dependencies"))
            continue
        of_conda += sum(_is_text(node) for node in dependencies.value)
        others = (node for node in dict.fromkeys(dependencies.value) if not _is_text(node))
        lines += dict.fromkeys(line for node in others for line in _of_pip(node, shown, skipped))
    manifest = requirements.read_parsed(tree, path, _parsed(lines, shown))
    if of_conda:
        reason = f"{counted(of_conda, 'package')} of conda not looked up"
        skipped.append(Skip(shown, reason))
    return replace(manifest, skipped=(*manifest.skipped, *skipped))


def _values(node: Node | None, key: str, shown: str, skipped: list[Skip]) -> list[Node]:
    """The values of a key of a mapping. More than one of them, of which each could be meant, are a gap as well."""
    from yaml import MappingNode

    values = [value for name, value in node.value if name.value == key] if isinstance(node, MappingNode) else []
    if len(values) > 1:
        skipped.append(_gap(shown, values[1], f"gives {key} twice"))
    return values


def _of_pip(node: Node, shown: str, skipped: list[Skip]) -> Iterator[ScalarNode]:
    """The lines of a `pip` part."""
    from yaml import MappingNode, ScalarNode, SequenceNode

    parts = _values(node, "pip", shown, skipped)
    if not parts or not isinstance(node, MappingNode) or len(node.value) > len(parts):
        skipped.append(_gap(shown, node, "is neither a package nor a part for pip"))
    for part in parts:
        if isinstance(part, ScalarNode) and part.tag.endswith(":null"):
            continue
        if not isinstance(part, SequenceNode):
            skipped.append(_gap(shown, part, "is no list of requirements"))
            continue
        for line in part.value:
            if _is_text(line):
                yield line
            else:
                skipped.append(_gap(shown, line, "is no requirement"))


def _parsed(nodes: Sequence[ScalarNode], shown: str) -> Parsed:
    """The lines of these nodes as those of a requirements file, each told where it stands."""
    lines = [(node, line) for node in nodes for line in _LINE_END.split(node.value)]
    parsed = parse("\n".join(line for _, line in lines).encode(errors="replace"), shown)

    def moved(skip: Skip) -> Skip:
        number = skip.subject.removeprefix(f"{shown}:")
        return (
            replace(skip, subject=f"{shown}:{lines[int(number) - 1][0].start_mark.line + 1}")
            if number.isdigit()
            else skip
        )

    return Parsed(
        packages=[
            replace(package, at=_place(package.at, lines[package.at.line - 1][0])) for package in parsed.packages
        ],
        includes=[replace(each, line=lines[each.line - 1][0].start_mark.line + 1) for each in parsed.includes],
        skipped=list(map(moved, parsed.skipped)),
        lines=parsed.lines,
    )


def _place(at: Location, node: ScalarNode) -> Location:
    """Where something of the line of a node stands: exactly in a plain one, else it is the whole node."""
    from lockgate.inputs.yaml_positions import location

    whole = location(at.path, node)
    if node.style or whole.line != whole.end_line or at.line != at.end_line or not at.end_column:
        return whole
    return replace(whole, column=whole.column + at.column - 1, end_column=whole.column + at.end_column - 1)


def _is_text(node: Node) -> bool:
    from yaml import ScalarNode

    return isinstance(node, ScalarNode) and not node.tag.endswith(":null")


def _gap(shown: str, node: Node, reason: str) -> Skip:
    return Skip(f"{shown}:{node.start_mark.line + 1}", reason, gap=True)
