"""What `detect-secrets scan` does, with our scanner: its own settings, choice of files and document.

Two things differ. Git is asked so that nothing of a repository's configuration runs. And no provider is asked whether a secret is
in use, unless only those that are shall be told.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
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

MOST_SECRETS = 100_000  # in one file
_VERIFIED_TRUE = 3  # as in constants.VerifiedResult


class Outcome(Struct):
    """What was made: a text, and the file that it is for, None for standard output. `gaps` are what could not be scanned."""

    text: str
    file: str | None = None
    gaps: list[Skip] = field(default_factory=list)


def run(arguments: argparse.Namespace, limit: int, *, offline: bool) -> Outcome:
    """Do what the arguments say under the settings that `stand_in_arguments.parse` has made; files over `limit` bytes are gaps.

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
    try:
        yield
    finally:
        for plugin, verify in asking.items():
            plugin.verify = verify


@contextlib.contextmanager
def _nobody_asked() -> Iterator[None]:
    """Without the filter that asks the providers, unless that is what the command line wants."""
    from detect_secrets.settings import get_settings

    asking = get_settings().filters.get(configured.VERIFICATION)
    if asking and asking.get("min_level") != _VERIFIED_TRUE:
        get_settings().disable_filters(configured.VERIFICATION)
    try:
        yield
    finally:
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
