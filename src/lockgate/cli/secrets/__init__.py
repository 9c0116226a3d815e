"""`lockgate secrets`: the secrets check, with more to choose from than `lockgate check secrets`."""

from __future__ import annotations

import click

from lockgate.cli._commands import Commands


@click.group("secrets", cls=Commands, package=__name__, short_help="Look for secrets in files, stages and history.")
def command() -> None:
    """Look for leaked secrets."""
