"""justfiles: the recipes. Format: https://just.systems/man/en/."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lockgate.inputs import shell
from lockgate.inputs.shell import Told
from lockgate.inputs.snippet import Snippet
from lockgate.inputs.variables import Variable

PATTERNS: tuple[str, ...] = ("justfile", ".justfile", "*.just")

_RECIPE = re.compile(r"^[@A-Za-z_](?>[^\n]*:(?!=))[^\n]*\n((?:[ \t]+[^\n]*\n?|[ \t]*\n)+)", re.MULTILINE)
_LINE = re.compile(r"^[ \t]+[@-]*((?:[^\\\n]|\\[^\n]|\\\n)*)", re.MULTILINE)
_SHEBANG = re.compile(r"[ \t]*#!([^\n]*)\n")
_SHELL = re.compile(r"\b(?:sh|bash|dash|ksh|zsh)\b")
_EXPRESSION = re.compile(r"\{\{(?:[^{}\n]|\}(?!\})|\{(?!\{))*+\}\}")

_EXPORT = re.compile(r"""^export[ \t]+([A-Za-z_][\w-]*)[ \t]*:=[ \t]*(["'])([^"'\n]*)\2""", re.MULTILINE)


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """The commands of all recipes, but of those in another language, and the variables that are exported to them."""
    whole = Snippet(path, [(text, 1, 1)])
    for match in _EXPORT.finditer(text):
        yield Variable(match[1], match[3], whole.at(match.start(3), match.end(3)))
    # An expression as an expansion of the same length.
    plain = _EXPRESSION.sub(lambda match: "${" + "_" * (len(match[0]) - 3) + "}", text)
    for recipe in _RECIPE.finditer(plain):
        shebang = _SHEBANG.match(recipe[1])
        if not shebang:
            for line in _LINE.finditer(plain, recipe.start(1), recipe.end(1)):
                yield from shell.commands(whole.derived([(line[1], line.start(1))]), doubtful)
        elif _SHELL.search(shebang[1]):
            yield from shell.commands(whole.derived([(recipe[1], recipe.start(1))]), doubtful)
