"""`lockgate secrets verify`: ask the providers whether what is found is still active."""

from __future__ import annotations

from typing import Any

import click
from msgspec.structs import replace

from lockgate.cli._options import engine_options, output_options, secrets_settings_options
from lockgate.cli.secrets._run import run
from lockgate.cli.secrets._sources import source_options
from lockgate.config.settings import Settings
from lockgate.model.engine_options import EngineOptions
from lockgate.model.errors import UsageError


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

    def asking(settings: Settings) -> EngineOptions:
        if settings.offline:
            raise UsageError(
                f"providers can't be asked without a connection ('offline', set by: {settings.sources['offline']})"
            )
        return replace(settings.engine_options, verify=True, internal=internal)

    return run(options, asking, sarif=sarif, json_file=json_file, no_progress=no_progress)
