"""tox.ini: what its environments install and run. Format: https://tox.wiki/en/latest/config.html#tox-ini."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lockgate.inputs import shell
from lockgate.inputs.shell import UNKNOWN, Command, Told, Word
from lockgate.inputs.snippet import Snippet
from lockgate.inputs.variables import Variable
from lockgate.model.finding import Location

PATTERNS: tuple[str, ...] = ("tox.ini",)

COMMANDS = frozenset({"commands", "commands_pre", "commands_post"})

_SETTING = re.compile(
    r"^(deps|commands(?:_pre|_post)?|set_?env)[ \t]*[=:]((?:[^\n]*)(?:\n(?:[ \t]+[^\n]*|[ \t]*(?=\n)|#[^\n]*))*)",
    re.MULTILINE,
)
_LINE = re.compile(r"[ \t]*((?:[^\\\n]|\\[^\n]|\\\n)+)")
_FACTORS = re.compile(r"!?[\w.{},! -]*?\w\}?:\s+(?=\S)")
SUBSTITUTION = re.compile(r"\{[^{}\s]*(?:\{[^{}\s]*\}[^{}\s]*)*\}")
_OPTION = re.compile(r"(-r|--requirement|-c|--constraint|-e|--editable)[ =]*(?=\S)")


def commands(text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]:
    """The commands, one `pip install` for each line of `deps`, and the variables that are set."""
    whole = Snippet(path, [(text, 1, 1)])
    for setting in _SETTING.finditer(text):
        for line in _LINE.finditer(text, setting.start(2), setting.end(2)):
            content = line[1].rstrip()
            factors = _FACTORS.match(content)
            start = line.start(1) + (factors.end() if factors else 0)
            content = text[start : line.start(1) + len(content)]
            if not content or content.startswith("#"):
                continue
            if setting[1] in COMMANDS:
                snippet = whole.derived(
                    [(expanded(content.lstrip("-! ")), start + len(content) - len(content.lstrip("-! ")))]
                )
                yield from shell.commands(snippet, doubtful)
            elif setting[1] != "deps":
                name, _, value = content.partition("=")
                at = whole.at(start + len(content) - len(value.lstrip()), start + len(content))
                yield Variable(name.strip(), SUBSTITUTION.sub("$", value).strip(), at)
            else:
                requirement = content.partition(" #")[0].rstrip()
                yield installed(requirement, whole.at(start, start + len(requirement)))


def installed(requirement: str, at: Location) -> Command:
    """The `pip install` that a line of `deps` means."""
    text = SUBSTITUTION.sub(UNKNOWN, requirement)
    option = _OPTION.match(text)
    words = [option[1], text[option.end() :]] if option else [text]
    return Command(tuple(Word(word, at) for word in ("pip", "install", *words)), at)


def expanded(command: str) -> str:
    """A command whose substitutions are expansions of the same length."""
    return SUBSTITUTION.sub(lambda match: f"${'_' * (len(match[0]) - 1)}", command)
