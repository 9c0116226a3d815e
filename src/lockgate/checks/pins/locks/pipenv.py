"""Pipfile.lock: its hash, as plette's `Pipfile.get_hash` computes it, since Pipenv 2026 with names by PEP 503."""

from __future__ import annotations

from typing import Any

from lockgate.checks.pins.locks.hashed import json_hash, table
from lockgate.checks.pins.projects import Project
from lockgate.model.package import normalised

LOCK = "Pipfile.lock"
MANIFEST = "Pipfile"

_SPECIFICATION = 6
_SECTIONS = frozenset(
    {"source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv", "default", "develop"}
)


def configured(project: Project) -> tuple[str, ...]:
    """A Pipfile is Pipenv's; where it requires anything, that has to be locked."""
    return next(((name,) for name in ("packages", "dev-packages") if table(project.manifest, name)), ())


def is_stale(project: Project, lock: dict[str, Any], _head: str, _folder: str) -> bool | None:
    """Whether the hash of the lock is that of none of the ways in which Pipenv hashed."""
    manifest = project.manifest
    about = table(lock, "_meta")
    known = table(about, "hash").get("sha256")
    if not isinstance(known, str) or about.get("pipfile-spec") != _SPECIFICATION:
        return None
    # A Pipfile without source has a default one, which only the lock names.
    sources = manifest.get("source", about.get("sources"))
    meta = {"_meta": {"sources": sources, "requires": manifest.get("requires", {})}}
    sections = {"default": table(manifest, "packages"), "develop": table(manifest, "dev-packages")}
    others = {key: value for key, value in manifest.items() if key not in _SECTIONS}
    hashes = [
        json_hash(meta | each, (",", ":"))
        for packages in (sections, sections | others)
        for each in (packages, {key: _by_name(value) for key, value in packages.items()})
    ]
    return known not in hashes if all(hashes) else None


def _by_name(section: Any) -> Any:
    return {normalised(name): value for name, value in section.items()} if isinstance(section, dict) else section
