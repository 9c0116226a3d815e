"""GitLab's pipelines: the scripts of their jobs, the images that these run in, and variables. Format: https://docs.gitlab.com/ci/yaml/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import yaml

from lockgate.inputs import shell, variables, yaml_positions
from lockgate.inputs.shell import Told
from lockgate.inputs.shells.jobs import pulled
from lockgate.inputs.yaml_positions import Mappings
from lockgate.inputs.yaml_snippets import snippet
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = (".gitlab-ci.yml", ".gitlab-ci.yaml")

_SCRIPTS = ("before_script", "script", "after_script")
_NO_JOBS = frozenset({"include", "spec", "stages", "variables", "workflow"})
_VARIABLE = re.compile(r"\$(?:\w+|\{[^{}$]*\}|\[\[[^][$]*\]\])")


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """The commands of all jobs, one `docker pull` for each image, and the variables."""
    top = yaml_positions.compose(text, path)
    if not isinstance(top, yaml.MappingNode):
        yield from [top] if isinstance(top, Skip) else []
        return
    mappings, lines = Mappings(), text.splitlines()
    jobs = [top, *(job for key, job in top.value if isinstance(job, yaml.MappingNode) and key.value not in _NO_JOBS)]
    for line in _scalars(_values(jobs, _SCRIPTS, mappings)):
        yield from shell.commands(snippet(line, path, lines), doubtful)
    images = _values(jobs, ("image", "services"), mappings)
    yield from (pulled(image, path, _VARIABLE) for image in _scalars(images, mappings))
    seen: set[int] = set()
    for node in _values(jobs, ("variables",), mappings):
        yield from variables.of_yaml(node, path, seen)


def _values(jobs: Sequence[yaml.Node], keys: tuple[str, ...], mappings: Mappings) -> list[yaml.Node]:
    return [value for job in jobs for key in keys if (value := mappings.get(job, key))]


def _scalars(nodes: list[yaml.Node], mappings: Mappings | None = None) -> Iterator[yaml.ScalarNode]:
    """The scalars of lists, and with `mappings` those that are a `name`; those that aliases repeat are told once."""
    ahead = list(reversed(nodes))
    seen: set[int] = set()
    while ahead:
        node = ahead.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            yield node
        elif isinstance(node, yaml.SequenceNode):
            ahead += reversed(node.value)
        elif mappings and (name := mappings.get(node, "name")):
            ahead.append(name)
