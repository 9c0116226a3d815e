"""`lockgate check`: one check."""

from __future__ import annotations

import os
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
from lockgate.cli._run import run_checks
from lockgate.policy.verdict import decide
from lockgate.project import file_of, root_of, settings_of


@click.command("check", short_help="Run one check.")
@click.argument("name")
@path_argument
@settings_options
@since_option
@output_options
@click.option("--record", metavar="FILE", help="Write the record for a gate to decide on, and show no findings.")
@click.option("--run", default="", hidden=True, help="The run that the record is of.")
def command(
    name: str,
    path: str,
    since: str | None,
    sarif: str | None,
    json_file: str | None,
    no_progress: bool,
    record: str | None,
    run: str,
    **options: Any,
) -> int:
    """Run one check on the repository in PATH. NAME is audit, lint, pins or secrets.

    The audit takes a single requirements file, lockfile, SBOM, wheel or source archive as PATH, too.
    """
    base.get(name)
    file = file_of(path) if name == "audit" else None
    root, *files = file or (root_of(path),)
    check_destinations(sarif, json_file, record)
    if not files:
        tell_of_repository(root)
    settings = settings_of(root, options)
    commit = since_commit(root, since)
    found, place = run_checks([name], root, settings, run, tuple(files), since=commit, progress=not no_progress)
    report = decide(found, settings, os.environ, place)
    return finish(report, sarif_file=sarif, json_file=json_file, record_file=record)
