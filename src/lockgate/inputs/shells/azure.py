"""Azure's pipelines: what their steps run in bash, the images that jobs run in, and variables.

Format: https://learn.microsoft.com/en-us/azure/devops/pipelines/yaml-schema/. `script` is shell where the file names no Windows machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from lockgate.inputs.shell import Told
from lockgate.inputs.shells.pipelines import Pipeline
from lockgate.inputs.variables import Variable
from lockgate.inputs.yaml_positions import location
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = (
    "azure-pipelines.yml", "azure-pipelines.yaml", ".azure-pipelines/*.yml", ".azure-pipelines/*.yaml",
)  # fmt: skip

_WINDOWS = re.compile(r"vmImage:[^\n]{0,100}(?:windows|vs20)", re.IGNORECASE)


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """The commands of all steps, one `docker pull` for each image, and the variables."""
    pipeline = Pipeline(text, path, doubtful, r"\$\{\{[^{}]*\}\}|\$[(\[][^()\[\]]+[)\]]")
    get = pipeline.get
    shells = ("bash",) if _WINDOWS.search(text) else ("bash", "script")
    nodes = list(pipeline.mappings())
    named = {container.value for node in nodes if not isinstance(node, Skip) and get(node, "image") and (container := get(node, "container"))
             and isinstance(container, yaml.ScalarNode)}  # fmt: skip
    for node in nodes:
        if isinstance(node, Skip):
            yield node
            continue
        for key in shells:
            yield from pipeline.shell(get(node, key))
        container = get(node, "container")
        if container is not None and (image := get(node, "image") or get(container, "image")):
            yield from pipeline.images(image)
        elif isinstance(container, yaml.ScalarNode) and container.value not in named:
            yield from pipeline.images(container)
        name, value = get(node, "name"), get(node, "value")
        if isinstance(name, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode):
            yield Variable(name.value, value.value, location(path, value))
        for key in ("variables", "env"):
            listed = get(node, key)
            yield from pipeline.variables(listed if isinstance(listed, yaml.MappingNode) else None)
