"""GitHub workflows and composite actions: the `run` of their steps.

Format: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax. A step in another shell (python, pwsh,
cmd) is no shell to us.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from lockgate.inputs import shell, yaml_positions
from lockgate.inputs.lockfiles.base import matcher
from lockgate.inputs.shell import Command
from lockgate.inputs.yaml_positions import Mappings
from lockgate.inputs.yaml_snippets import snippet
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = (".github/workflows/*.yml", ".github/workflows/*.yaml", "action.yml", "action.yaml")


def is_workflow(path: str) -> bool:
    """Whether a file of that path has the name of a workflow or action."""
    return matcher(PATTERNS)(f"/{path.lower()}")


_EXPRESSION = re.compile(r"\$\{\{(?:[^}$]|\}(?!\})|\$(?!\{\{))*+\}\}")
_SHELL = re.compile(r"(?:.*/)?(?:sh|bash|dash|zsh|ksh)(?:\s|$)")


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Command | Skip]:
    """The commands of all steps."""
    top = yaml_positions.compose(text, path)
    if top is None or isinstance(top, Skip):
        if top:
            yield top
        return
    lines = text.splitlines()
    for step in _steps(top, Mappings()):
        run = snippet(step, path, lines, lambda value: _EXPRESSION.sub(_unknown, value))
        yield from shell.commands(run, doubtful)


def _unknown(match: re.Match[str]) -> str:
    """An expression as an expansion of the same length."""
    return "${" + "_" * (len(match[0]) - 3) + "}"


def _steps(top: yaml.Node, mappings: Mappings) -> Iterator[yaml.ScalarNode]:
    """What the steps of a workflow or action run in a shell; one that aliases repeat is told once."""
    seen: set[int] = set()
    usual = _shell(top, mappings)
    jobs = mappings.get(top, "jobs")
    owners = [job for _, job in jobs.value] if isinstance(jobs, yaml.MappingNode) else [mappings.get(top, "runs")]
    for owner in owners:
        steps = mappings.get(owner, "steps")
        for step in steps.value if isinstance(steps, yaml.SequenceNode) else ():
            run = mappings.get(step, "run")
            chosen = mappings.get(step, "shell")
            named = chosen.value if isinstance(chosen, yaml.ScalarNode) else _shell(owner, mappings) or usual
            if isinstance(run, yaml.ScalarNode) and id(run) not in seen and (not named or _SHELL.match(named)):
                seen.add(id(run))
                yield run


def _shell(owner: yaml.Node | None, mappings: Mappings) -> str:
    """The shell that a workflow or job names for its steps."""
    node = mappings.get(mappings.get(mappings.get(owner, "defaults"), "run"), "shell")
    return node.value if isinstance(node, yaml.ScalarNode) else ""
