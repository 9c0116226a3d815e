"""poetry.lock: its `content-hash`, as `poetry.packages.locker.Locker._get_content_hash` computes it in Poetry 1.0 to 2.5."""

from __future__ import annotations

import re
from typing import Any

from lockgate.checks.pins.locks.hashed import json_hash, table
from lockgate.checks.pins.projects import Project

LOCK = "poetry.lock"
MANIFEST = "pyproject.toml"

_LOCK_VERSIONS = ("1.0", "1.1", "2.0", "2.1")
_OLDEST_KEYS = ("dependencies", "dev-dependencies", "source", "extras")
_KEYS = (*_OLDEST_KEYS, "group")
_PROJECT_KEYS = ("requires-python", "dependencies", "optional-dependencies")
_MAJOR = re.compile(r"Poetry (\d{1,4})\.")


def configured(project: Project) -> tuple[str, ...]:
    """Where the project says that it is Poetry's: its own table of dependencies, or a group of it."""
    poetry = table(project.manifest, "tool", "poetry")
    dependencies = ("tool", "poetry", "dependencies")
    if set(table(poetry, "dependencies")) - {"python"}:
        return dependencies
    if any(key in poetry for key in ("group", "package-mode", "dev-dependencies", "source")):
        return ("tool", "poetry")
    return ()


def is_stale(project: Project, lock: dict[str, Any], head: str, _folder: str) -> bool | None:
    """Whether the hash of the lock is that of none of the ways in which Poetry hashed."""
    known = table(lock, "metadata").get("content-hash")
    major = _MAJOR.search(head)
    is_known = table(lock, "metadata").get("lock-version") in _LOCK_VERSIONS and (not major or major[1] in ("1", "2"))
    if not isinstance(known, str) or not is_known:
        return None
    hashes = [json_hash(content) for content in _contents(project.manifest)]
    return known not in hashes if all(hashes) else None


def _contents(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """What each of the versions hashes: since 2.3 with the dependency groups, since 2.0 with the project's table, before with Poetry's alone."""
    poetry = table(manifest, "tool", "poetry")
    project = {key: value for key, value in table(manifest, "project").items() if key in _PROJECT_KEYS}
    groups = table(manifest, "dependency-groups")
    before = {key: poetry.get(key) for key in _OLDEST_KEYS}
    grouped = before | ({"group": poetry["group"]} if "group" in poetry else {})
    return [before, grouped, *(_standard(poetry, project, each) for each in (groups, {}) if project or each)]


def _standard(poetry: dict[str, Any], project: dict[str, Any], groups: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"project": project} if project else {}
    if groups:
        content["dependency-groups"] = groups
    return content | {"tool": {"poetry": {key: poetry[key] for key in _KEYS if key in poetry}}}
