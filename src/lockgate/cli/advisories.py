"""`lockgate advisories`: the local index of known vulnerabilities."""

from __future__ import annotations

import click

from lockgate.model.errors import UnavailableError


@click.group("advisories")
def command() -> None:
    """Fetch the advisories that the audit matches against, or show what is there."""


@command.command("sync")
@click.option("--from", "source", metavar="PATH|URL", help="An OSV zip or a directory of records (default: OSV's own).")
def sync(source: str | None) -> None:
    """Replace the local index. On any fault the one that was there stays."""
    from lockgate.advisories import store
    from lockgate.advisories.fetch import OSV_ZIP

    meta = store.sync(source or OSV_ZIP)
    click.echo(f"{meta.records:,} advisories on {meta.packages:,} packages from {meta.source}")
    if meta.lost:
        more = f" and {meta.lost - len(meta.malformed):,} more" if meta.lost > len(meta.malformed) else ""
        click.echo(f"warning: {meta.lost:,} records can't be understood, so audits will be incomplete:", err=True)
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
        ("built", f"{meta.built} ({_age(meta.age())})"),
        ("newest record", meta.newest),
        ("advisories", f"{meta.records:,} on {meta.packages:,} packages; {meta.withdrawn:,} withdrawn ones left out"),
        ("not understood", f"{meta.lost:,} records: {', '.join(meta.malformed)}" if meta.lost else "none"),
        ("file", str(store.synced_file())),
    ):
        click.echo(f"{name + ':':<16}{value}")


def _age(days: float) -> str:
    if days < 0:
        return "in the future: is the clock right?"
    return f"{days * 24:.0f} hours ago" if days < 2 else f"{days:.0f} days ago"  # noqa: PLR2004 - two days
