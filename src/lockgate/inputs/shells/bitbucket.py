"""Bitbucket's pipelines: the scripts of their steps, and the images that these run in.

Format: https://support.atlassian.com/bitbucket-cloud/docs/bitbucket-pipelines-configuration-reference/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lockgate.inputs.shell import Told
from lockgate.inputs.shells.pipelines import Pipeline
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = ("bitbucket-pipelines.yml", "bitbucket-pipelines.yaml")


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """The commands of all scripts, and one `docker pull` for each image."""
    pipeline = Pipeline(text, path, doubtful)
    for node in pipeline.mappings("variables"):
        if isinstance(node, Skip):
            yield node
            continue
        for key in ("script", "after-script"):
            yield from pipeline.shell(pipeline.get(node, key))
        yield from pipeline.images(pipeline.get(node, "image"))
