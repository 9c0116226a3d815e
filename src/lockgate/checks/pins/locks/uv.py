"""uv.lock: the requirements and Python versions of the project that it was made for, which it repeats.

What markers, extras and groups say is not compared: uv writes them in another form. So all that is required under a name is taken
together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lockgate.checks.pins.locks.hashed import table
from lockgate.checks.pins.projects import Project
from lockgate.model.package import Origin, normalised

LOCK = "uv.lock"
MANIFEST = "pyproject.toml"
SHARED = True  # by the members of a workspace in folders below

_VERSION = 1
_PLAIN_KEYS = frozenset({"name", "extras", "marker", "specifier", "index", "conflict"})
_PYTHONS = [f"3.{minor}.{micro}" for minor in range(6, 21) for micro in range(20)] + ["2.7.18", "4.0.0"]

Specifiers = dict[str, frozenset[Any] | None]  # by name; None where the place and not the specifier tells the version


def configured(project: Project) -> tuple[str, ...]:
    """Where the project says that it is uv's."""
    settings = table(project.manifest, "tool", "uv")
    return ("tool", "uv") if set(settings) - {"build-backend"} else ()


def is_stale(project: Project, lock: dict[str, Any], _head: str, folder: str) -> bool | None:
    """Whether the project requires other packages, versions of them or of Python than the lock says."""
    tools = table(project.manifest, "tool")
    packages = lock.get("package")
    own = [each for each in packages if _is_at(each, folder)] if isinstance(packages, list) else []
    dynamic = table(project.manifest, "project").get("dynamic", [])
    hidden = (
        {"poetry", "pdm"} & set(tools) or not isinstance(dynamic, list) or any("depend" in str(key) for key in dynamic)
    )
    if lock.get("version") != _VERSION or len(own) != 1 or hidden:
        return None
    metadata = table(own[0], "metadata")
    groups = table(metadata, "requires-dev").values()
    try:
        entries = [entry for each in (metadata.get("requires-dist", []), *groups) for entry in each]
        return _differ(_locked(entries, own[0].get("name")), _required(project)) or _python_differs(project, lock)
    except (ValueError, TypeError, AttributeError, KeyError):  # of a specifier, or of an entry that is none
        return None


def _is_at(package: Any, folder: str) -> bool:
    source = table(package, "source")
    return folder in (source.get("virtual"), source.get("editable"), source.get("directory"))


def _locked(entries: Iterable[dict[str, Any]], own: str) -> Specifiers:
    return _by_name(
        (normalised(entry["name"]), entry.get("specifier", "") if set(entry) <= _PLAIN_KEYS else None)
        for entry in entries
        if entry["name"] != own
    )


def _required(project: Project) -> Specifiers:
    return _by_name(
        (package.name, package.specifier if package.origin is Origin.INDEX else None) for package in project.required
    )


def _by_name(entries: Iterable[tuple[str, str | None]]) -> Specifiers:
    from packaging.specifiers import SpecifierSet

    found: dict[str, set[Any]] = {}
    for name, specifier in entries:
        found.setdefault(name, set()).add(None if specifier is None else SpecifierSet(specifier))
    return {name: None if None in each else frozenset(each) for name, each in found.items()}


def _differ(locked: Specifiers, required: Specifiers) -> bool:
    """Whether names are others, or specifiers of a name that both have from an index."""
    both = locked.keys() & required.keys()
    return locked.keys() != required.keys() or any(
        locked[name] is not None and required[name] is not None and locked[name] != required[name] for name in both
    )


def _python_differs(project: Project, lock: dict[str, Any]) -> bool:
    """Whether other versions of Python are allowed; the lock of a workspace has those that all of its members allow."""
    from packaging.specifiers import SpecifierSet

    wanted, locked = table(project.manifest, "project").get("requires-python"), lock.get("requires-python")
    if table(lock, "manifest").get("members") or not isinstance(wanted, str) or not isinstance(locked, str):
        return False
    allowed, known = SpecifierSet(wanted), SpecifierSet(locked)
    return any((python in allowed) != (python in known) for python in _PYTHONS)
