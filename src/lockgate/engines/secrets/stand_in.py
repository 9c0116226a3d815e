"""What `detect-secrets scan` does, with our scanner: its own arguments, settings, choice of files and document.

Three things differ. Git is asked so that nothing of a repository's configuration runs. A baseline names no code to be run: only
the command line does. And no provider is asked whether a secret is in use, unless only those that are shall be told.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from lockgate.engines.secrets import detect_secrets_settings as configured
from lockgate.engines.secrets.base import LeftOutError
from lockgate.engines.secrets.detect_secrets import ENGINE, Scanner, load
from lockgate.engines.secrets.scanners import Scanners
from lockgate.inputs import git
from lockgate.inputs.files import display, read
from lockgate.model.errors import UsageError
from lockgate.model.record import Skip

MOST_BYTES = 64 * 2**20  # of a baseline, and of what one names
MOST_SECRETS = 100_000  # in one file
_VERIFIED_TRUE = 3  # as in constants.VerifiedResult


class Outcome(Struct):
    """What was made: a text, and the file that it is for, None for standard output. `gaps` are what could not be scanned."""

    text: str
    file: str | None = None
    gaps: list[Skip] = field(default_factory=list)


def parse(words: list[str]) -> argparse.Namespace:
    """The arguments as detect-secrets reads them; its settings, which are global, are then those that they ask for.

    Raises UsageError for arguments that it does not take, and SystemExit after it has shown its help.
    """
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


def run(arguments: argparse.Namespace, limit: int, *, offline: bool) -> Outcome:
    """Do what the arguments of `scan` say under the settings that `parse` has made; files over `limit` bytes are gaps.

    `string` must be a text where it is given. Raises UsageError where it would have to open connections and may not.
    """
    from detect_secrets.main import scan_adhoc_string
    from detect_secrets.settings import get_settings

    if arguments.only_verified and offline:
        raise UsageError("--only-verified asks the providers of secrets, and --offline forbids connections")
    if arguments.list_all_plugins:
        return Outcome("\n".join(get_settings().plugins))
    if arguments.string:
        with contextlib.nullcontext() if arguments.only_verified else _unverified():
            return Outcome(scan_adhoc_string(arguments.string))
    with _nobody_asked():
        secrets, gaps = _scan(arguments, limit)
    return _document(arguments, secrets, gaps)


@contextlib.contextmanager
def _unverified() -> Iterator[None]:
    """With plug-ins of which none can verify what it finds."""
    from detect_secrets.plugins.base import BasePlugin
    from detect_secrets.settings import get_plugins

    asking = {type(plugin): type(plugin).verify for plugin in get_plugins()}
    for plugin in asking:
        plugin.verify = BasePlugin.verify
    yield
    for plugin, verify in asking.items():
        plugin.verify = verify


@contextlib.contextmanager
def _nobody_asked() -> Iterator[None]:
    """Without the filter that asks the providers, unless that is what the command line wants."""
    from detect_secrets.settings import get_settings

    asking = get_settings().filters.get(configured.VERIFICATION)
    if asking and asking.get("min_level") != _VERIFIED_TRUE:
        get_settings().disable_filters(configured.VERIFICATION)
    yield
    if asking:
        get_settings().filters[configured.VERIFICATION] = asking


def _document(arguments: argparse.Namespace, secrets: Any, gaps: list[Skip]) -> Outcome:
    from detect_secrets.core import baseline

    slim = arguments.slim and not arguments.only_allowlisted
    if arguments.baseline is None or arguments.only_allowlisted:
        return Outcome(json.dumps(baseline.format_for_output(secrets, is_slim_mode=slim), indent=2), gaps=gaps)
    secrets.merge(arguments.baseline)
    text = json.dumps(baseline.format_for_output(secrets), indent=2)
    return Outcome(text, file=arguments.baseline_filename, gaps=gaps)


def _scan(arguments: argparse.Namespace, limit: int) -> tuple[Any, list[Skip]]:
    """All that is found, in a collection of detect-secrets, and what could not be scanned."""
    from detect_secrets.core.secrets_collection import SecretsCollection
    from detect_secrets.settings import configure_settings_from_baseline, get_settings

    names, gaps = _files(arguments)
    if len(names) != 1 and not arguments.only_allowlisted:
        # Several files are given to other processes, with the settings as a document tells them, which is not all.
        configure_settings_from_baseline(get_settings().json())
    scanner = _scanner()
    secrets = SecretsCollection(root=arguments.custom_root)
    root = "" if arguments.only_allowlisted else arguments.custom_root
    look = scanner.allowlisted if arguments.only_allowlisted else scanner.secrets
    for name in dict.fromkeys(names):
        data = read(Path(root).absolute(), name, limit)
        found = data if isinstance(data, Skip) else _found(look, os.path.join(root, name), data)  # noqa: PTH118
        if not isinstance(found, Skip):
            for secret in found:
                secrets[os.path.relpath(secret.filename, root)].add(secret)
        elif found.gap:
            gaps.append(found)
    return secrets, gaps


def _scanner() -> Scanner:
    options = configured.adopt()
    return load(options, None if configured.unknown(options) else Scanners(options).prefilter)


def _found(look: Callable[..., list[Any]], path: str, data: bytes) -> list[Any] | Skip:
    try:
        found = look(path, data, MOST_SECRETS + 1)
    except LeftOutError:
        return []
    except TimeoutError:
        return Skip(display(path), f"{ENGINE} took too long", gap=True)
    except Exception as error:  # noqa: BLE001 - of what a plug-in raises the text may hold a secret
        return Skip(display(path), f"{ENGINE} broke on it: {type(error).__name__}", gap=True)
    if len(found) > MOST_SECRETS:
        return Skip(display(path), f"{ENGINE} sees more than {MOST_SECRETS:,} secrets", gap=True)
    return found


def _files(arguments: argparse.Namespace) -> tuple[list[str], list[Skip]]:
    """As `get_files_to_scan` of detect-secrets: below directories only what Git tracks, unless all files are wanted."""
    from detect_secrets.core.scan import get_files_to_scan

    root = os.path.realpath(arguments.custom_root)
    names = list(get_files_to_scan(*arguments.path, should_scan_all_files=True, root=arguments.custom_root))
    if arguments.all_files or not any(map(os.path.isdir, arguments.path)):
        return names, []
    top = git.top(Path(root))
    if top is None:
        return [], [Skip(".", "in no Git repository; --all-files scans what is there", gap=True)]
    tracked = _tracked(str(top))
    return [name for name in names if name in tracked], []


def _tracked(top: str) -> set[str]:
    """As `get_tracked_files` of detect-secrets, also in that names which Git puts in quotation marks are no files."""
    from detect_secrets.util.path import get_relative_path

    listed = git.run(Path(top), "ls-files").decode("utf-8", "surrogateescape").splitlines()
    paths = (get_relative_path(top, os.path.join(top, name)) for name in listed)  # noqa: PTH118
    return {path for path in paths if path}
