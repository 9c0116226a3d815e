"""Reads settings: defaults, then the user's file, the repository's pyproject.toml, the environment, the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath
from typing import Any

import msgspec

from lockgate.config.settings import USER_ONLY, Settings
from lockgate.model.errors import UsageError, nearest, shortened
from lockgate.model.toml import TomlError, parse

ENVIRONMENT = {
    "GITHUB_SERVER_URL": "forge",
    "LOCKGATE_ADVISORIES": "advisories",
    "LOCKGATE_OSV_API": "osv-api",
    "LOCKGATE_OSV_EXPORT": "osv-export",
}
# The package indexes of uv and pip: the main one, then further ones.
MAIN_INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
MORE_INDEXES = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL")
CHOICES = {
    "fail-on": ["critical", "high", "medium", "low"],
    "min-confidence": ["high", "medium", "low"],
    "incomplete": ["auto", "fail", "warn"],
}
WILDCARDS = 10  # in a pattern: each is dear to compile, and a hostile repository may write them
KEYS = [
    key
    for key in (field.encode_name for field in msgspec.structs.fields(Settings))
    if key not in ("sources", "replaced")
]


def load(
    *,
    project: str | None,
    environ: Mapping[str, str],
    options: Mapping[str, Any],
    known_checks: list[str],
) -> Settings:
    """The settings of a run.

    project: the text of the repository's pyproject.toml, None if it has none. environ: the process environment.
    options: what the command line gave, by setting name, None for what it did not give. A check that is named twice
    is taken once.
    Raises UsageError for an unknown key, a wrong type, an unknown check, a pattern in `exclude` that is none, or a key
    that a repository may not set.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    layers = (
        (str(_user_file_name()), _user_file()),
        ("pyproject.toml [tool.lockgate]", _project_table(project)),
        ("environment", _environment(environ)),
        ("command line", {key.replace("_", "-"): value for key, value in options.items() if value is not None}),
    )
    for source, layer in layers:
        for key, value in layer.items():
            _convert(source, key, value, project)
            values[key] = value
            sources[key] = source
    own, repository = layers[0][1], layers[1]
    replaced = [
        key for key, source in sources.items() if source == repository[0] and own.get(key, values[key]) != values[key]
    ]
    settings = msgspec.convert({**values, "sources": sources, "replaced": replaced}, Settings, strict=False)
    for name in settings.checks:
        if name not in known_checks:
            shown = shortened(name)
            raise UsageError(f"{sources['checks']}: no check is named {shown!r}; {nearest(shown, known_checks)}")
    if settings.exclude:
        _check_patterns(settings.exclude, sources["exclude"])
    return msgspec.structs.replace(settings, checks=tuple(dict.fromkeys(settings.checks)))


def _environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The settings that the environment has; uv names an index by `URL` or `NAME=URL`."""
    values: dict[str, Any] = {key: environ[name] for name, key in ENVIRONMENT.items() if environ.get(name)}
    main = next((environ[name] for name in MAIN_INDEXES if environ.get(name)), "default")
    more = [url for name in MORE_INDEXES for url in environ.get(name, "").split()]
    urls = tuple(re.sub(r"^[\w.-]+=(?=https?:)", "", url.strip()) for url in (main, *more))
    return values if urls == ("default",) else {**values, "index-url": urls}


def _convert(source: str, key: str, value: Any, project: str | None) -> None:
    """Raise UsageError unless `key` may be `value` in `source`."""
    where = f"{source}{_line_of(key, project) if source.startswith('pyproject') else ''}"
    if key not in KEYS:
        raise UsageError(f"{where}: unknown key {shortened(key)!r}; {nearest(shortened(key), KEYS)}")
    if source.startswith("pyproject") and key in USER_ONLY:
        raise UsageError(
            f"{where}: {key!r} can't be set by the repository that is scanned; "
            f"give it on the command line or in {_user_file_name()}"
        )
    choices = CHOICES.get(key)
    if choices and isinstance(value, str) and value not in choices:
        shown = shortened(value)
        raise UsageError(f"{where}: {key!r} can't be {shown!r}; {nearest(shown, choices)}")
    if source.startswith("pyproject") and key == "incomplete" and value in ("auto", "warn"):
        raise UsageError(
            f"{where}: the repository that is scanned can set 'incomplete' to 'fail' only; "
            f"{value!r} belongs into {_user_file_name()}"
        )
    if source.startswith("pyproject") and key == "baseline" and isinstance(value, str) and _leads_out(value):
        raise UsageError(
            f"{where}: the repository that is scanned can have its 'baseline' inside of itself only; "
            f"give another one on the command line or in {_user_file_name()}"
        )
    try:
        msgspec.convert({key: value}, Settings)
    except msgspec.ValidationError as error:
        said = str(error).partition(" - at ")[0].replace("`", "")
        if " matching regex " in said:
            said = "expected hours or days, such as 24h or 7d"
        raise UsageError(f"{where}: {key!r}: {said[:1].lower()}{said[1:]}") from None


def _leads_out(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return ".." in parts or Path(path).is_absolute() or PureWindowsPath(path).drive != ""


def _check_patterns(patterns: tuple[str, ...], source: str) -> None:
    """Raise UsageError, naming the pattern, unless each is one that Git could have in a .gitignore."""
    for pattern in patterns:
        if sum(map(pattern.count, "*?[")) > WILDCARDS:
            raise UsageError(f"{source}: 'exclude': {shortened(pattern)!r} has more than {WILDCARDS} wildcards")
    if not _compiles(*patterns):
        wrong = next((pattern for pattern in patterns if not _compiles(pattern)), "the whole list")
        raise UsageError(f"{source}: 'exclude': {shortened(wrong)!r} is no valid gitignore pattern")


def _compiles(*patterns: str) -> bool:
    import warnings

    import pathspec

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a bracket that means something else tomorrow
        try:
            pathspec.GitIgnoreSpec.from_lines(patterns).match_file("x")
        except Exception:  # noqa: BLE001 - its back ends raise errors of their own
            return False
    return True


def _project_table(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        tool = parse(text).get("tool", {})
    except TomlError as error:
        raise UsageError(f"pyproject.toml: {error}") from None
    if not isinstance(tool, dict):
        raise UsageError("pyproject.toml: tool must be a table")
    table = tool.get("lockgate", {})
    if not isinstance(table, dict):
        raise UsageError("pyproject.toml: tool.lockgate must be a table")
    return table


def _user_file_name() -> Path:
    import platformdirs

    return platformdirs.user_config_path("lockgate", appauthor=False) / "config.toml"


def _user_file() -> dict[str, Any]:
    path = _user_file_name()
    try:
        return parse(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except TomlError as error:
        raise UsageError(f"{path}: can't be read: {error}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: can't be read: not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}") from None


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
