"""Options that several subcommands take, and the settings that they become."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from lockgate.checks import base
from lockgate.cli import _streams as streams
from lockgate.config.load import CHOICES, load
from lockgate.config.settings import MEBIBYTE, Settings
from lockgate.inputs import git
from lockgate.inputs.files import ABSENT, read
from lockgate.model.errors import UsageError
from lockgate.model.record import Skip

F = TypeVar("F", bound=Callable[..., Any])

_SETTINGS = (
    click.option("--fail-on", metavar="SEVERITY", help=f"Fail at or over: {', '.join(CHOICES['fail-on'])}."),
    click.option("--min-confidence", metavar="LEVEL", help=f"Count from: {', '.join(CHOICES['min-confidence'])}."),
    click.option("--advisories", metavar="PATH|URL", help="OSV zip or directory to audit against."),
    click.option("--offline", is_flag=True, default=None, help="Open no connection."),
    click.option("--python", metavar="PATH", help="The interpreter in which pylint runs."),
    click.option("--trust", is_flag=True, default=None, help="Let the repository's pylint configuration run code."),
)
_OUTPUT = (
    click.option("--sarif", metavar="FILE", help="Write a SARIF report ('-': standard output)."),
    click.option("--json", "json_file", metavar="FILE", help="Write a JSON report ('-': standard output)."),
    click.option("--no-progress", is_flag=True, help="Show no progress bar."),
)
path_argument = click.argument("path", default=".", metavar="[PATH]")


def settings_options(function: F) -> F:
    """Adds the options that override settings; the function takes them as `**options`."""
    for option in reversed(_SETTINGS):
        function = option(function)
    return function


def output_options(function: F) -> F:
    """Adds the options that say where reports go."""
    for option in reversed(_OUTPUT):
        function = option(function)
    return function


def root_of(path: str) -> Path:
    """The directory to scan. Raises UsageError where it is none."""
    root = current_directory() / path
    if not root.exists():
        raise UsageError(f"{path}: no such directory; give the directory of a repository")
    if not root.is_dir():
        raise UsageError(f"{path}: not a directory; give the directory that holds it")
    return root.resolve()


def current_directory() -> Path:
    """Where we stand. Raises UsageError where that was deleted."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageError("the current directory is no longer there; change to one that is") from None


def settings_of(root: Path, options: dict[str, Any]) -> Settings:
    """The settings of a run over `root`; `options` are those of the command line, None where not given."""
    project = read(root, "pyproject.toml", MEBIBYTE)
    if isinstance(project, Skip) and project.reason != ABSENT:
        raise UsageError(f"pyproject.toml can't be obeyed: {project.reason}")
    try:
        text = None if isinstance(project, Skip) else project.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"pyproject.toml is not UTF-8: byte {error.start}") from None
    settings = load(project=text, environ=os.environ, options=options, known_checks=base.names())
    _check_paths(settings)
    return settings


def _check_paths(settings: Settings) -> None:
    """Raise UsageError for a path that the user gave and that is not there."""
    source = settings.sources.get("advisories")
    if settings.advisories and "://" not in settings.advisories and not Path(settings.advisories).exists():
        raise UsageError(f"{source}: 'advisories': {settings.advisories} does not exist")
    if settings.python and not shutil.which(settings.python):
        raise UsageError(f"{settings.sources.get('python')}: 'python': no interpreter is found at {settings.python}")


def tell_of_repository(root: Path) -> None:
    """Say so where `root` is only a part of a repository: what stands above it is neither examined nor obeyed."""
    top = git.top(root)
    if top and top != root:
        streams.tell(f"lockgate: note: only {root.name}/ is examined, and not the whole repository in {top}")
