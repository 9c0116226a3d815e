"""GitLab's pipelines: the scripts of their jobs, the images that these run in, and variables. Format: https://docs.gitlab.com/ci/yaml/."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lockgate.inputs.shell import Told
from lockgate.inputs.shells.pipelines import Pipeline
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = (".gitlab-ci.yml", ".gitlab-ci.yaml")


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """The commands of all jobs, one `docker pull` for each image, and the variables."""
    pipeline = Pipeline(text, path, doubtful, r"\$\[\[[^][$]*\]\]")
    for node in pipeline.mappings("variables"):
        if isinstance(node, Skip):
            yield node
            continue
        for key in ("before_script", "script", "after_script"):
            yield from pipeline.shell(pipeline.get(node, key))
        for key in ("image", "services"):
            yield from pipeline.images(pipeline.get(node, key))
        yield from pipeline.variables(pipeline.get(node, "variables"))
