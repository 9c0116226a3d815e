"""Runs checks, and gets ready for their report while they are at work."""

from __future__ import annotations

from pathlib import Path

from lockgate.checks.isolated import new_run, run_all
from lockgate.cli._progress import bars
from lockgate.config.settings import Settings
from lockgate.inputs.git import revision
from lockgate.model.record import Record
from lockgate.model.report import Revision


def run_checks(
    names: list[str],
    root: Path,
    settings: Settings,
    run: str,
    files: tuple[str, ...] = (),
    *,
    since: str = "",
    progress: bool,
) -> tuple[list[Record], Revision]:
    """The records of the checks, and where the tree comes from. `run` names the run; empty is a name of its own.

    Where there are `files`, these are all that is examined of `root`. Where there is a commit `since`, what was found there is not told.
    """
    place = Revision()

    def get_ready() -> None:
        nonlocal place
        place = revision(root)
        from lockgate.reports import sarif, terminal  # noqa: F401 - so that the report need not wait for them

    with bars(progress) as tell:
        records = run_all(names, root, settings, run or new_run(), tell, get_ready, files, since)
    return records, place
