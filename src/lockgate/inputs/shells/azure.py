"""Azure's pipelines: what their steps run in bash, the images that jobs run in, and variables.

Format: https://learn.microsoft.com/en-us/azure/devops/pipelines/yaml-schema/. `script` is shell where the file names no Windows machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from lockgate.inputs import shell, variables
from lockgate.inputs.shell import Told
from lockgate.inputs.shells import jobs
from lockgate.inputs.variables import Variable
from lockgate.inputs.yaml_positions import Mappings, location
from lockgate.inputs.yaml_snippets import snippet
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = (
    "azure-pipelines.yml",
    "azure-pipelines.yaml",
    ".azure-pipelines/*.yml",
    ".azure-pipelines/*.yaml",
)

_EXPRESSION = re.compile(r"\$\{\{[^{}]*\}\}|\$[(\[][^()\[\]]+[)\]]")
_WINDOWS = re.compile(r"vmImage:[^\n]{0,100}(?:windows|vs20)", re.IGNORECASE)


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """The commands of all steps, one `docker pull` for each image, and the variables."""
    known, lines = Mappings(), text.splitlines()
    found = list(jobs.mappings(text, path))
    yield from (jobs.pulled(image, path, _EXPRESSION) for image in _images(found, known))
    shells = ("bash",) if _WINDOWS.search(text) else ("bash", "script")
    seen: set[int] = set()
    for node in found:
        if isinstance(node, Skip):
            yield node
            continue
        for key in shells:
            for step in jobs.scalars(known.get(node, key)):
                yield from shell.commands(
                    snippet(step, path, lines, lambda value: _EXPRESSION.sub(jobs.unknown, value)), doubtful
                )
        name, value = known.get(node, "name"), known.get(node, "value")
        if isinstance(name, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode):
            yield Variable(name.value, value.value, location(path, value))
        for key in ("variables", "env"):
            listed = known.get(node, key)
            yield from variables.of_yaml(listed if isinstance(listed, yaml.MappingNode) else None, path, seen)


def _images(found: list[yaml.MappingNode | Skip], known: Mappings) -> Iterator[yaml.ScalarNode]:
    """The images of containers, but no name that a resource has."""
    nodes = [node for node in found if isinstance(node, yaml.Node)]
    containers = {node: container for node in nodes if (container := known.get(node, "container"))}
    resources = {node: image for node in containers if (image := known.get(node, "image"))}
    names = {name.value for node in resources for name in jobs.scalars(containers[node])}
    for node, container in containers.items():
        chosen = jobs.scalars(resources.get(node) or known.get(container, "image") or container)
        yield from (each for each in chosen if node in resources or each.value not in names)
