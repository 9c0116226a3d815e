"""Runs the secrets check in this process, for all subcommands of `lockgate secrets`."""

from __future__ import annotations

from contextlib import suppress

from lockgate.checks.base import Target
from lockgate.checks.run import run_check
from lockgate.cli._progress import bars
from lockgate.config.settings import Settings
from lockgate.engines.secrets.scanners import scanners
from lockgate.inputs.tree import Tree
from lockgate.model.engine_options import EngineOptions
from lockgate.model.errors import UnavailableError
from lockgate.model.record import Record


def scanned(tree: Tree, settings: Settings, options: EngineOptions, *, show_progress: bool) -> Record:
    """The record of a scan with the engines as the options say. Raises UsageError for options that are wrong."""
    with suppress(UnavailableError):  # the record tells it
        scanners(options)
    with bars(show_progress) as progress:
        target = Target(
            tree=tree, settings=settings, engine_options=options,
            progress=lambda done, total: progress("secrets", done, total),
        )  # fmt: skip
        return run_check("secrets", target)
