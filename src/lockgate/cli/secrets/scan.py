"""`lockgate secrets scan`: files, what is staged, or what was committed, with the engines of one's choice."""

from __future__ import annotations

import os
from typing import Any

import click

from lockgate.checks.base import Target
from lockgate.checks.run import run_check
from lockgate.cli._finish import check_destinations, finish
from lockgate.cli._options import output_options, settings_options, tell_of_repository
from lockgate.cli._progress import bars
from lockgate.cli.secrets._detect_secrets import FORMAT, StandIn
from lockgate.inputs.git import revision
from lockgate.inputs.tree import Tree
from lockgate.policy.verdict import decide
from lockgate.project import root_of, settings_of


@click.command("scan", cls=StandIn, short_help="Scan for secrets.")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--engines", metavar="NAME,…", help="The engines to scan with; by default all.")
@FORMAT
@settings_options
@output_options
def command(
    path: str, sarif: str | None, json_file: str | None, no_progress: bool, engines: str | None, **options: Any
) -> int:
    """Scan the files in PATH for secrets."""
    root = root_of(path)
    check_destinations(sarif, json_file)
    tell_of_repository(root)
    named = tuple(name.strip() for name in engines.split(",")) if engines else None
    settings = settings_of(root, {"engines": named, **options})
    tree = Tree(root, settings.exclude, settings.max_file_size)
    with bars(not no_progress) as progress:
        record = run_check(
            "secrets",
            Target(tree=tree, settings=settings, progress=lambda done, total: progress("secrets", done, total)),
        )
    return finish(decide([record], settings, os.environ, revision(root)), sarif_file=sarif, json_file=json_file)
