"""`lockgate baseline update`: what is new is known from now on, and what is stale goes where that is asked for."""

from __future__ import annotations

import click
from msgspec.structs import replace

from lockgate.checks.secrets.baseline import Baseline, Entry
from lockgate.checks.secrets.known import Known, stale_entries
from lockgate.cli import _streams as streams
from lockgate.cli._options import baseline_option, path_argument
from lockgate.cli.baseline._place import Place, look, place_of, tell_entries, tell_gaps
from lockgate.model.errors import UsageError, counted
from lockgate.model.report import ExitCode


@click.command("update", short_help="Add what is new, remove what is stale.")
@path_argument
@baseline_option
@click.option("--prune", is_flag=True, help="Remove the entries that match nothing any more.")
@click.option("--no-add", is_flag=True, help="Add nothing.")
def command(path: str, baseline: str | None, prune: bool, no_add: bool) -> int:
    """Add to the baseline of the repository in PATH every secret that it does not list: by that you accept them.

    Verdicts stay. Entries that match nothing any more are told, and with --prune removed.
    """
    place = place_of(path, baseline)
    old = place.load()
    if prune and place.missing:
        raise UsageError(f"nothing can be pruned, because not every engine looks: {place.missing}")
    gaps: list[str] = []
    new, stale, lines = _compared(place, old, gaps)
    added = [] if no_add else new
    removed = set(stale) if prune else set()
    kept = [replace(entry, line=lines.get(entry, entry.line)) for entry in old.entries if entry not in removed]
    data = old.rendered([*kept, *added])
    if data != old.data:
        place.save(data)
    streams.tell(f"lockgate: {place.path}: {counted(len(added), 'entry', 'entries')} added")
    tell_entries(added)
    if stale:
        them = "it" if len(stale) == 1 else "them"
        done = " removed" if prune else f": no match any more, --prune removes {them}"
        streams.tell(f"lockgate: {counted(len(stale), 'entry', 'entries')}{done}")
        tell_entries(stale)
    tell_gaps(place, gaps)
    return ExitCode.INCOMPLETE if gaps else ExitCode.PASS


def _compared(place: Place, old: Baseline, gaps: list[str]) -> tuple[list[Entry], list[Entry], dict[Entry, int]]:
    """The entries for what is new, those that are stale, and where the others that tell of lines match now."""
    known = Known(place.tree, old)
    new: dict[tuple[str, str, str], Entry] = {}
    lines: dict[Entry, int] = {}
    for file in look(place, known, gaps):
        of = old.of(file.path)
        unknown = []
        for secret, places in zip(file.secrets, old.matching(file.path, file.secrets), strict=True):
            for number in places:
                if of[number].line:
                    lines.setdefault(of[number], secret[0].line)
            if not places:
                unknown.append(secret)
        new.update({(each.path, each.identity, each.rule): each for each in old.made_of(file.path, unknown)})
    stale = [] if place.missing else list(stale_entries(old, place.tree, known.seen))
    return list(new.values()), stale, lines
