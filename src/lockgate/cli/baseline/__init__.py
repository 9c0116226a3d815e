"""`lockgate baseline`: the list of the secrets that are known."""

from __future__ import annotations

import click

from lockgate.cli._commands import Commands


@click.group("baseline", cls=Commands, package=__name__, short_help="Keep the list of the secrets that are known.")
def command() -> None:
    """Keep the list of the secrets that are known: a scan counts them and reports what is new."""
