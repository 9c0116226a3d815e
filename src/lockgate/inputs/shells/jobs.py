"""What the jobs of pipelines have beside shell: the images that they run in."""

from __future__ import annotations

import re

import yaml

from lockgate.inputs.shell import UNKNOWN, Command, Word
from lockgate.inputs.yaml_positions import location
from lockgate.model.finding import Location


def pulled(image: yaml.ScalarNode, path: str, variable: re.Pattern[str]) -> Command:
    """The `docker pull` that an image of a job means; what `variable` matches in its name is not known."""
    return command("docker", "pull", variable.sub(UNKNOWN, image.value), at=location(path, image))


def command(*words: str, at: Location) -> Command:
    """The command that something else means."""
    return Command(tuple(Word(word, at) for word in words), at)
