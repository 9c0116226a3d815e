"""Options that several subcommands take, and the settings that they become."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from lockgate.cli import _streams as streams
from lockgate.config.load import CHOICES
from lockgate.inputs import git
from lockgate.model.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])


def _absolute(_context: click.Context, _option: click.Parameter, path: str | None) -> str | None:
    """A file that the command line names is meant from where the user stands, and not from the root of the scan."""
    return os.path.abspath(path) if path else path  # noqa: PTH100 - no link is followed


def _existing(context: click.Context, option: click.Parameter, path: str | None) -> str | None:
    if path and not os.path.lexists(path):
        raise UsageError(f"{path} does not exist; lockgate baseline create makes a baseline")
    return _absolute(context, option, path)


def _given(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...] | None:
    return given or None


baseline_option = click.option("--baseline", metavar="FILE", callback=_absolute, help="Where the baseline is.")
_SETTINGS = (
    click.option("--baseline", metavar="FILE", callback=_existing, help="The list of the secrets that are known."),
    # Both give one value, so that both have to look at it.
    click.option("--no-baseline", "baseline", flag_value="", callback=_existing, help="Report known secrets as well."),
    click.option("--fail-on", metavar="SEVERITY", help=f"Fail at or over: {', '.join(CHOICES['fail-on'])}."),
    click.option("--min-confidence", metavar="LEVEL", help=f"Count from: {', '.join(CHOICES['min-confidence'])}."),
)
_OFFLINE = click.option("--offline", is_flag=True, default=None, help="Open no connection.")
_ADVISORIES = (
    click.option(
        "--advisories",
        metavar="SOURCE",
        help="OSV zip or directory to audit against, osv-api, pip-audit or pip-audit:osv.",
    ),
    click.option("--max-age", metavar="AGE", help="How old synced advisories may be: 24h, 7d."),
)
_INDEX_URL = click.option(
    "--index-url", metavar="URL", multiple=True, callback=_given, help="A package index to ask, the main one first."
)
_OTHERS = (
    click.option(
        "--index-checks",
        is_flag=True,
        default=None,
        help="Ask the package index of yanked, unknown and other releases.",
    ),
    _INDEX_URL,
    click.option("--cooldown", metavar="DAYS", type=int, help="Tell of releases that are younger."),
    click.option("--resolve", is_flag=True, default=None, help="Let uv find the versions that no lock tells."),
    click.option("--python", metavar="PATH", help="The interpreter in which pylint runs; its packages are audited."),
    click.option("--trust", is_flag=True, default=None, help="Let the repository's pylint configuration run code."),
)


def _names(_context: click.Context, _option: click.Parameter, given: str | None) -> tuple[str, ...] | None:
    return tuple(name.strip() for name in given.split(",")) if given else None


_ENGINES = (
    click.option("--engines", metavar="NAME,…", callback=_names, help="The engines to scan with; by default all."),
    click.option("--deep", is_flag=True, default=None, help="Look into archives, databases, .pyc files and notebooks."),
    click.option(
        "--kingfisher-rules",
        metavar="PATH",
        multiple=True,
        callback=_given,
        help="A YAML file or folder with more rules.",
    ),
)
_OUTPUT = (
    click.option("--sarif", metavar="FILE", help="Write a SARIF report ('-': standard output)."),
    click.option("--json", "json_file", metavar="FILE", help="Write a JSON report ('-': standard output)."),
    click.option("--no-progress", is_flag=True, help="Show no progress bar."),
)
since_option = click.option("--since", metavar="REV", help="Tell only what came with the changes since REV.")
path_argument = click.argument("path", default=".", metavar="[PATH]")


def _adds(*options: Callable[[F], F]) -> Callable[[F], F]:
    """A decorator that adds options; the function takes their values by name, or as `**options`."""

    def add(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return add


# Those that override settings: all of them, those that the secrets check obeys, and those that say where advisories come from.
settings_options = _adds(*_SETTINGS, _OFFLINE, *_ADVISORIES, *_OTHERS)
secrets_settings_options = _adds(*_SETTINGS, _OFFLINE)
# Those that say what `lockgate fix` may ask of whom.
online_options = _adds(
    click.option(
        "--online",
        is_flag=True,
        default=None,
        help="Ask the servers of actions, hooks and images, and the package index, what to pin.",
    ),
    click.option(
        "--online-host",
        "online_hosts",
        metavar="HOST[:PORT]",
        multiple=True,
        callback=_given,
        help="Ask this one, too, though it may be of a private network.",
    ),
    _INDEX_URL,
)
advisory_options = _adds(_OFFLINE, *_ADVISORIES)
engine_options = _adds(*_ENGINES)  # of the engines that look for secrets
output_options = _adds(*_OUTPUT)  # where reports go


def since_commit(root: Path, since: str | None) -> str:
    """The commit from which the changes since a revision are; empty where none is given. As `revisions.base_of`."""
    from lockgate.inputs.revisions import base_of

    return "" if since is None else base_of(root, since)


def tell_of_repository(root: Path) -> None:
    """Say so where `root` is only a part of a repository: what stands above it is neither examined nor obeyed."""
    top = git.top(root)
    if top and top != root:
        streams.tell(f"lockgate: note: only {root.name}/ is examined, and not the whole repository in {top}")
