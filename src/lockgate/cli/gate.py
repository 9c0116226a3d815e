"""`lockgate gate`: every check, one verdict."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from lockgate.checks import base
from lockgate.cli._finish import check_destinations, finish
from lockgate.cli._options import (
    output_options,
    path_argument,
    settings_options,
    since_commit,
    since_option,
    tell_of_repository,
)
from lockgate.cli._records import collect
from lockgate.cli._run import run_checks
from lockgate.inputs.git import revision
from lockgate.policy.verdict import decide
from lockgate.project import root_of, settings_of


@click.command("gate", short_help="Run the checks and decide.")
@path_argument
@click.option("--checks", metavar="NAME,…", multiple=True, help=f"The checks to run; all: {','.join(base.names())}.")
@settings_options
@since_option
@output_options
@click.option("--records", metavar="DIR", hidden=True, help="Decide on the records in DIR instead of running checks.")
@click.option("--run", default="", hidden=True, help="The run that the records must be of.")
def command(
    path: str,
    checks: tuple[str, ...],
    since: str | None,
    sarif: str | None,
    json_file: str | None,
    no_progress: bool,
    records: str | None,
    run: str,
    **options: Any,
) -> int:
    """Run the checks on the repository in PATH and decide: PASS, FAIL or INCOMPLETE."""
    root = root_of(path)
    check_destinations(sarif, json_file)
    named = tuple(name.strip() for name in ",".join(checks).split(",")) if checks else None
    tell_of_repository(root)
    commit = since_commit(root, since)
    settings = settings_of(root, {"checks": named, **options})
    names = list(settings.checks) or base.names()
    if records:
        found, place = collect(Path(records), names, run), revision(root)
    else:
        found, place = run_checks(names, root, settings, run, since=commit, progress=not no_progress)
    report = decide(found, settings, os.environ, place, base.names())
    return finish(report, sarif_file=sarif, json_file=json_file)
