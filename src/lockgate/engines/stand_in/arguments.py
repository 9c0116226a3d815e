"""The arguments of `detect-secrets scan`, by its own parser, and the settings that they ask for.

One thing differs: a baseline names no code to be run, only the command line does.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lockgate.engines.secrets import detect_secrets_settings as configured
from lockgate.engines.secrets.detect_secrets import version
from lockgate.model.errors import UsageError

MOST_BYTES = 64 * 2**20  # of a baseline, and of what one names


def parse(words: list[str]) -> argparse.Namespace:
    """The arguments as detect-secrets reads them; its settings, which are global, are then those that they ask for.

    Raises UsageError for arguments that it does not take, SystemExit after it has shown its help, and UnavailableError where it
    is not installed.
    """
    version()
    from detect_secrets.core.usage import ParserBuilder, baseline

    outer = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    outer.add_argument("-C", dest="root", nargs=1, default=[])
    outer.add_argument("-c", "--cores", nargs=1, default=[])
    builder = ParserBuilder()
    builder._parser.prog = "lockgate secrets"  # noqa: SLF001
    builder.add_console_use_arguments()
    processors = builder._post_processors  # noqa: SLF001
    processors[processors.index(baseline.parse_args)] = _load_baseline
    configured.forget()
    with _usage_errors(wants_help=bool({"-h", "--help"} & set(words))):
        known, rest = outer.parse_known_args(words)
        chosen = [*(["-C", *known.root] if known.root else []), *(["-c", *known.cores] if known.cores else [])]
        arguments: argparse.Namespace = builder.parse_args([*chosen, "scan", *rest])
        _check_settings()
    return arguments


@contextlib.contextmanager
def _usage_errors(*, wants_help: bool) -> Iterator[None]:
    """What argparse prints, and what detect-secrets or the user's own code raises, becomes a UsageError."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            yield
    except UsageError:
        raise
    except SystemExit as stop:
        if wants_help and not stop.code:
            raise
        message = re.search(r"error: (.*)", said.getvalue(), re.DOTALL)
        raise UsageError(message[1].strip() if message else "these arguments can't be used") from None
    except Exception as error:  # noqa: BLE001 - of which it shows a traceback
        raise UsageError(f"detect-secrets can't use these arguments: {type(error).__name__}") from None


def _check_settings() -> None:
    """Raise UsageError for a pattern that is none, and anything for plug-ins that can't be made, before the first file."""
    from detect_secrets.settings import get_plugins, get_settings

    for told in get_settings().filters.values():
        for pattern in told.get("pattern", ()):
            try:
                re.compile(pattern)
            except re.error as error:
                raise UsageError(f"{pattern!r} is no regular expression: {error}") from None
    get_plugins()


def _load_baseline(arguments: argparse.Namespace) -> None:
    """As `usage.baseline.parse_args` of detect-secrets, and raises UsageError for one that names code to be run."""
    from detect_secrets.core import baseline
    from detect_secrets.core.usage.common import initialize_plugin_settings

    if not arguments.baseline:
        initialize_plugin_settings(arguments)
        return
    (name,) = arguments.baseline
    try:
        told = json.loads(_small(name).read_bytes())
        _check_names_no_code(told, name, arguments)
        arguments.baseline_filename = name
        arguments.baseline_version = told["version"]
        arguments.baseline = baseline.load(told, filename=name)
    except OSError as error:
        raise UsageError(f"{name} can't be read: {error.strerror}") from None
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise UsageError(f"{name} is no baseline of detect-secrets: {type(error).__name__}") from None


def _small(name: str) -> Path:
    """A file that can be read at once. Raises UsageError where it is none."""
    path = Path(name)
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise UsageError(f"{name} is no file of at most {MOST_BYTES // 2**20} MiB")
    return path


def _check_names_no_code(told: dict[str, Any], name: str, arguments: argparse.Namespace) -> None:
    """What a baseline may name is what the command line names as well: it may stand in the repository that is scanned."""
    plugins = {os.path.realpath(path) for group in arguments.plugin or () for path in group}
    filters = {path for group in arguments.filter or () for path in group}
    named = [plugin["path"] for plugin in told.get("plugins_used", ()) if "path" in plugin]
    for path in [*named, *told.get("custom_plugin_paths", ())]:
        if os.path.realpath(path.removeprefix("file://")) not in plugins:
            raise UsageError(f"{name} names the plug-in {path}, which would run; name it with --plugin if you trust it")
    for used in told.get("filters_used", ()):
        for file in filter(None, map(used.get, ("file_name", "model"))):
            _small(file)
        path = used["path"]
        if not (path.startswith("detect_secrets.filters.") or path in filters):
            raise UsageError(f"{name} names the filter {path}, which would run; name it with --filter if you trust it")
