"""`lockgate secrets scan`: files, what is staged, or what was committed, with the engines of one's choice."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import click

from lockgate.checks.base import Progress
from lockgate.checks.run import missing_record, run_check
from lockgate.checks.secrets.shares import run_shared
from lockgate.cli._finish import check_destinations, finish
from lockgate.cli._options import output_options, settings_options, tell_of_repository
from lockgate.cli._progress import bars
from lockgate.cli.secrets._sources import Source, source_options, taken_source
from lockgate.config.settings import Settings
from lockgate.inputs.git import revision
from lockgate.model.errors import UnavailableError
from lockgate.model.record import Record
from lockgate.policy.verdict import decide
from lockgate.project import settings_of


@click.command("scan", short_help="Scan for secrets.")
@source_options
@click.option("--engines", metavar="NAME,…", help="The engines to scan with; by default all.")
@settings_options
@output_options
def command(sarif: str | None, json_file: str | None, no_progress: bool, engines: str | None, **options: Any) -> int:
    """Scan the files and directories in PATH for secrets, by default the current directory."""
    source = taken_source(options)
    root, names = source.place()
    check_destinations(sarif, json_file)
    if not names:
        tell_of_repository(root)
    named = tuple(name.strip() for name in engines.split(",")) if engines else None
    settings = settings_of(root, {"engines": named, **options})
    with bars(not no_progress) as progress:
        record = _record(source, root, names, settings, partial(progress, "secrets"))
    return finish(decide([record], settings, os.environ, revision(root)), sarif_file=sarif, json_file=json_file)


def _record(source: Source, root: Path, names: list[str], settings: Settings, progress: Progress) -> Record:
    try:
        target = source.target(root, names, settings, progress)
        return run_shared(target, target.commits) if target.commits else run_check("secrets", target)
    except UnavailableError as error:
        return missing_record("secrets", str(error))
