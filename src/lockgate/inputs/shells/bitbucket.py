"""Bitbucket's pipelines: the scripts of their steps, and the images that these run in.

Format: https://support.atlassian.com/bitbucket-cloud/docs/bitbucket-pipelines-configuration-reference/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lockgate.inputs import shell
from lockgate.inputs.shell import Told
from lockgate.inputs.shells import jobs
from lockgate.inputs.yaml_positions import Mappings
from lockgate.inputs.yaml_snippets import snippet
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = ("bitbucket-pipelines.yml", "bitbucket-pipelines.yaml")

_VARIABLE = re.compile(r"\$(?:\w+|\{[^{}$]*\})")


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """The commands of all scripts, and one `docker pull` for each image."""
    known, lines = Mappings(), text.splitlines()
    for node in jobs.mappings(text, path):
        if isinstance(node, Skip):
            yield node
            continue
        for key in ("script", "after-script"):
            for line in jobs.scalars(known.get(node, key)):
                yield from shell.commands(snippet(line, path, lines), doubtful)
        image = known.get(node, "image")
        for name in jobs.scalars(known.get(image, "name") or image):
            yield jobs.pulled(name, path, _VARIABLE)
