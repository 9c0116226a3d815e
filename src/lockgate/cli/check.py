"""`lockgate check`: one check."""

from __future__ import annotations

import os
import uuid
from typing import Any

import click
import msgspec

from lockgate.checks import base
from lockgate.checks.run import run_check
from lockgate.cli._finish import check_destinations, finish
from lockgate.cli._options import (
    output_options,
    path_argument,
    root_of,
    settings_of,
    settings_options,
    tell_of_repository,
)
from lockgate.cli._progress import bars
from lockgate.inputs.git import revision
from lockgate.inputs.tree import Tree
from lockgate.policy.verdict import decide
from lockgate.reports.write import write


@click.command("check", short_help="Run one check.")
@click.argument("name")
@path_argument
@settings_options
@output_options
@click.option("--record", metavar="FILE", help="Write the record for a gate to decide on, and show no findings.")
@click.option("--run", default="", hidden=True, help="The run that the record is of.")
def command(
    name: str,
    path: str,
    sarif: str | None,
    json_file: str | None,
    no_progress: bool,
    record: str | None,
    run: str,
    **options: Any,
) -> int:
    """Run one check on the repository in PATH. NAME is audit, lint, pins or secrets."""
    base.get(name)
    check_destinations(sarif, json_file)
    root = root_of(path)
    tell_of_repository(root)
    settings = settings_of(root, options)
    tree = Tree(root, settings.exclude, settings.max_file_size)
    with bars(not no_progress) as tell:
        target = base.Target(tree=tree, settings=settings, progress=lambda done, total: tell(name, done, total))
        result = run_check(name, target, run or str(uuid.uuid4()))
    if record:
        write(record, msgspec.json.encode(result))
    report = decide([result], settings, os.environ, revision(root))
    return finish(report, sarif_file=sarif, json_file=json_file, brief=record is not None)
