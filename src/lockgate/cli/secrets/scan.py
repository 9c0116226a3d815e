"""`lockgate secrets scan`: files, what is staged, or what was committed, with the engines of one's choice."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import click

from lockgate.cli._options import engine_options, output_options, secrets_settings_options
from lockgate.cli.secrets._detect_secrets import FORMAT, StandIn
from lockgate.cli.secrets._run import run
from lockgate.cli.secrets._sources import source_options


@click.command("scan", cls=StandIn, short_help="Scan for secrets.")
@source_options
@engine_options
@FORMAT
@secrets_settings_options
@output_options
def command(sarif: str | None, json_file: str | None, no_progress: bool, **options: Any) -> int:
    """Scan the files and directories in PATH for secrets, by default the current directory."""
    return run(
        options, attrgetter("engine_options"), sarif=sarif, json_file=json_file, no_progress=no_progress
    )  # fmt: skip
