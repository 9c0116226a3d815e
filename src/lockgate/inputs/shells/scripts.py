"""Shell scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lockgate.inputs import shell
from lockgate.inputs.shell import Told
from lockgate.inputs.snippet import Snippet

PATTERNS: tuple[str, ...] = ("*.sh", "*.bash", "*.ksh", "*.zsh")


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """The commands of a script."""
    yield from shell.commands(Snippet(path, [(text, 1, 1)]), doubtful)
