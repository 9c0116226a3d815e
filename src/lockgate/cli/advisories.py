"""`lockgate advisories`: the local index of known vulnerabilities."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from lockgate.model.errors import UnavailableError, counted

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
    help="An OSV zip or a directory of records (default: the last, or OSV's own).",
)
def sync(source: str | None) -> None:
    """Bring the local index up to date. On any fault the one that was there stays."""
    from lockgate.advisories import store

    meta = store.sync(source or "", tell=lambda text: click.echo(f"lockgate: note: {text}", err=True))
    click.echo(f"{_size(meta)} from {meta.source}")
    if meta.lost:
        more = f" and {meta.lost - len(meta.malformed):,} more" if meta.lost > len(meta.malformed) else ""
        click.echo(
            f"warning: {counted(meta.lost, 'record')} can't be understood, so audits will be incomplete:", err=True
        )
        click.echo(f"  {', '.join(meta.malformed)}{more}", err=True)


@command.command("status")
def status() -> None:
    """Show source, age and size of the local index; exit code 3 where there is none."""
    from lockgate.advisories import store

    index = store.open_synced()
    if index is None:
        raise UnavailableError("there are no advisories on this machine; run: lockgate advisories sync")
    meta = index.meta
    index.close()
    for name, value in (
        ("source", meta.source),
        ("built", meta.built),
        ("checked", f"{meta.checked} ({_age(meta.age())})"),
        ("newest record", meta.newest),
        ("advisories", f"{_size(meta)}; {meta.withdrawn:,} withdrawn left out"),
        ("not understood", f"{counted(meta.lost, 'record')}: {', '.join(meta.malformed)}" if meta.lost else "none"),
        ("file", str(store.synced_file())),
    ):
        click.echo(f"{name + ':':<16}{value}")


def _size(meta: Meta) -> str:
    return f"{counted(meta.records, 'advisory', 'advisories')} on {counted(meta.packages, 'package')}"


def _age(age: timedelta) -> str:
    hours = round(age / timedelta(hours=1))
    if hours < 0:
        return "in the future: is the clock right?"
    return f"{counted(hours, 'hour')} ago" if hours < 48 else f"{counted(round(hours / 24), 'day')} ago"  # noqa: PLR2004
