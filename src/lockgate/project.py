"""What a run is over: a directory, and the settings for it. The command line and the hook begin here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from lockgate.checks import base
from lockgate.config.load import load
from lockgate.config.settings import MEBIBYTE, SERVICES, Settings
from lockgate.inputs.files import ABSENT, read
from lockgate.model.errors import UsageError, nearest
from lockgate.model.record import Skip


def root_of(path: str) -> Path:
    """The directory to scan. Raises UsageError where it is none."""
    root = current_directory() / path
    if not root.exists():
        raise UsageError(f"{path}: no such file or directory; give the directory of a repository")
    if not root.is_dir():
        raise UsageError(f"{path}: not a directory; give the directory that holds it")
    return root.resolve()


def file_of(path: str) -> tuple[Path, str] | None:
    """The manifest that `path` names, which is then all that is examined, as a directory and the path in it.

    None where it names a directory or nothing. Raises UsageError for a file of another kind.
    """
    from lockgate.inputs.lockfiles.base import is_read_by, readers

    file = current_directory() / path
    if not file.is_file():
        return None
    file = file.resolve()
    for root in (file.parent, file.parent.parent):  # some are known by the name of their folder
        name = file.relative_to(root).as_posix()
        if any(is_read_by(reader, name) for reader in readers()):
            return root, name
    raise UsageError(f"{path}: by its name no manifest that lockgate reads; give one, or the directory that holds it")


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
    settings = replace(settings, python=_interpreter(settings.python))
    _check_paths(settings)
    if settings.engines:
        _check_engines(settings)
    return settings


def _check_paths(settings: Settings) -> None:
    """Raise UsageError for a path that the user gave and that is not there."""
    source = settings.sources.get("advisories")
    named = settings.advisories
    if named and named not in SERVICES and "://" not in named and not Path(named).exists():
        raise UsageError(
            f"{source}: 'advisories': {named} does not exist; give a path, a URL or one of: {', '.join(SERVICES)}"
        )
    for rules in settings.kingfisher_rules:
        if not Path(rules).exists():
            raise UsageError(f"{settings.sources.get('kingfisher-rules')}: 'kingfisher-rules': {rules} does not exist")
    for file in settings.detect_secrets_plugins:
        plugin = Path(file).expanduser()
        if not (plugin.is_absolute() and plugin.is_file()):
            where = settings.sources.get("detect-secrets-plugins")
            raise UsageError(f"{where}: 'detect-secrets-plugins': no file is at {file}; give its whole path")
    if settings.python and not _is_program(settings.python):
        where = f"{settings.sources.get('python')}: 'python': {_fault(settings.python)}"
        raise UsageError(f"{where}; give the folder of a virtual environment or its bin/python")


def _check_engines(settings: Settings) -> None:
    """Raise UsageError for an engine that is not there."""
    from lockgate.engines.secrets.scanners import engines

    for name in settings.engines:
        if name not in engines():
            raise UsageError(
                f"{settings.sources['engines']}: no engine is named {name!r}; {nearest(name, list(engines()))}"
            )


def _interpreter(python: str) -> str:
    """The interpreter of a virtual environment where its folder is given."""
    folder = Path(python)
    inside = (folder / name for name in ("bin/python", "Scripts/python.exe")) if python and folder.is_dir() else ()
    return next((str(file) for file in inside if os.path.lexists(file)), python)


def _fault(python: str) -> str:
    """What is wrong with what was given as an interpreter."""
    path = Path(python)
    if path.is_dir():
        return f"{python} is a folder without bin/python"
    return f"{python} is no program that can be run" if path.exists() else f"no interpreter is found at {python}"


def _is_program(name: str) -> bool:
    import shutil

    return shutil.which(name) is not None
