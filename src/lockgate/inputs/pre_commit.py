"""What pre-commit and prek fetch and run: the revisions of repositories, and what is installed beside the hooks.

Formats: https://pre-commit.com/#plugins and https://prek.j178.dev/configuration/, which has the same keys in TOML.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from lockgate.inputs import yaml_positions
from lockgate.inputs.config_nodes import Toml, Value, Yaml
from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import text as read_text
from lockgate.inputs.lockfiles.declared import load
from lockgate.inputs.shell import Command
from lockgate.inputs.shells.pipelines import command
from lockgate.inputs.tree import Tree
from lockgate.inputs.urls import shown as shown_url
from lockgate.model.finding import Location
from lockgate.model.record import Skip

NAMES = (".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml")
MOST = 20_000  # hooks and what they have installed, those behind an alias counted each time

_NOT_FETCHED = ("local", "meta", "builtin")


class Revision(Struct, frozen=True):
    """A repository that is fetched (its address is fit for messages), the `rev` of it as written, and where that stands."""

    repository: str
    rev: str
    at: Location


class Dependency(Struct, frozen=True):
    """An entry of `additional_dependencies`. `language` is the hook's, empty where only the fetched repository tells it."""

    hook: str
    language: str
    text: str
    at: Location


class Hooks(Struct, frozen=True):
    """What one file has fetched, and what of it could not be read."""

    revisions: tuple[Revision, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    commands: tuple[Command, ...] = ()
    skipped: tuple[Skip, ...] = ()


def read(tree: Tree, path: str) -> Hooks:
    """Read one file. What can't be read is in `skipped`; nothing is raised for a bad file."""
    shown = display(path)
    top = _top(tree, path, shown)
    if isinstance(top, Skip):
        return Hooks(skipped=(top,))
    repositories = top.get("repos")
    items = repositories.items if repositories else None
    if items is None:
        return Hooks(skipped=(Skip(shown, "has no list of repos", gap=True),))
    found = list(_found(shown, items))
    return Hooks(
        revisions=tuple(item for item in found if isinstance(item, Revision)),
        dependencies=tuple(item for item in found if isinstance(item, Dependency)),
        commands=tuple(item for item in found if isinstance(item, Command)),
        skipped=tuple(item for item in found if isinstance(item, Skip)),
    )


def _top(tree: Tree, path: str, shown: str) -> Value | Skip:
    if path.endswith(".toml"):
        declared = load(tree, path)
        return declared if isinstance(declared, Skip) else Toml(declared, declared.table())
    text = read_text(tree, path)
    top = text if isinstance(text, Skip) else yaml_positions.compose(text, shown)
    return top if isinstance(top, Skip) else Yaml(top, shown)


def _found(path: str, repositories: Iterator[Value]) -> Iterator[Revision | Dependency | Command | Skip]:
    seen = 0
    for item in repositories:
        yield from _revision(path, item)
        for found in _dependencies(item):
            seen += 1
            if seen > MOST:
                yield Skip(path, f"over the limit of {MOST:,} hooks and dependencies; the rest was not read", gap=True)
                return
            if found:
                yield found


def _revision(path: str, item: Value) -> Iterator[Revision | Skip]:
    repository, rev = item.get("repo"), item.get("rev")
    line = item.at.line
    if repository is None or repository.text is None:
        yield Skip(f"{path}:{line}", "names no repo", gap=True)
    elif repository.text in _NOT_FETCHED:
        return
    elif rev is None or rev.text is None:
        yield Skip(f"{path}:{line}", "names no rev", gap=True)
    else:
        yield Revision(shown_url(repository.text), rev.text, rev.at)


def _dependencies(item: Value) -> Iterator[Dependency | Command | None]:
    """What the hooks of a repository have installed, and images that they run; None for each hook, which is counted, too."""
    hooks = item.get("hooks")
    for hook in (hooks.items if hooks else None) or ():
        yield None
        entries = hook.get("additional_dependencies")
        ident, language = (_text(hook.get(key)) for key in ("id", "language"))
        started = hook.get("entry")
        if language == "docker_image" and started and started.text:
            yield command("docker", "run", *started.text.split(), at=started.at)
        for entry in (entries.items if entries else None) or ():
            yield Dependency(ident, language, entry.text, entry.at) if entry.text else None


def _text(value: Value | None) -> str:
    return (value.text if value else None) or ""
