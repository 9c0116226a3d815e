"""What the readers of pipelines share: a walk through their mappings, and commands for what is no shell there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from lockgate.inputs import yaml_positions
from lockgate.inputs.shell import UNKNOWN, Command, Word
from lockgate.inputs.yaml_positions import location
from lockgate.model.finding import Location
from lockgate.model.record import Skip


def mappings(text: str, path: str) -> Iterator[yaml.MappingNode | Skip]:
    """Every mapping of a YAML file, however often aliases repeat it, in their order; or why it can't be read."""
    top = yaml_positions.compose(text, path)
    ahead: list[yaml.Node | Skip] = [top] if top else []
    seen: set[int] = set()
    while ahead:
        node = ahead.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Skip):
            yield node
        elif isinstance(node, yaml.SequenceNode):
            ahead += reversed(node.value)
        elif isinstance(node, yaml.MappingNode):
            yield node
            ahead += reversed([value for _, value in node.value])


def scalars(node: yaml.Node | None) -> list[yaml.ScalarNode]:
    """A scalar, or those of a list."""
    found = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return [each for each in found if isinstance(each, yaml.ScalarNode)]


def pulled(image: yaml.ScalarNode, path: str, variable: re.Pattern[str]) -> Command:
    """The `docker pull` that an image of a job means; what `variable` matches in its name is not known."""
    return command("docker", "pull", variable.sub(UNKNOWN, image.value), at=location(path, image))


def command(*words: str, at: Location) -> Command:
    """The command that something else means."""
    return Command(tuple(Word(word, at) for word in words), at)


def unknown(match: re.Match[str]) -> str:
    """An expression, of four characters at least, as an expansion of the same length."""
    return "${" + "_" * (len(match[0]) - 3) + "}"
