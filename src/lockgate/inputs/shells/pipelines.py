"""What the readers of pipelines in YAML share: they differ in the keys under which shell, images and variables stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from lockgate.inputs import shell, variables, yaml_positions
from lockgate.inputs.shell import UNKNOWN, Command, Told, Word
from lockgate.inputs.variables import Variable
from lockgate.inputs.yaml_positions import Mappings, location
from lockgate.inputs.yaml_snippets import snippet
from lockgate.model.finding import Location
from lockgate.model.record import Skip

_VARIABLE = re.compile(r"\$(?:\w+|\{[^{}$]*\})")


class Pipeline:
    """A file of which every node is told once, however many aliases lead to it.

    `expression` is what the service replaces before anything else sees it, of four characters at least; `doubtful` what must not
    stand in shell that can't be parsed.
    """

    def __init__(self, text: str, path: str, doubtful: re.Pattern[str], expression: str = "(?!)") -> None:
        self._text = text
        self._path = path
        self._lines = text.splitlines()
        self._doubtful = doubtful
        self._expression = re.compile(expression)
        self._seen: set[int] = set()
        self._seen_variables: set[int] = set()
        self.get = Mappings().get

    def mappings(self, without: str = "") -> Iterator[yaml.MappingNode | Skip]:
        """Every mapping, but for what is under the key `without`; or why the file can't be read."""
        top = yaml_positions.compose(self._text, self._path)
        ahead: list[yaml.Node | Skip] = [top] if top else []
        seen: set[int] = set()
        while ahead:
            node = ahead.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, yaml.SequenceNode):
                ahead += reversed(node.value)
            elif isinstance(node, Skip | yaml.MappingNode):
                yield node
            if isinstance(node, yaml.MappingNode):
                ahead += reversed([value for key, value in node.value if key.value != without])

    def shell(self, node: yaml.Node | None) -> Iterator[Told]:
        """The commands of a piece of shell, or of lists of such."""
        for text in self._scalars(node):
            yield from shell.commands(snippet(text, self._path, self._lines, self._rewritten), self._doubtful)

    def images(self, node: yaml.Node | None) -> Iterator[Command]:
        """One `docker pull` for an image, or for each of a list; an image is its name, or a mapping with that."""
        for image in self._scalars(node, "name"):
            name = _VARIABLE.sub(UNKNOWN, self._expression.sub(UNKNOWN, image.value))
            yield command("docker", "pull", name, at=location(self._path, image))

    def variables(self, node: yaml.Node | None) -> Iterator[Variable]:
        """The variables of a mapping or list."""
        return variables.of_yaml(node, self._path, self._seen_variables)

    def _scalars(self, node: yaml.Node | None, key: str = "") -> Iterator[yaml.ScalarNode]:
        """A scalar, those of lists, and those that are the value of `key` in a mapping."""
        ahead = [node]
        while ahead:
            node = ahead.pop()
            if node is None or id(node) in self._seen:
                continue
            self._seen.add(id(node))
            if isinstance(node, yaml.ScalarNode):
                yield node
            elif isinstance(node, yaml.SequenceNode):
                ahead += reversed(node.value)
            elif key:
                ahead.append(self.get(node, key))

    def _rewritten(self, text: str) -> str:
        return self._expression.sub(unknown, text)


def command(*words: str, at: Location) -> Command:
    """The command that something else means."""
    return Command(tuple(Word(word, at) for word in words), at)


def unknown(match: re.Match[str]) -> str:
    """An expression, of four characters at least, as an expansion of the same length."""
    return "${" + "_" * (len(match[0]) - 3) + "}"
