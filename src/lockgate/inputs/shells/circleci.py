"""CircleCI's pipelines: the commands of their steps, the images that jobs run in, and variables.

Format: https://circleci.com/docs/reference/configuration-reference/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lockgate.inputs.shell import Told
from lockgate.inputs.shells.pipelines import Pipeline
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = (".circleci/*.yml", ".circleci/*.yaml")


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """The commands of all steps, one `docker pull` for each image, and the variables."""
    pipeline = Pipeline(text, path, doubtful, r"<<[^<>]*>>")
    for node in pipeline.mappings():
        if isinstance(node, Skip):
            yield node
            continue
        run, containers = pipeline.get(node, "run"), pipeline.get(node, "docker")
        yield from pipeline.shell(pipeline.get(run, "command") or run)
        for container in containers.value if containers else ():
            yield from pipeline.images(pipeline.get(container, "image"))
        yield from pipeline.variables(pipeline.get(node, "environment"))
