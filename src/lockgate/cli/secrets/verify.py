"""`lockgate secrets verify`: ask the providers whether what is found is still active."""

from __future__ import annotations

import os
from typing import Any

import click
from msgspec.structs import replace

from lockgate.cli._finish import check_destinations, finish
from lockgate.cli._options import engine_options, output_options, secrets_settings_options, tell_of_repository
from lockgate.cli.secrets._run import scanned
from lockgate.cli.secrets._sources import source_options, taken_source
from lockgate.inputs.git import revision
from lockgate.model.errors import UsageError
from lockgate.policy.verdict import decide
from lockgate.project import settings_of


@click.command("verify", short_help="Ask the providers whether secrets are active.")
@source_options
@click.option("--internal", is_flag=True, help="Ask at loopback and private addresses, too.")
@engine_options
@secrets_settings_options
@output_options
def command(internal: bool, sarif: str | None, json_file: str | None, no_progress: bool, **options: Any) -> int:
    """Scan PATH, and ask the provider of each credential that kingfisher can verify. This sends them over the network.

    Each is active, inactive or unknown, which takes no finding away. One that is active is critical.
    """
    source = taken_source(options)
    root, names = source.place()
    check_destinations(sarif, json_file)
    if not names:
        tell_of_repository(root)
    settings = settings_of(root, options)
    if settings.offline:
        raise UsageError(
            f"providers can't be asked without a connection ('offline', set by: {settings.sources['offline']})"
        )
    asking = replace(settings.engine_options, verify=True, internal=internal)
    record = scanned(source, root, names, settings, asking, show_progress=not no_progress)
    return finish(decide([record], settings, os.environ, revision(root)), sarif_file=sarif, json_file=json_file)
