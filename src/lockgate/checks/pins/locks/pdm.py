"""pdm.lock: its `content_hash`, as `pdm.project.project_file.PyProject.content_hash` computes it since PDM 2.17."""

from __future__ import annotations

from typing import Any

from lockgate.checks.pins.locks.hashed import json_hash, table
from lockgate.checks.pins.projects import Project
from lockgate.model.package import normalised

LOCK = "pdm.lock"
MANIFEST = "pyproject.toml"

_LOCK_VERSION = "4.5."
_ALGORITHM = "sha256:"


def configured(project: Project) -> tuple[str, ...]:
    """Where the project says that it is PDM's."""
    settings = table(project.manifest, "tool", "pdm")
    return ("tool", "pdm") if set(settings) - {"build", "version"} else ()  # these are of its build backend


def is_stale(project: Project, lock: dict[str, Any], _head: str, _folder: str) -> bool | None:
    """Whether the hash of the lock is that of none of the ways in which these versions hash."""
    manifest = project.manifest
    metadata = table(lock, "metadata")
    known, version = metadata.get("content_hash"), metadata.get("lock_version")
    if not isinstance(known, str) or not known.startswith(_ALGORITHM) or not str(version).startswith(_LOCK_VERSION):
        return None
    standard, settings = table(manifest, "project"), table(manifest, "tool", "pdm")
    resolution = table(settings, "resolution")
    content = {
        "sources": settings.get("source", []),
        "dependencies": standard.get("dependencies", []),
        "optional-dependencies": standard.get("optional-dependencies", {}),
        "requires-python": standard.get("requires-python", ""),
    }
    groups = [_groups(manifest, settings), settings.get("dev-dependencies", {})]
    rules = [{"resolution": resolution}, {"overrides": resolution.get("overrides", {})}]
    hashes = [json_hash(content | {"dev-dependencies": group} | rule) for group in groups for rule in rules]
    return known.removeprefix(_ALGORITHM) not in hashes if standard and all(hashes) else None


def _groups(manifest: dict[str, Any], settings: dict[str, Any]) -> dict[str, list[Any]]:
    """The groups of PEP 735, with PDM's own behind them."""
    found: dict[str, list[Any]] = {}
    for groups in (table(manifest, "dependency-groups"), table(settings, "dev-dependencies")):
        for name, entries in groups.items():
            found.setdefault(normalised(name), []).extend(entries if isinstance(entries, list) else [entries])
    return found
