"""Files that only their own tool should write: the command to run is told."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from fnmatch import fnmatchcase

from lockgate.fixes.base import Left, Proposal, Upgrade
from lockgate.inputs.tree import Tree

COMMANDS = {
    "poetry.lock": "poetry update --lock {name}",
    "pdm.lock": "pdm update --no-sync {name}",
    "pdm.*.lock": "pdm update --no-sync --lockfile {file} {name}",
    "pipfile.lock": "pipenv upgrade {pin}",
    "*.py.lock": "uv lock --script {script} --upgrade-package {pin}",
    "pylock.toml": "uv pip compile --format pylock.toml --upgrade-package {pin} --output-file {file} pyproject.toml",
    "pylock.*.toml": "uv pip compile --format pylock.toml --upgrade-package {pin} --output-file {file} pyproject.toml",
}
OTHERS = {
    "pyproject.toml": "write version {version} there",
    "pipfile": "write version {version} there",
    "*.py": "write version {version} there",
    "environment*.y*ml": "write version {version} there",
    "*.json": "make it anew when the project has {pin}",
    "*.whl": "take a wheel of {pin}",
    "*.tar.gz": "take an archive of {pin}",
    "*.zip": "take an archive of {pin}",
    "metadata": "pip install {pin}",
    "pkg-info": "pip install {pin}",
}
PATTERNS = (*COMMANDS, *OTHERS)


def propose(_tree: Tree, path: str, upgrades: Sequence[Upgrade], *, offline: bool) -> Proposal:  # noqa: ARG001 - as all
    """No content: what to do for each upgrade."""
    return Proposal(
        left=tuple(
            Left.of(each.package, f"{each.version} clears {', '.join(each.cleared)}", _todo(path, each))
            for each in upgrades
        )
    )


def _todo(path: str, upgrade: Upgrade) -> str:
    folder, _, file = path.rpartition("/")
    pattern = next(pattern for pattern in PATTERNS if fnmatchcase(file.lower(), pattern))
    words = {
        "name": upgrade.package.name,
        "version": upgrade.version,
        "pin": f"{upgrade.package.name}=={upgrade.version}",
        "file": shlex.quote(file),
        "script": shlex.quote(file.removesuffix(".lock")),
    }
    if pattern in OTHERS:
        return OTHERS[pattern].format_map(words)
    return f"{f'in {folder}: ' if folder else ''}{COMMANDS[pattern].format_map(words)}"
