"""`lockgate fix`: vulnerable pins get the lowest version that clears them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

import click

from lockgate.checks import redact
from lockgate.checks.base import Target
from lockgate.cli._options import advisory_options, path_argument, tell_of_repository
from lockgate.fixes.base import Left, Upgrade
from lockgate.fixes.mend import Change, mend
from lockgate.inputs.files import display
from lockgate.inputs.tree import Tree
from lockgate.model.errors import UnavailableError, counted
from lockgate.model.report import ExitCode
from lockgate.project import root_of, settings_of
from lockgate.reports.text import visible
from lockgate.reports.write import replace


@click.command("fix", short_help="Upgrade vulnerable pins.")
@path_argument
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@advisory_options
def command(path: str, dry_run: bool, **options: Any) -> int:
    """Give each vulnerable pin in PATH the lowest version that clears its advisories; the exit code is 1 if some stay."""
    root = root_of(path)
    tell_of_repository(root)
    settings = settings_of(root, options)
    mended = mend(Target(tree=Tree(root, settings.exclude, settings.max_file_size), settings=settings))
    if not dry_run:
        _write(root, mended.changes)
    for change in mended.changes:
        for line in _diff(change):
            click.echo(visible(line, keep="\t"))
    told = [
        *_list("would fix" if dry_run else "fixed", map(_done, mended.upgrades)),
        *_list("left", map(_left, mended.left)),
        *_list("note", mended.notes),
        _summary(mended.upgrades, mended.left, dry_run=dry_run),
    ]
    for line in told:
        click.echo(visible(redact.text(line)))
    return ExitCode.FAIL if mended.left else ExitCode.PASS


def _write(root: Path, changes: Iterable[Change]) -> None:
    """Write all of the files, or none of them."""
    done: list[Change] = []
    try:
        for change in changes:
            done.append(change)
            _replace(root / change.path, change.new)
    except BaseException as error:
        kept = [display(change.path) for change in done if not _undo(root / change.path, change)]
        if isinstance(error, OSError):
            outcome = f"{', '.join(kept)} could not be changed back" if kept else "nothing was changed"
            raise UnavailableError(f"{error.filename}: {error.strerror}; {outcome}") from None
        raise


def _undo(file: Path, change: Change) -> bool:
    """Put the old content back where the new one is; False where that can't be done."""
    try:
        if file.read_bytes() == change.new:
            _replace(file, change.old)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _replace(file: Path, data: bytes) -> None:
    mode = file.stat().st_mode
    replace(file, data)
    os.chmod(file, mode & 0o777)  # noqa: PTH101 - of the file that was written


def _diff(change: Change) -> Iterator[str]:
    path = display(change.path)
    old, new = (redact.masked(path, data.decode("utf-8", "replace")) for data in (change.old, change.new))
    if not (old and new):
        yield f"{path}: the difference is not shown, because it could not be searched for secrets"
        return
    lines = unified_diff(old.splitlines(), new.splitlines(), f"a/{path}", f"b/{path}", lineterm="", n=1)
    yield from lines
    yield ""


def _list(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield from (f"{title + ':':<11}{line}" for line in lines)


def _done(upgrade: Upgrade) -> str:
    return f"{upgrade.package.at.where}  {upgrade} ({', '.join(upgrade.cleared)})"


def _left(left: Left) -> str:
    package = left.package
    return f"{package.at.where}  {package.name} {package.version}: {left.reason}{left.todo and f'; {left.todo}'}"


def _summary(upgrades: list[Upgrade], left: list[Left], *, dry_run: bool) -> str:
    if not (upgrades or left):
        return "nothing to fix: no known vulnerability in what this project pins"
    return f"{counted(len(upgrades), 'pin')} {'to upgrade' if dry_run else 'upgraded'}, {len(left)} left"
