"""The manifests of a project as uv may see them: without anything that makes it build, for that would run code.

uv builds what is editable in spite of `--no-build`, to learn what its manifest leaves to code.
https://packaging.python.org/en/latest/specifications/pyproject-toml/ and https://docs.astral.sh/uv/reference/settings/
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from lockgate.model import toml
from lockgate.model.errors import UnavailableError

# What uv's choice of versions depends on. Others install into the place where it builds, run programs or write files.
_SETTINGS = frozenset(
    {
        "build-constraint-dependencies", "conflicts", "constraint-dependencies", "default-groups", "dependency-groups",
        "dependency-metadata", "dev-dependencies", "environments", "exclude-dependencies", "exclude-newer",
        "exclude-newer-package", "extra-index-url", "find-links", "fork-strategy", "index", "index-strategy", "index-url",
        "managed", "no-binary", "no-binary-package", "no-index", "no-sources", "override-dependencies", "package",
        "prerelease", "required-environments", "required-version", "resolution", "sources", "workspace",
    }
)  # fmt: skip
_NOTHING = {"requires": [], "build-backend": "lockgate_builds_nothing"}


def without_builds(text: str, path: str) -> str:
    """A `pyproject.toml` or `uv.toml`, where `path` is in the project, that names nothing to build with.

    Raises UnavailableError where it can't be understood, leaves the project's version to code, or names a path outside of
    the project.
    """
    import rtoml

    try:
        data = toml.parse(text)
    except toml.TomlError as error:
        raise UnavailableError(f"{path}: {error}") from None
    if posixpath.basename(path) == "uv.toml":
        return rtoml.dumps(_settings(data, path))
    kept: dict[str, Any] = {key: data[key] for key in ("project", "dependency-groups") if key in data}
    settings = _settings(_table(data, "tool", "uv"), path)
    if settings:
        kept["tool"] = {"uv": settings}
    if not _is_static(data):
        raise UnavailableError(f"{path} leaves what it says of the project to code, which is not run")
    if "build-system" in data or settings.get("package"):
        kept["build-system"] = _NOTHING
    return rtoml.dumps(kept)


def _is_static(data: dict[str, Any]) -> bool:
    """Whether nothing has to be built to know the project's metadata; no project has none."""
    project = _table(data, "project")
    return not project or (isinstance(project.get("version"), str) and not project.get("dynamic"))


def _settings(settings: dict[str, Any], path: str) -> dict[str, Any]:
    for place in _places(settings):
        inside = posixpath.normpath(posixpath.join(posixpath.dirname(path), place.replace("\\", "/")))
        if inside.startswith("/") or inside.partition("/")[0] == ".." or ":" in inside:
            raise UnavailableError(f"{path} names a path outside of the project")
    return {key: value for key, value in settings.items() if key in _SETTINGS}


def _places(settings: dict[str, Any]) -> Iterator[str]:
    """The paths of what uv may look for a project in."""
    for source in _table(settings, "sources").values():
        for each in source if isinstance(source, list) else [source]:
            if isinstance(each, dict) and "path" in each:
                yield str(each["path"])
    members = _table(settings, "workspace").get("members")
    yield from map(str, members if isinstance(members, list) else ())


def _table(data: dict[str, Any], *keys: str) -> dict[str, Any]:
    found: Any = data
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}
