"""`lockgate-hook [FILES…]`: the pre-commit entry. It scans what is staged for secrets; exit 1 on a finding.

Whatever is not needed on every commit is imported where it is used: this module is imported on all of them.
"""

from __future__ import annotations

import os
import sys

USAGE = (
    "usage: lockgate-hook [FILES…]\n\nScans the staged content of FILES, by default of every staged file, for secrets."
)


def main() -> None:
    """Run the hook and exit with its code."""
    from lockgate.cli import run_safely

    sys.exit(run_safely(lambda: _hook(sys.argv[1:])))


def _hook(names: list[str]) -> int:
    if names[:1] in (["-h"], ["--help"]):
        print(USAGE)  # noqa: T201 - this is the command line
        return 0
    from pathlib import Path

    from lockgate.cli._options import settings_of
    from lockgate.inputs.git import is_repository
    from lockgate.inputs.staged import StagedTree
    from lockgate.model.errors import UsageError

    unknown = [name for name in names if name.startswith("-")]
    if unknown:
        raise UsageError(f"no option is named {unknown[0]!r}\n{USAGE}")
    root = Path.cwd()
    if not is_repository(root):
        raise UsageError(f"{root} is not in a Git repository, so nothing is staged; lockgate check secrets scans it")
    settings = settings_of(root, {})
    tree = StagedTree(root, [os.path.normpath(name) for name in names], settings.exclude, settings.max_file_size)
    if not tree.files:
        return 0

    from lockgate.checks.base import Target
    from lockgate.checks.run import run_check
    from lockgate.policy.verdict import decide
    from lockgate.reports import terminal

    record = run_check("secrets", Target(tree=tree, settings=settings))
    report = decide([record], settings, os.environ)
    terminal.render(report, sys.stdout)
    return report.exit_code
