"""Where commands tell installers to take packages from, and what they switch off.

Options: see `installers`. Keys: https://git-scm.com/docs/git-config, https://docs.npmjs.com/cli/using-npm/config,
https://docs.conda.io/projects/conda/en/stable/commands/config.html, https://python-poetry.org/docs/configuration/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lockgate.checks.pins.arguments import parsed
from lockgate.checks.pins.installers.pip import VALUED
from lockgate.checks.pins.installers.tools import VALUED as TOOL_VALUED
from lockgate.inputs.indexes import Kind, Setting, of_key, of_option
from lockgate.inputs.shell import UNKNOWN, Command, Word

_PIP = re.compile(r"pip[\d.]*")
_SHORT = {"-i": "index-url", "-f": "find-links"}
_CONFIGURED = frozenset({"git", "npm", "pnpm", "yarn", "conda", "mamba", "micromamba", "pip", "poetry", "pdm"})
_UV_VALUED = VALUED | TOOL_VALUED
_OTHER_VALUED = frozenset({"-c", "-C", "--registry", "--pypi-mirror", "--prefix"})


def settings(command: Command) -> Iterator[Setting]:
    """What the options of a command set, and what it writes into a configuration; it is as `installs.of_module` gives it."""
    name = "pip" if _PIP.fullmatch(command.name) else command.name
    if name in {"pip", "uv", "uvx"}:
        yield from _of_installer(command, name.removesuffix("x"))
    elif name in {"git", "npm", "npx", "pnpm", "yarn", "pipenv"}:
        yield from _of_options(command, name)
    if name in _CONFIGURED:
        yield from _configured(command.arguments, name)


def _of_installer(command: Command, tool: str) -> Iterator[Setting]:
    """The options of pip and uv, but of nothing that uv runs."""
    arguments = parsed(command.arguments, _UV_VALUED if tool == "uv" else VALUED, first=tool == "uv")
    options = arguments.options
    action = "tool" if command.name == "uv" else ""
    while action == "tool" and arguments.operands:
        action, words = arguments.operands[0].text, arguments.operands[1:]
        arguments = parsed(words, _UV_VALUED, first=action in {"tool", "run"})
        options += arguments.options
    for option, value in options:
        if value:
            yield from of_option(tool, _SHORT.get(option, option.removeprefix("--")), _shown(value), value.at)
        elif option == "--no-verify-hashes":
            yield Setting(Kind.UNHASHED, option, command.at)


def _of_options(command: Command, name: str) -> Iterator[Setting]:
    """The options of other tools that are keys of their configuration."""
    for option, value in parsed(command.arguments, _OTHER_VALUED, first=name in {"git", "npx"}).options:
        if option == "--no-strict-ssl":
            yield from of_key(f"{name}:strict-ssl", "false", command.at)
        elif value and (name, option) == ("git", "-c"):
            key, _, text = _shown(value).partition("=")
            yield from of_key(f"git:{key}", text, value.at)
        elif value:
            yield from of_key(f"{name.replace('npx', 'npm')}:{option.removeprefix('--')}", _shown(value), value.at)


def _configured(arguments: Sequence[Word], tool: str) -> Iterator[Setting]:
    """What `config` or `set` gives a key: `TOOL config [set] KEY VALUE` or `KEY=VALUE`; `poetry source add NAME URL` is a key, too."""
    words = [word for word in arguments if not word.text.startswith("-")]
    texts = [word.text for word in words[:2]]
    if tool == "poetry" and texts == ["source", "add"]:
        for word in words[3:4]:
            yield from of_key("poetry:repositories.x", _shown(word), word.at)
    if not texts or texts[0] not in {"config", "set"}:
        return
    words = words[2:] if texts[1:] in (["set"], ["add"]) else words[1:]
    if words:
        key, equals, text = words[0].text.partition("=")
        word = words[1] if len(words) > 1 and not equals else words[0]
        value = text if equals else _shown(word)
        yield from of_key(f"{tool}:{key}", value, word.at)
        if tool == "pip":
            yield from of_option("pip", key.rpartition(".")[2], value, word.at)


def _shown(word: Word) -> str:
    """The text of a word, in which `$` stands for what is not known."""
    return word.text.replace(UNKNOWN, "$")
