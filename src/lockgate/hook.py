"""`lockgate-hook [FILES…]`: the pre-commit entry. It scans what is staged for secrets; exit 1 on a finding.

Whatever is not needed on every commit is imported where it is used: this module is imported on all of them.
"""

from __future__ import annotations

import os
import sys

USAGE = """usage: lockgate-hook [--] [FILES…]

Scans the staged content of FILES, by default of every staged file, for secrets."""


def main() -> None:
    """Run the hook and exit with its code."""
    from lockgate.cli import run_program

    run_program(lambda: _hook(sys.argv[1:]))


def _hook(arguments: list[str]) -> int:
    from lockgate.cli._options import current_directory, settings_of
    from lockgate.inputs.git import is_repository
    from lockgate.inputs.staged import StagedTree
    from lockgate.model.errors import UsageError

    root = current_directory()
    inside = is_repository(root)
    if arguments in (["-h"], ["--help"]) and not (inside and _is_file(arguments[0])):
        print(USAGE)  # noqa: T201 - this is the command line
        return 0
    if not inside:
        raise UsageError(f"{root} is not in a Git repository, so nothing is staged; lockgate check secrets scans it")
    names = _names(arguments)
    settings = settings_of(root, {})
    tree = StagedTree(root, [os.path.normpath(name) for name in names], settings.exclude, settings.max_file_size)
    if not tree.files:
        return 0

    from lockgate.checks.base import Target
    from lockgate.checks.run import run_check
    from lockgate.cli._finish import finish
    from lockgate.policy.verdict import decide

    record = run_check("secrets", Target(tree=tree, settings=settings))
    return finish(decide([record], settings, os.environ))


def _names(arguments: list[str]) -> list[str]:
    """The files that are named. pre-commit gives names as they are: one that begins with a dash may be an option or a file."""
    from lockgate.model.errors import UsageError

    if arguments[:1] == ["--"]:
        return arguments[1:]
    for name in arguments:
        if name.startswith("-") and not _is_file(name):
            raise UsageError(f"there is neither an option nor a file {name!r}\n{USAGE}")
    return arguments


def _is_file(name: str) -> bool:
    from pathlib import Path

    from lockgate.inputs.git import run

    return os.path.lexists(name) or bool(run(Path.cwd(), "ls-files", "--", name, of_hook=True))
