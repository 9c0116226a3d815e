"""Reads settings: defaults, then the user's file, the repository's pyproject.toml, the environment, the command line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from lockgate.config.settings import USER_ONLY, Settings
from lockgate.model.errors import UsageError, nearest

ENVIRONMENT = {"LOCKGATE_ADVISORIES": "advisories"}
CHOICES = {
    "fail-on": ["critical", "high", "medium", "low"],
    "min-confidence": ["high", "medium", "low"],
    "incomplete": ["auto", "fail", "warn"],
}
KEYS = [key for key in (field.encode_name for field in msgspec.structs.fields(Settings)) if key != "sources"]


def load(
    *,
    project: str | None,
    environ: Mapping[str, str],
    options: Mapping[str, Any],
    known_checks: list[str],
) -> Settings:
    """The settings of a run.

    project: the text of the repository's pyproject.toml, None if it has none. environ: the process environment.
    options: what the command line gave, by setting name, None for what it did not give.
    Raises UsageError for an unknown key, a wrong type, an unknown check, or a key that a repository may not set.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    layers = (
        (str(_user_file_name()), _user_file()),
        ("pyproject.toml [tool.lockgate]", _project_table(project)),
        ("environment", {key: environ[name] for name, key in ENVIRONMENT.items() if environ.get(name)}),
        ("command line", {key.replace("_", "-"): value for key, value in options.items() if value is not None}),
    )
    for source, layer in layers:
        for key, value in layer.items():
            _convert(source, key, value, project)
            values[key] = value
            sources[key] = source
    settings = msgspec.convert({**values, "sources": sources}, Settings, strict=False)
    for name in settings.checks:
        if name not in known_checks:
            raise UsageError(f"{sources['checks']}: no check is named {name!r}; {nearest(name, known_checks)}")
    return settings


def _convert(source: str, key: str, value: Any, project: str | None) -> None:
    """Raise UsageError unless `key` may be `value` in `source`."""
    where = f"{source}{_line_of(key, project) if source.startswith('pyproject') else ''}"
    if key not in KEYS:
        raise UsageError(f"{where}: unknown key {key!r}; {nearest(key, KEYS)}")
    if source.startswith("pyproject") and key in USER_ONLY:
        raise UsageError(
            f"{where}: {key!r} can't be set by the repository that is scanned; "
            f"give it on the command line or in {_user_file_name()}"
        )
    choices = CHOICES.get(key)
    if choices and isinstance(value, str) and value not in choices:
        raise UsageError(f"{where}: {key!r} can't be {value!r}; {nearest(value, choices)}")
    if source.startswith("pyproject") and key == "incomplete" and value in ("auto", "warn"):
        raise UsageError(
            f"{where}: the repository that is scanned can set 'incomplete' to 'fail' only; "
            f"{value!r} belongs into {_user_file_name()}"
        )
    try:
        msgspec.convert({key: value}, Settings)
    except msgspec.ValidationError as error:
        said = str(error).partition(" - at ")[0].replace("`", "")
        raise UsageError(f"{where}: {key!r}: {said[:1].lower()}{said[1:]}") from None


def _project_table(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        table = tomllib.loads(text).get("tool", {}).get("lockgate", {})
    except (tomllib.TOMLDecodeError, AttributeError, RecursionError) as error:
        raise UsageError(f"pyproject.toml is not valid TOML: {error}") from None
    if not isinstance(table, dict):
        raise UsageError("pyproject.toml: tool.lockgate must be a table")
    return table


def _user_file_name() -> Path:
    import platformdirs

    return platformdirs.user_config_path("lockgate", appauthor=False) / "config.toml"


def _user_file() -> dict[str, Any]:
    path = _user_file_name()
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: can't be read: {error}") from None


def _line_of(key: str, text: str | None) -> str:
    """` line N` of `key` in [tool.lockgate], or nothing where the table is written another way."""
    lines = (text or "").splitlines()
    inside = False
    for number, line in enumerate(lines, start=1):
        if line.strip().startswith("["):
            inside = line.strip().replace(" ", "").startswith("[tool.lockgate]")
        elif inside and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return f" line {number}"
    return ""
