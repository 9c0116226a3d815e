"""uv.lock: the requirements, sources and Python versions of the project that it was made for, which it repeats.

uv writes markers in another form. So they are compared by what they say of some environments (`uv_entries`): where they differ
for one they are surely not the same.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from lockgate.checks.pins.locks.hashed import table
from lockgate.checks.pins.locks.uv_entries import Entry, Environments, declared, locked
from lockgate.checks.pins.projects import Project
from lockgate.model.package import normalised

LOCK = "uv.lock"
MANIFEST = "pyproject.toml"
SHARED = True  # by the members of a workspace in folders below

_VERSION = 1
_PYTHONS = [f"3.{minor}.{micro}" for minor in range(6, 21) for micro in range(20)] + ["2.7.18", "4.0.0"]
_LOCAL = ("directory", "editable", "virtual", "path")
_PLACED = frozenset({"git", "editable", "directory", "virtual"})
_REVISIONS = ("rev", "tag", "branch")
_HELD = ("constraint", "override")


def configured(project: Project) -> tuple[str, ...]:
    """Where the project says that it is uv's."""
    settings = table(project.manifest, "tool", "uv")
    return ("tool", "uv") if set(settings) - {"build-backend"} else ()


def is_stale(project: Project, lock: dict[str, Any], _head: str, folder: str) -> bool | None:
    """Whether the project requires other packages, versions of them or of Python, or has them from elsewhere, than the lock says."""
    tools = table(project.manifest, "tool")
    packages = lock.get("package")
    own = [each for each in packages if _is_at(each, folder)] if isinstance(packages, list) else []
    dynamic = table(project.manifest, "project").get("dynamic", [])
    hidden = (
        {"poetry", "pdm"} & set(tools) or not isinstance(dynamic, list) or any("depend" in str(key) for key in dynamic)
    )
    if lock.get("version") != _VERSION or len(own) != 1 or hidden:
        return None
    try:
        return (
            _requires_other(project.manifest, own[0])
            or _python_differs(project, lock)
            or _sources_differ(project.manifest, own[0], folder)
            or (folder == "." and _holds_other(project.manifest, lock))
        )
    except (
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        RecursionError,
    ):  # of a specifier, marker or entry that is none
        return None


def _is_at(package: Any, folder: str) -> bool:
    source = table(package, "source")
    return folder in (source.get("virtual"), source.get("editable"), source.get("directory"))


def _requires_other(manifest: dict[str, Any], own: dict[str, Any]) -> bool:
    """Whether dependencies, those of an extra or of a group are others."""
    project, metadata = table(manifest, "project"), table(own, "metadata")
    optional = {normalised(name): texts for name, texts in table(project, "optional-dependencies").items()}
    wanted = [*declared(project.get("dependencies", []))]
    for extra, texts in optional.items():
        wanted += declared(texts, extra)
    environments = Environments(project.get("requires-python", ""), [*optional, *metadata.get("provides-extras", [])])
    name = normalised(str(own.get("name")))
    pairs = [(wanted, locked(metadata.get("requires-dist", [])))]
    groups, known = _groups(manifest), table(metadata, "requires-dev")
    if not table(
        manifest, "tool", "uv", "dependency-groups"
    ):  # which may leave Pythons out, also where a group includes another
        pairs += [(groups.get(group, []), locked(known.get(group, []))) for group in groups.keys() | known.keys()]
    return any(environments.differ(_without(name, left), _without(name, right)) for left, right in pairs)


def _without(own: str, entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.name != own]


def _groups(manifest: dict[str, Any]) -> dict[str, list[Entry]]:
    """The dependency groups, with those that they include."""
    written = {normalised(name): entries for name, entries in table(manifest, "dependency-groups").items()}

    @cache
    def entries(name: str) -> frozenset[Entry]:
        texts = [each for each in written[name] if isinstance(each, str)]
        included = [normalised(each["include-group"]) for each in written[name] if not isinstance(each, str)]
        return frozenset(declared(texts)).union(*map(entries, included))

    groups = {name: list(entries(name)) for name in written}
    old = table(manifest, "tool", "uv").get("dev-dependencies", [])
    return groups | ({"dev": [*groups.get("dev", []), *declared(old)]} if old else {})


def _holds_other(manifest: dict[str, Any], lock: dict[str, Any]) -> bool:
    """Whether constraints or overrides are others."""
    settings, held = table(manifest, "tool", "uv"), table(lock, "manifest")
    environments = Environments(table(manifest, "project").get("requires-python", ""), [])
    return any(
        environments.differ(
            list(declared(settings.get(f"{key}-dependencies", []))), list(locked(held.get(f"{key}s", [])))
        )
        for key in _HELD
    )


def _sources_differ(manifest: dict[str, Any], own: dict[str, Any], folder: str) -> bool:
    """Whether a package that has one source, whatever the environment, is locked from another one."""
    metadata = table(own, "metadata")
    entries = [
        *metadata.get("requires-dist", []),
        *(e for group in table(metadata, "requires-dev").values() for e in group),
    ]
    sources = {normalised(name): source for name, source in table(manifest, "tool", "uv", "sources").items()}
    for entry in entries:
        source = sources.get(normalised(entry["name"]))
        if (
            isinstance(source, dict)
            and not {"marker", "extra", "group"} & set(source)
            and _is_other(source, entry, folder)
        ):
            return True
    # What has no source of its own may have one in the root of the workspace, or an address in the requirement itself.
    is_sure = folder == "." and not any("@" in text for text in _texts(manifest))
    placed = (entry["name"] for entry in entries if _PLACED & set(entry))
    return is_sure and any(normalised(name) not in sources for name in placed)


def _texts(manifest: dict[str, Any]) -> Iterable[str]:
    project = table(manifest, "project")
    lists = [project.get("dependencies", []), *table(project, "optional-dependencies").values()]
    lists += [*table(manifest, "dependency-groups").values(), table(manifest, "tool", "uv").get("dev-dependencies", [])]
    return (text for each in lists for text in each if isinstance(text, str))


def _is_other(source: dict[str, Any], entry: dict[str, Any], folder: str) -> bool:
    if "git" in source:
        url, _, query = str(entry.get("git", "")).partition("?")
        locked_at = {key: value for key, value in parse_qsl(query) if key in _REVISIONS}
        same_place = url.removesuffix(".git") == str(source["git"]).removesuffix(".git")
        return not same_place or locked_at != {key: source[key] for key in _REVISIONS if key in source}
    if "path" in source:
        places = [entry[key] for key in _LOCAL if key in entry]
        wanted = posixpath.normpath(posixpath.join(folder, source["path"]))
        return not posixpath.isabs(wanted) and wanted not in map(posixpath.normpath, places)
    if source.get("workspace") is True:
        return not set(_LOCAL) & set(entry)
    if "url" in source:
        return "url" not in entry
    return "index" in source and bool({"git", "url", *_LOCAL} & set(entry))


def _python_differs(project: Project, lock: dict[str, Any]) -> bool:
    """Whether other versions of Python are allowed; the lock of a workspace has those that all of its members allow."""
    from packaging.specifiers import SpecifierSet

    wanted, known = table(project.manifest, "project").get("requires-python"), lock.get("requires-python")
    if table(lock, "manifest").get("members") or not isinstance(wanted, str) or not isinstance(known, str):
        return False
    allowed, locked_for = SpecifierSet(wanted), SpecifierSet(known)
    return any((python in allowed) != (python in locked_for) for python in _PYTHONS)
