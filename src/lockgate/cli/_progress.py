"""A progress bar on standard error, where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bars(wanted: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A function that is told check, done and total; it draws only where it is wanted and someone looks."""
    if not wanted or not sys.stderr.isatty():
        yield lambda _check, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description:8}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks = {}

        def tell(check: str, done: int, total: int) -> None:
            if check not in tasks:
                tasks[check] = progress.add_task(check, total=None)
            if total:
                progress.update(tasks[check], completed=done, total=total)

        yield tell
