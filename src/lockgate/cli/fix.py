"""`lockgate fix`: vulnerable pins get the lowest version that clears them, and what is not pinned is pinned."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from difflib import unified_diff
from errno import ESTALE
from pathlib import Path
from typing import Any

import click

from lockgate.checks import redact
from lockgate.checks.base import Target
from lockgate.cli._options import advisory_options, online_options, path_argument, tell_of_repository
from lockgate.fixes.base import Change, Left, Upgrade
from lockgate.fixes.edits import Edit
from lockgate.fixes.mend import Mended, mend
from lockgate.fixes.pin import Pinned, pin
from lockgate.inputs.files import display, read
from lockgate.inputs.overlay import Overlay
from lockgate.inputs.tree import Tree
from lockgate.model.errors import UnavailableError, UsageError, counted, nearest
from lockgate.model.report import ExitCode
from lockgate.project import root_of, settings_of
from lockgate.reports.text import visible
from lockgate.reports.write import replace

# What is said of a check that has nothing to mend.
_NOTHING = {"audit": "no known vulnerability in what this project pins", "pins": "nothing that could be pinned"}


@click.command("fix", short_help="Upgrade vulnerable pins, pin what is not pinned.")
@path_argument
@click.option("--checks", metavar="NAME,…", multiple=True, help="Whose findings to mend: audit, pins; by default both.")
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--hashes", is_flag=True, help="Give hashes to requirements files that have none, too.")
@online_options
@advisory_options
def command(path: str, checks: tuple[str, ...], dry_run: bool, hashes: bool, **options: Any) -> int:
    """Give each vulnerable pin in PATH the lowest version that clears its advisories, and pin what can be pinned without guessing.

    The exit code is 1 if something stays.
    """
    root = root_of(path)
    tell_of_repository(root)
    wanted = [name.strip() for name in ",".join(checks).split(",")] if checks else list(_NOTHING)
    for name in wanted:
        if name not in _NOTHING:
            raise UsageError(f"--checks: findings of {name!r} can't be mended; {nearest(name, list(_NOTHING))}")
    settings = settings_of(root, options)
    if settings.online and settings.offline:
        where = (settings.sources.get(key, "") for key in ("online", "offline"))
        raise UsageError(
            f"--online ({next(where)}) and --offline ({next(where)}) contradict each other; take one of them away"
        )
    tree = Tree(root, settings.exclude, settings.max_file_size)
    mended = mend(Target(tree=tree, settings=settings)) if "audit" in wanted else Mended()
    newer = Overlay(tree, {change.path: change.new for change in mended.changes}) if mended.changes else tree
    pinned = pin(newer, settings, hashes=hashes) if "pins" in wanted else Pinned()
    changes = _together(mended.changes, pinned.changes)
    public = [edit.value for edit in pinned.edits]
    if not dry_run:
        _write(root, changes)
    for change in changes:
        for line in _diff(change, public):
            click.echo(visible(line, keep="\t"))
    left = [*mended.left, *pinned.left]
    told = [
        *_list("would fix" if dry_run else "fixed", map(_done, mended.upgrades)),
        *_list("would pin" if dry_run else "pinned", map(_pinned, pinned.edits)),
        *_list("left", map(_left, left)),
        *_list("note", [*mended.notes, *pinned.notes]),
        _summary(mended, pinned, wanted, dry_run=dry_run),
    ]
    for line in told:
        click.echo(visible(redact.text(line, public)))
    return ExitCode.FAIL if left else ExitCode.PASS


def _together(first: Iterable[Change], then: Iterable[Change]) -> list[Change]:
    """One change a file, of those that were made one upon the other."""
    made = {change.path: change for change in first}
    for change in then:
        old = made[change.path].old if change.path in made else change.old
        made[change.path] = Change(change.path, old, change.new)
    return list(made.values())


def _write(root: Path, changes: Iterable[Change]) -> None:
    """Write all of the files, or none of them. Raises UnavailableError; also where one is not as it was read any more."""
    done: list[Change] = []
    try:
        for change in changes:
            _check_unchanged(root, change)
            done.append(change)
            _replace(root / change.path, change.new)
    except BaseException as error:
        kept = [display(change.path) for change in done if not _undo(root / change.path, change)]
        if isinstance(error, OSError):
            outcome = f"{', '.join(kept)} could not be changed back" if kept else "nothing was changed"
            raise UnavailableError(f"{error.filename}: {error.strerror}; {outcome}") from None
        raise


def _check_unchanged(root: Path, change: Change) -> None:
    """Raise OSError where somebody wrote the file since it was read, or put a link there: servers may have been waited for."""
    if read(root, change.path, len(change.old)) != change.old:
        raise OSError(ESTALE, "it was changed meanwhile; run lockgate fix again", display(change.path))


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


def _diff(change: Change, public: Collection[str]) -> Iterator[str]:
    path = display(change.path)
    old, new = (redact.masked(path, data.decode("utf-8", "replace"), public) for data in (change.old, change.new))
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


def _pinned(edit: Edit) -> str:
    return f"{edit.finding.where}  {edit.name} -> {edit.value}{edit.version and f' ({edit.version})'}"


def _left(left: Left) -> str:
    return f"{left.at.where}  {left.name}: {left.reason}{left.todo and f'; {left.todo}'}"


def _summary(mended: Mended, pinned: Pinned, checks: Collection[str], *, dry_run: bool) -> str:
    upgraded, written, left = len(mended.upgrades), len(pinned.edits), len(mended.left) + len(pinned.left)
    if not (upgraded or written or left):
        known = [_NOTHING[name] for name in checks if not (name == "pins" and pinned.notes)]
        nothing = "nothing is written" if pinned.notes else "nothing to fix"
        return f"{nothing}{': ' if known else ''}{' and '.join(known)}"
    told_pins = written or "audit" not in checks
    done = (
        [f"{counted(upgraded, 'pin')} {'to upgrade' if dry_run else 'upgraded'}"] if upgraded or not told_pins else []
    )
    done += [f"{written} {'to pin' if dry_run else 'pinned'}"] if told_pins else []
    return f"{', '.join(done)}, {left} left"
