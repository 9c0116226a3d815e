"""`npx`, `npm exec`, `bunx`, `pnpm dlx`, `yarn dlx` and `npm install --global`. Options: https://docs.npmjs.com/cli/commands/."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lockgate.checks.pins.arguments import parsed
from lockgate.checks.pins.installs import Files, Install, of_node
from lockgate.inputs.shell import Command, Word

NAMES = r"npx|bunx|npm|pnpm|pnpx|yarn"

_VALUED = frozenset(
    "-p --package -c --call --registry --prefix --cache --userconfig --loglevel --tag -w --workspace -C --dir".split()  # noqa: SIM905
)
_ONCE = {"npm": ("exec", "x"), "pnpm": ("dlx",), "yarn": ("dlx",)}
_FOLDERS = ("--prefix", "-C", "--dir")
_FROM_LOCK = frozenset({"npx", "npm exec", "npm x"})  # the others fetch whatever a lock says
_INSTALLING = frozenset({"install", "i", "add", "in", "ins"})


def installs(command: Command, files: Files) -> Iterator[Install]:
    """What is fetched to be run, or for the whole machine; what goes into a project is its lock's."""
    name = command.name
    if name in {"npx", "bunx", "pnpx"}:
        yield from _run(command.arguments, name, (), files)
        return
    given = parsed(command.arguments, _VALUED, first=True)
    words = given.operands
    action = words[0].text if words else ""
    if action in _ONCE[name]:
        yield from _run(words[1:], f"{name} {action}", given.values(*_FOLDERS), files)
    elif action in _INSTALLING or (name == "yarn" and action == "global"):
        arguments = parsed(command.arguments, _VALUED)
        operands = arguments.operands[2:] if action == "global" else arguments.operands[1:]
        everywhere = arguments.has("-g", "--global") or "global" in (
            word.text for word in arguments.values("--location")
        )
        if everywhere or action == "global":
            yield from _made(operands, f"{name} {action}")


def _run(words: tuple[Word, ...], installer: str, folders: Sequence[Word], files: Files) -> Iterator[Install]:
    arguments = parsed(words, _VALUED, first=True)
    if arguments.has("--no-install", "--no", "--offline"):
        return
    places = [word.text for word in (*folders, *arguments.values(*_FOLDERS))]
    for word in arguments.values("-p", "--package") or arguments.operands[:1]:
        if installer not in _FROM_LOCK or not files.is_locked(word.text, word.place.path, places):
            yield from _made((word,), installer)


def _made(words: tuple[Word, ...], installer: str) -> Iterator[Install]:
    for word in words:
        found = of_node(word.text)
        if found:
            name, tier = found
            yield Install(installer, name, tier, word.at, f"Write {name}@VERSION, a whole version such as 1.2.3.")
