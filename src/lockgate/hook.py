"""`lockgate-hook [FILES…]`: the pre-commit entry. It scans what is staged for secrets; exit 1 on a finding.

On most commits the prefilter can tell that there is nothing to find. To ask it takes few imports, so it is asked first; whatever
it can't tell for sure, and whatever goes wrong, is left to the whole check.
"""

from __future__ import annotations

import os
import sys

from lockgate.light import collect_rarely, import_msgspec

TYPE_CHECKING = False  # as type checkers know it; the module of the name takes long to import
if TYPE_CHECKING:
    from lockgate.config.settings import Settings
    from lockgate.inputs.staged import StagedTree

USAGE = """usage: lockgate-hook [--baseline FILE] [--] [FILES…]

Scans the staged content of FILES, by default of every staged file, for secrets. What the baseline FILE lists is known."""
BASELINE = "--baseline"


def main() -> None:
    """Run the hook and exit with its code."""
    try:
        collect_rarely()
        import_msgspec()
        arguments, baseline = _without_baseline(sys.argv[1:])
        staged = _seen_staged(arguments, baseline)
        if staged and _is_quiet(*staged):
            return
        from lockgate.cli import run_program

        run_program(lambda: _hook(arguments, baseline, staged))
    except KeyboardInterrupt:  # until run_program takes the signals over
        sys.exit(130)


def _without_baseline(arguments: list[str]) -> tuple[list[str], str | None]:
    """The arguments behind the option, and the file that it names. Where there is a file named like it, it is that file."""
    first = arguments[0] if arguments else ""
    if first.startswith(f"{BASELINE}=") and not os.path.lexists(first):
        return arguments[1:], first.removeprefix(f"{BASELINE}=")
    if first == BASELINE and len(arguments) > 1 and not os.path.lexists(first):
        return arguments[2:], arguments[1]
    return arguments, None


def _seen_staged(arguments: list[str], baseline: str | None) -> tuple[StagedTree, Settings] | None:
    """What `_staged` gives where the arguments are nothing but names; None where something is wrong, which `_hook` tells."""
    if any(name.startswith("-") for name in arguments):
        return None
    try:
        return _staged(arguments, baseline)
    except Exception:  # noqa: BLE001 - the whole check says what is wrong
        return None


def _is_quiet(tree: StagedTree, settings: Settings) -> bool:
    """Whether all that is staged could be read and no engine can find anything in it."""
    try:
        from lockgate.engines.secrets.scanners import scanners
        from lockgate.inputs.files import display
        from lockgate.model.record import Skip

        engines = scanners(settings.engine_options)
        for path in tree.files:
            data = tree.read(path)
            if isinstance(data, Skip) or engines.may_find(display(path), data):
                return False
        return not (engines.notes or any(skip.gap for skip in tree.skipped))
    except Exception:  # noqa: BLE001 - the whole check says what is wrong
        return False


def _staged(names: list[str], baseline: str | None) -> tuple[StagedTree, Settings]:
    from lockgate.inputs.staged import StagedTree
    from lockgate.project import current_directory, settings_of

    root = current_directory()
    if baseline and not os.path.lexists(baseline):
        from lockgate.model.errors import UsageError

        raise UsageError(f"{baseline} does not exist; lockgate baseline create makes a baseline")
    settings = settings_of(root, {"baseline": baseline and os.path.abspath(baseline)})  # noqa: PTH100 - follows no link
    paths = [os.path.normpath(name) for name in names]
    return StagedTree(root, paths, settings.exclude, settings.max_file_size), settings


def _hook(arguments: list[str], baseline: str | None, staged: tuple[StagedTree, Settings] | None) -> int:
    from lockgate.inputs import git
    from lockgate.model.errors import UsageError
    from lockgate.project import current_directory

    root = current_directory()
    top = git.top(root) if git.is_repository(root) else None
    if arguments in (["-h"], ["--help"]) and not (top and _is_file(arguments[0])):
        print(USAGE)  # noqa: T201 - this is the command line
        return 0
    if top is None:
        raise UsageError(f"{root} is not in a Git repository, so nothing is staged; lockgate check secrets scans it")
    names = arguments if staged else _names(arguments)
    for name in names:
        if not _is_below(str(top), name):
            raise UsageError(f"{name} is not in the repository in {top}")
    tree, settings = staged or _staged(names, baseline)
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


def _is_below(top: str, name: str) -> bool:
    """Whether what is named lies in a directory. Of a link it is the link that counts, and not what it leads to."""
    folder = os.path.realpath(os.path.dirname(name))  # noqa: PTH120 - pathlib takes long to import
    return os.path.commonpath([folder, top]) == top


def _is_file(name: str) -> bool:
    from pathlib import Path

    from lockgate.inputs.git import run

    return os.path.lexists(name) or bool(run(Path.cwd(), "ls-files", "--", name, of_hook=True))
