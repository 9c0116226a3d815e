"""`lockgate baseline create`: what is found today is known from now on."""

from __future__ import annotations

import os
from pathlib import Path

import click
from msgspec.structs import replace

from lockgate.checks.secrets.baseline import Baseline, Entry, formats, parse, strongest
from lockgate.checks.secrets.known import LIMIT, NAMES, Known
from lockgate.cli import _streams as streams
from lockgate.cli._options import baseline_option, path_argument
from lockgate.cli.baseline._place import Place, look, place_of, tell_entries, tell_gaps
from lockgate.inputs import files
from lockgate.model.errors import UsageError, counted
from lockgate.model.record import Skip
from lockgate.model.report import ExitCode

WRITTEN = {name: kind for name, kind in formats().items() if kind.MATCHES}


@click.command("create", short_help="Make the list of what is there today.")
@path_argument
@baseline_option
@click.option("--format", "name", metavar="NAME", default="lockgate", help=f"One of: {', '.join(WRITTEN)}.")
@click.option("--from", "source", metavar="FILE", help="Take over what another baseline lists, and no more.")
def command(path: str, baseline: str | None, name: str, source: str | None) -> int:
    """Make a baseline of the repository in PATH: every secret that is found there today is known from now on.

    With --from these are the ones that FILE lists: a baseline of detect-secrets, of kingfisher, or a .gitleaksignore.
    """
    if name not in WRITTEN:
        raise UsageError(f"no baseline is written in the format {name!r}; valid: {', '.join(WRITTEN)}")
    place = _new_place(path, baseline, name)
    imported = _parsed(source) if source else None
    made = WRITTEN[name](place.path, b"")
    gaps: list[str] = []
    entries, left = _entries(place, made, imported, gaps)
    place.save(made.rendered(entries))
    made_now = counted(len(entries), "entry", "entries")
    streams.tell(f"lockgate: {place.path}: {made_now}; lockgate baseline audit goes through them")
    if left:
        match = "matches" if len(left) == 1 else "match"
        number = counted(len(left), "entry", "entries")
        streams.tell(f"lockgate: {number} of {source} {match} nothing that is found here:")
        tell_entries(left)
    if imported is None and place.path != NAMES[1] and os.path.lexists(place.tree.root / NAMES[1]):
        streams.tell(f"lockgate: note: {NAMES[1]} is not used any more; --from {NAMES[1]} would take over its verdicts")
    tell_gaps(place, gaps)
    return ExitCode.INCOMPLETE if gaps else ExitCode.PASS


def _new_place(path: str, baseline: str | None, name: str) -> Place:
    """Where the new baseline goes. Raises UsageError where something is there already."""
    place = place_of(path, baseline)
    default = NAMES[0] if name == "lockgate" else NAMES[1]
    target = place.path if place.settings.baseline else default
    if os.path.lexists(place.tree.root / target):
        raise UsageError(
            f"{target} is there already; lockgate baseline update adds what is new to it (to begin anew, delete it first)"
        )
    folder = (place.tree.root / target).parent
    if not folder.is_dir():
        raise UsageError(f"{target}: there is no directory {folder}; create it or choose another place")
    return Place(place.tree, place.settings, target)


def _parsed(source: str) -> Baseline:
    data = files.read(Path(source).parent, Path(source).name, LIMIT)
    if isinstance(data, Skip):
        raise UsageError(f"{source}: it can't be read: {data.reason}")
    return parse(source, data)


def _entries(
    place: Place, made: Baseline, imported: Baseline | None, gaps: list[str]
) -> tuple[list[Entry], list[Entry]]:
    """The new entries, and those of the imported baseline that match nothing."""
    entries: list[Entry] = []
    matched: set[Entry] = set()
    for file in look(place, Known(place.tree, None), gaps):
        if imported is None:
            entries += made.made_of(file.path, file.secrets)
            continue
        of = imported.of(file.path)
        for secret, places in zip(file.secrets, imported.matching(file.path, file.secrets), strict=True):
            found = [of[place] for place in places]
            matched.update(found)
            if found:
                new = made.made_of(file.path, [secret])
                entries += [replace(entry, verdict=strongest(found)) for entry in new]
    unique = {(entry.path, entry.identity, entry.rule): entry for entry in entries}
    return list(unique.values()), [entry for entry in (imported.entries if imported else ()) if entry not in matched]
