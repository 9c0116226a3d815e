"""`lockgate secrets scan`: files, what is staged, or what was committed, with the engines of one's choice."""

from __future__ import annotations

import os
from typing import Any

import click

from lockgate.cli._finish import check_destinations, finish
from lockgate.cli._options import engine_options, output_options, secrets_settings_options, tell_of_repository
from lockgate.cli.secrets._detect_secrets import FORMAT, StandIn
from lockgate.cli.secrets._run import scanned
from lockgate.cli.secrets._sources import source_options, taken_source
from lockgate.inputs.git import revision
from lockgate.policy.verdict import decide
from lockgate.project import settings_of


@click.command("scan", cls=StandIn, short_help="Scan for secrets.")
@source_options
@engine_options
@FORMAT
@secrets_settings_options
@output_options
def command(sarif: str | None, json_file: str | None, no_progress: bool, **options: Any) -> int:
    """Scan the files and directories in PATH for secrets, by default the current directory."""
    source = taken_source(options)
    root, names = source.place()
    check_destinations(sarif, json_file)
    if not names:
        tell_of_repository(root)
    settings = settings_of(root, options)
    record = scanned(source, root, names, settings, settings.engine_options, show_progress=not no_progress)
    return finish(decide([record], settings, os.environ, revision(root)), sarif_file=sarif, json_file=json_file)
