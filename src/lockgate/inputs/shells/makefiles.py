"""Makefiles: the recipes of their rules.

Format: https://www.gnu.org/software/make/manual/html_node/Recipes.html. Of make's variables those that the file itself sets once, to
plain text, are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lockgate.inputs import shell
from lockgate.inputs.shell import Told
from lockgate.inputs.snippet import Snippet
from lockgate.inputs.variables import Variable

PATTERNS: tuple[str, ...] = ("makefile", "gnumakefile", "*.mk", "makefile.*")

_RECIPE = re.compile(r"^\t[ \t]*[-@+ \t]*((?:[^\\\n]|\\.|\\\n)*)", re.MULTILINE)
_REFERENCE = re.compile(r"\$\$|\$\(([^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)|\$\{([^{}\n]*)\}|\$[@<^+?*%|]")
_SET = re.compile(r"^([A-Za-z_]\w*)[ ]*(?:\?|:{1,3})?=[ ]*([^\s$#\\][^$#\\\n]*)$", re.MULTILINE)

_EXPORT = re.compile(r"^export[ \t]+([A-Za-z_]\w*)[ \t]*(?:\?|:{1,3})?=[ \t]*([^\s#][^#\n]*)", re.MULTILINE)


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """The commands of all recipes, and the variables that are exported to them."""
    known: dict[str, str] = {}
    for match in _SET.finditer(text):
        known[match[1]] = match[2].rstrip() if match[1] not in known else "${_}"
    whole = Snippet(path, [(text, 1, 1)])
    for match in _RECIPE.finditer(text):
        yield from shell.commands(whole.derived(_expanded(text, match.start(1), match.end(1), known)), doubtful)
    for match in _EXPORT.finditer(text):
        value = _REFERENCE.sub("$", match[2]).rstrip()
        yield Variable(match[1], value, whole.at(match.start(2), match.start(2) + len(match[2].rstrip())))


def _expanded(text: str, start: int, end: int, known: dict[str, str]) -> Iterator[tuple[str, int]]:
    """A recipe as the shell sees it, in pieces with their offsets; what is not known is an expansion."""
    at = start
    for match in _REFERENCE.finditer(text, start, end):
        yield text[at : match.start()], at
        at = match.end()
        if match[0] == "$$":
            yield "$", match.start()
        else:
            yield known.get(match[1] or match[2] or "", "${_}"), match.start()
    yield text[at:end], at
