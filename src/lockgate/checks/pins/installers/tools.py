"""Python tools in environments of their own: `uvx`, `uv tool run`, `uv tool install`, `uv run --with`, `pipx run`, `pipx install`.

Options: https://docs.astral.sh/uv/reference/cli/, https://pipx.pypa.io/stable/reference/cli/. None of them can check a hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from lockgate.checks.pins.arguments import parsed
from lockgate.checks.pins.installs import Files, Install, Tier, of_python, of_tool
from lockgate.inputs.shell import Command, Word

NAMES = r"uvx?|pipx"

VALUED = frozenset(
    """
    --from --with --with-editable --with-requirements --with-executables-from -w -p --python --index -i --index-url
    --default-index --extra-index-url -f --find-links -c --constraint --constraints --override --overrides -b
    --build-constraint --build-constraints --env-file --cache-dir --directory --project --config-file --color
    --allow-insecure-host --exclude-newer --resolution --prerelease --link-mode --python-platform --torch-backend -P
    --upgrade-package --refresh-package --reinstall-package --index-strategy --keyring-provider --extra --group
    --only-group --no-group --package -m --module -s --spec --pip-args --suffix --preinstall --fetch-python --backend -C
    --config-setting --config-settings --no-extra
    """.split()  # noqa: SIM905 - words read better so
)
_UV_VALUED = frozenset({"--directory", "--project", "--config-file", "--cache-dir", "--color", "--python", "-p"})


def installs(command: Command, files: Files) -> Iterator[Install]:  # noqa: ARG001 - these read no requirements files that are judged
    """What is installed for a tool: the tool and what is asked for beside it."""
    if command.name == "uvx":
        yield from _run(command.arguments, "uvx", of_tool)
        return
    words = parsed(command.arguments, _UV_VALUED, first=True).operands
    texts = tuple(word.text for word in words[:2])
    if command.name == "pipx":
        yield from _pipx(texts[0] if texts else "", words[1:])
    elif texts[:1] == ("run",):
        yield from _made(parsed(words[1:], VALUED, first=True).values("--with", "-w"), "uv run", of_python)
    elif texts == ("tool", "run"):
        yield from _run(words[2:], "uv tool run", of_tool)
    elif texts == ("tool", "install"):
        yield from _run(words[2:], "uv tool install", of_tool)


def _run(words: tuple[Word, ...], installer: str, judge: Callable[[str], tuple[str, Tier] | None]) -> Iterator[Install]:
    arguments = parsed(words, VALUED, first=True)
    chosen = arguments.values("--from", "--spec") or arguments.operands[:1]
    yield from _made(chosen, installer, judge)
    yield from _made(arguments.values("--with", "-w"), installer, of_python)


def _pipx(action: str, words: tuple[Word, ...]) -> Iterator[Install]:
    if action == "run":
        yield from _run(words, "pipx run", of_python)
    elif action in {"install", "inject"}:
        arguments = parsed(words, VALUED)
        chosen = arguments.operands[1:] if action == "inject" else arguments.values("--spec") or arguments.operands
        yield from _made((*chosen, *arguments.values("--preinstall")), f"pipx {action}", of_python)


def _made(words: Iterable[Word], installer: str, judge: Callable[[str], tuple[str, Tier] | None]) -> Iterator[Install]:
    for word in words:
        found = judge(word.text)
        if found:
            name, tier = found
            fix = "Name the full commit SHA behind an @." if ":" in name else f"Write {name}{_form(judge)}VERSION."
            yield Install(installer, name, tier, word.at, fix)


def _form(judge: Callable[[str], tuple[str, Tier] | None]) -> str:
    return "@" if judge is of_tool else "=="
