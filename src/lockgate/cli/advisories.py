"""`lockgate advisories`: the local index of known vulnerabilities."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from lockgate.model.errors import UnavailableError, UsageError, counted, nearest, shortened

if TYPE_CHECKING:
    from lockgate.advisories.index import Meta


@click.group("advisories")
def command() -> None:
    """Fetch the advisories that the audit matches against, or show what is there."""


@command.command("sync")
@click.option(
    "--from",
    "source",
    metavar="PATH|URL",
    help="An OSV zip or a directory of records (default: osv-export, the last, or OSV's own).",
)
@click.option(
    "--with",
    "feeds",
    metavar="FEED[=PATH|URL],…",
    multiple=True,
    help="Also what is known of exploitation: epss, kev, or both; from their publishers, or from a file or URL.",
)
def sync(source: str | None, feeds: tuple[str, ...]) -> None:
    """Bring the local index up to date. On any fault the one that was there stays."""
    from lockgate.advisories import store
    from lockgate.advisories.feeds import sync_feed
    from lockgate.checks import base
    from lockgate.config.load import load

    wanted = _wanted(feeds)
    source = source or load(project=None, environ=os.environ, options={}, known_checks=base.names()).osv_export
    meta = store.sync(source, tell=_tell)
    click.echo(f"{_size(meta)} from {meta.source}")
    if meta.lost:
        more = f" and {meta.lost - len(meta.malformed):,} more" if meta.lost > len(meta.malformed) else ""
        click.echo(
            f"warning: {counted(meta.lost, 'record')} can't be understood, so audits will be incomplete:", err=True
        )
        click.echo(f"  {', '.join(meta.malformed)}{more}", err=True)
    failed: list[str] = []
    for name, given in wanted.items():
        try:
            origin = sync_feed(name, given, tell=_tell)
        except UnavailableError as error:
            failed.append(str(error))
            continue
        click.echo(f"{name.upper()} of {counted(origin.rows, 'CVE')} from {origin.source}")
    if failed:
        raise UnavailableError("; ".join(failed))


def _tell(text: str) -> None:
    click.echo(f"lockgate: note: {text}", err=True)


def _wanted(given: tuple[str, ...]) -> dict[str, str]:
    """The feeds that are named, with where each is to come from; empty for its publisher. Raises UsageError."""
    from lockgate.advisories.feeds import FEEDS

    pairs = [pair for value in given for pair in ([value] if "=" in value else value.split(","))]
    wanted = {name.strip(): source for name, _, source in (pair.partition("=") for pair in pairs)}
    for name in wanted:
        if name not in FEEDS:
            raise UsageError(f"--with: no feed is named {shortened(name)!r}; {nearest(shortened(name), list(FEEDS))}")
    return wanted


@command.command("status")
def status() -> None:
    """Show source, age and size of the local index; exit code 3 where there is none."""
    from lockgate.advisories import store
    from lockgate.advisories.feeds import FEEDS, open_feed

    index = store.open_synced()
    if index is None:
        raise UnavailableError("there are no advisories on this machine; run: lockgate advisories sync")
    meta = index.meta
    index.close()
    lines = [
        ("source", meta.source),
        ("built", meta.built),
        ("checked", f"{meta.checked} ({_age(meta.age())})"),
        ("fetched whole", meta.whole),
        ("newest record", meta.newest),
        ("advisories", f"{_size(meta)}; {meta.withdrawn:,} withdrawn left out"),
        ("not understood", f"{counted(meta.lost, 'record')}: {', '.join(meta.malformed)}" if meta.lost else "none"),
        ("file", str(store.synced_file())),
    ]
    for name in FEEDS:
        table = open_feed(name)
        told = f"not fetched; run: lockgate advisories sync --with {name}"
        if table:
            origin = table.origin
            checked = f"checked {origin.checked} ({_age(origin.age())})"
            told = (
                f"{counted(origin.rows, 'CVE')} of {origin.date or 'an unknown date'} from {origin.source}, {checked}"
            )
        lines.append((name.upper(), told))
    for name, value in lines:
        click.echo(f"{name + ':':<16}{value}")


def _size(meta: Meta) -> str:
    return f"{counted(meta.records, 'advisory', 'advisories')} on {counted(meta.packages, 'package')}"


def _age(age: timedelta) -> str:
    hours = round(age / timedelta(hours=1))
    if hours < 0:
        return "in the future: is the clock right?"
    return f"{counted(hours, 'hour')} ago" if hours < 48 else f"{counted(round(hours / 24), 'day')} ago"  # noqa: PLR2004
