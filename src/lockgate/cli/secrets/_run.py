"""Runs the secrets check in this process, for all subcommands of `lockgate secrets`."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from lockgate.checks.run import missing_record, run_check
from lockgate.checks.secrets.shares import run_shared
from lockgate.cli._progress import bars
from lockgate.cli.secrets._sources import Source
from lockgate.config.settings import Settings
from lockgate.engines.secrets.scanners import scanners
from lockgate.model.engine_options import EngineOptions
from lockgate.model.errors import UnavailableError
from lockgate.model.record import Record


def scanned(
    source: Source, root: Path, names: list[str], settings: Settings, options: EngineOptions, *, show_progress: bool
) -> Record:
    """The record of a scan with the engines as the options say. Raises UsageError for options that are wrong."""
    with suppress(UnavailableError):  # the record tells it
        scanners(options)
    with bars(show_progress) as progress:
        try:
            target = replace(source.target(root, names, settings, partial(progress, "secrets")), engine_options=options)
            return run_shared(target, target.commits) if target.commits else run_check("secrets", target)
        except UnavailableError as error:
            return missing_record("secrets", str(error))
