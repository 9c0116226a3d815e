"""What all subcommands of `lockgate secrets` do: the secrets check in this process, and its report."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from msgspec.structs import replace

from lockgate.checks.base import Target
from lockgate.checks.run import missing_record, run_check
from lockgate.checks.secrets.shares import run_shared
from lockgate.cli._finish import check_destinations, finish
from lockgate.cli._options import tell_of_repository
from lockgate.cli._progress import bars
from lockgate.cli.secrets._sources import taken_source
from lockgate.config.settings import Settings
from lockgate.engines.secrets.scanners import scanners
from lockgate.inputs.git import revision
from lockgate.model.engine_options import EngineOptions
from lockgate.model.errors import UnavailableError
from lockgate.model.record import Record
from lockgate.policy.verdict import decide
from lockgate.project import settings_of


def run(
    options: dict[str, Any],
    engine_options: Callable[[Settings], EngineOptions],
    *,
    sarif: str | None,
    json_file: str | None,
    no_progress: bool,
) -> int:
    """Scan what the options name, with the engines as `engine_options` says, and return the exit code.

    `options` are those of the source and of the settings. Raises UsageError for what is wrong with them.
    """
    source = taken_source(options)
    root, names = source.place()
    check_destinations(sarif, json_file)
    if not names:
        tell_of_repository(root)
    settings = settings_of(root, options)
    chosen = engine_options(settings)
    with suppress(UnavailableError):  # the record tells it
        scanners(chosen)
    with bars(not no_progress) as progress:
        try:
            target = source.target(root, names, settings, partial(progress, "secrets"))
            record = _record(replace(target, engine_options=chosen))
        except UnavailableError as error:
            record = missing_record("secrets", str(error))
    return finish(decide([record], settings, os.environ, revision(root)), sarif_file=sarif, json_file=json_file)


def _record(target: Target) -> Record:
    return run_shared(target, target.commits) if target.commits else run_check("secrets", target)
