"""GitHub workflows and composite actions: the `run` of their steps and where it runs, variables, and images that are built.

Format: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax. A step in another shell (python, pwsh,
cmd) is no shell to us.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from lockgate.inputs import shell, variables, yaml_positions
from lockgate.inputs.lockfiles.base import matcher
from lockgate.inputs.shell import UNKNOWN, Told
from lockgate.inputs.shells.pipelines import command, unknown
from lockgate.inputs.yaml_positions import Mappings, location
from lockgate.inputs.yaml_snippets import snippet
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = (".github/workflows/*.yml", ".github/workflows/*.yaml", "action.yml", "action.yaml")


def is_workflow(path: str) -> bool:
    """Whether a file of that path has the name of a workflow or action."""
    return matcher(PATTERNS)(f"/{path.lower()}")


_EXPRESSION = re.compile(r"\$\{\{(?:[^}$]|\}(?!\})|\$(?!\{\{))*+\}\}")
_SHELL = re.compile(r"(?:.*/)?(?:sh|bash|dash|zsh|ksh)(?:\s|$)")


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """The commands of all steps, one `cd` for each folder that they run in, and the variables that are set for them."""
    top = yaml_positions.compose(text, path)
    if top is None or isinstance(top, Skip):
        if top:
            yield top
        return
    lines, mappings = text.splitlines(), Mappings()
    for run in _runs(top, mappings):
        yield from shell.commands(snippet(run, path, lines, lambda value: _EXPRESSION.sub(unknown, value)), doubtful)
    seen: set[int] = set()
    for owner in _owners(top, mappings):
        usual = mappings.get(mappings.get(owner, "defaults"), "run")
        for folder in (mappings.get(owner, "working-directory"), mappings.get(usual, "working-directory")):
            if isinstance(folder, yaml.ScalarNode):
                yield command("cd", _EXPRESSION.sub(UNKNOWN, folder.value), at=location(path, folder))
        yield from variables.of_yaml(mappings.get(owner, "env"), path, seen)
        tags = mappings.get(mappings.get(owner, "with"), "tags")
        uses = mappings.get(owner, "uses")
        if isinstance(tags, yaml.ScalarNode) and uses and str(uses.value).startswith("docker/build-push-action@"):
            for tag in _EXPRESSION.sub(UNKNOWN, tags.value).replace(",", " ").split():
                yield command("docker", "build", "--tag", tag, at=location(path, tags))


def _jobs(top: yaml.Node, mappings: Mappings) -> list[yaml.Node]:
    """The jobs of a workflow, or the only one of an action."""
    jobs, runs = mappings.get(top, "jobs"), mappings.get(top, "runs")
    return [job for _, job in jobs.value] if isinstance(jobs, yaml.MappingNode) else [runs] if runs else []


def _steps(top: yaml.Node, mappings: Mappings) -> Iterator[tuple[yaml.Node, bool]]:
    """Each step, and whether its job runs it in a shell of ours; twice at most, however many jobs alias it."""
    seen: set[tuple[int, bool]] = set()
    usual = _shell(top, mappings)
    for job in _jobs(top, mappings):
        steps, is_ours = mappings.get(job, "steps"), _is_ours(_shell(job, mappings) or usual)
        if isinstance(steps, yaml.SequenceNode) and (id(steps), is_ours) not in seen:
            seen.add((id(steps), is_ours))
            yield from ((step, is_ours) for step in steps.value)


def _owners(top: yaml.Node, mappings: Mappings) -> Iterator[yaml.Node | None]:
    """All that may have variables."""
    yield top
    for job in _jobs(top, mappings):
        yield from (job, mappings.get(job, "container"))
    yield from (step for step, _ in _steps(top, mappings))


def _runs(top: yaml.Node, mappings: Mappings) -> Iterator[yaml.ScalarNode]:
    """What the steps of a workflow or action run in a shell; one that aliases repeat is told once."""
    seen: set[int] = set()
    for step, is_usual in _steps(top, mappings):
        run = mappings.get(step, "run")
        chosen = mappings.get(step, "shell")
        is_ours = _is_ours(chosen.value) if isinstance(chosen, yaml.ScalarNode) else is_usual
        if isinstance(run, yaml.ScalarNode) and id(run) not in seen and is_ours:
            seen.add(id(run))
            yield run


def _is_ours(shell: str) -> bool:
    """Whether a shell, as it is named, is a POSIX one; it is where none is."""
    return not shell or bool(_SHELL.match(shell))


def _shell(owner: yaml.Node | None, mappings: Mappings) -> str:
    """The shell that a workflow or job names for its steps."""
    node = mappings.get(mappings.get(mappings.get(owner, "defaults"), "run"), "shell")
    return node.value if isinstance(node, yaml.ScalarNode) else ""
