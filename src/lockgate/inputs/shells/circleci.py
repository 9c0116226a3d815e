"""CircleCI's pipelines: the commands of their steps, the images that jobs run in, and variables.

Format: https://circleci.com/docs/reference/configuration-reference/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lockgate.inputs import shell, variables
from lockgate.inputs.shell import Told
from lockgate.inputs.shells import jobs
from lockgate.inputs.yaml_positions import Mappings
from lockgate.inputs.yaml_snippets import snippet
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = (".circleci/*.yml", ".circleci/*.yaml")

_EXPRESSION = re.compile(r"<<[^<>]*>>")


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """The commands of all steps, one `docker pull` for each image, and the variables."""
    known, lines = Mappings(), text.splitlines()
    seen: set[int] = set()
    for node in jobs.mappings(text, path):
        if isinstance(node, Skip):
            yield node
            continue
        run = known.get(node, "run")
        for step in jobs.scalars(known.get(run, "command") or run):
            yield from shell.commands(
                snippet(step, path, lines, lambda value: _EXPRESSION.sub(jobs.unknown, value)), doubtful
            )
        containers = known.get(node, "docker")
        for container in getattr(containers, "value", ()):
            images = jobs.scalars(known.get(container, "image"))
            yield from (jobs.pulled(image, path, _EXPRESSION) for image in images)
        yield from variables.of_yaml(known.get(node, "environment"), path, seen)
