"""GitLab's pipelines: the scripts of their jobs. Format: https://docs.gitlab.com/ci/yaml/."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from lockgate.inputs import shell, yaml_positions
from lockgate.inputs.shell import Command
from lockgate.inputs.yaml_positions import Mappings
from lockgate.inputs.yaml_snippets import snippet
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = (".gitlab-ci.yml", ".gitlab-ci.yaml")

_SCRIPTS = ("before_script", "script", "after_script")


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Command | Skip]:
    """The commands of all jobs."""
    top = yaml_positions.compose(text, path)
    if isinstance(top, Skip):
        yield top
    lines = text.splitlines()
    for line in _scripts(top) if isinstance(top, yaml.MappingNode) else ():
        yield from shell.commands(snippet(line, path, lines), doubtful)


def _scripts(top: yaml.MappingNode) -> Iterator[yaml.ScalarNode]:
    """Each line of a script; those that aliases repeat are told once."""
    mappings = Mappings()
    jobs = [value for _, value in top.value if isinstance(value, yaml.MappingNode)]
    ahead = [script for job in (top, *jobs) for key in _SCRIPTS if (script := mappings.get(job, key))]
    seen: set[int] = set()
    while ahead:
        node = ahead.pop(0)
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            yield node
        elif isinstance(node, yaml.SequenceNode):
            ahead[:0] = node.value
