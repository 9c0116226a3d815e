"""The files that pin something, each kind read once, for all rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, cached_property, partial
from itertools import chain

from lockgate.checks.pins import images, index_options, installs
from lockgate.checks.pins.installs import Install
from lockgate.checks.pins.locked import Faulty, Locks
from lockgate.checks.pins.named import NamedFiles
from lockgate.checks.pins.projects import MANIFESTS, Project
from lockgate.engines import zizmor
from lockgate.inputs import actions_lock, indexes, pre_commit
from lockgate.inputs.allow import allowed_rules, may_allow
from lockgate.inputs.containers import build, compose
from lockgate.inputs.containers.build import Build, Image
from lockgate.inputs.files import display
from lockgate.inputs.indexes import Setting
from lockgate.inputs.lockfiles import requirements
from lockgate.inputs.lockfiles import scripts as inline_scripts
from lockgate.inputs.lockfiles.base import Manifest, as_gap, read_manifests
from lockgate.inputs.lockfiles.base import text as read_text
from lockgate.inputs.lockfiles.declared import Declared, load
from lockgate.inputs.parallel import Begun
from lockgate.inputs.pre_commit import Dependency, Hooks, Revision
from lockgate.inputs.remembered import Remembered
from lockgate.inputs.requirement_lines import parse
from lockgate.inputs.shell import Command
from lockgate.inputs.shells.base import Script, of_runs, scripts
from lockgate.inputs.shells.workflows import is_workflow
from lockgate.inputs.tree import Tree
from lockgate.inputs.urls import shown
from lockgate.model.finding import Confidence, Finding, Location, Severity
from lockgate.model.package import Origin, Package
from lockgate.model.record import Engine, Skip
from lockgate.model.rule import Rule


class PinFiles:
    """What the files of a tree pin. Every path is as reports show it."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree = Remembered(tree)
        self._paths = {display(path): path for path in tree.files}
        self.lines = cache(self._lines)
        self.allowed = cache(self._allowed)
        self.may_allow = cache(lambda path: may_allow(self.text(path)))
        configuration = self._configuration[1] if self._configuration else None
        self._auditing = Begun(partial(zizmor.audit, self._workflows[0], configuration))

    @cached_property
    def packages(self) -> tuple[Package, ...]:
        """The entries of requirements files that an installer takes from an index."""
        entries = chain.from_iterable(manifest.packages for manifest in self._manifests)
        return tuple(entry for entry in entries if entry.origin is Origin.INDEX)

    @property
    def issues(self) -> tuple[zizmor.Issue, ...]:
        """What zizmor says of workflows and actions, also what it tells to those only who ask for more."""
        return self._audit.issues

    def locked_actions(self, path: str) -> frozenset[str]:
        """The actions of a workflow, as `OWNER/REPO@REF`, whose commits a lock names."""
        return frozenset() if isinstance(self._actions_lock, Skip) else self._actions_lock.get(path, frozenset())

    @cached_property
    def revisions(self) -> tuple[Revision, ...]:
        """The revisions that pre-commit fetches."""
        return tuple(chain.from_iterable(hooks.revisions for hooks in self._hooks.values()))

    @property
    def scripts(self) -> tuple[tuple[Command, ...], ...]:
        """The commands of each file with shell in it."""
        return tuple(script.commands for script in self._scripts)

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """The commands of shell, wherever it stands."""
        return tuple(chain.from_iterable(self.scripts))

    @cached_property
    def _unwrapped(self) -> tuple[Command, ...]:
        """The commands as what they run: `python -m pip` as `pip`."""
        return tuple(map(installs.of_module, self.commands))

    @cached_property
    def installs(self) -> tuple[Install, ...]:
        """What commands install or fetch to be run."""
        named = NamedFiles(self._tree, self.scripts)
        return tuple(chain.from_iterable(installs.installs(command, named) for command in self._unwrapped))

    @cached_property
    def images(self) -> tuple[Image, ...]:
        """The images that builds, projects, hooks, jobs and commands fetch."""
        own = images.own(self.commands, chain.from_iterable(part.made for part in self.builds))
        of_builds = chain.from_iterable(part.images for part in self.builds)
        groups = (*self.scripts, *(hooks.commands for hooks in self._hooks.values()))
        return (*of_builds, *chain.from_iterable(images.fetched(commands, own) for commands in groups))

    @cached_property
    def builds(self) -> tuple[Build, ...]:
        """What each Dockerfile and Compose file fetches and runs."""
        dockerfiles = (build.read(self._tree, path) for path in self._tree.files if build.is_input(path))
        projects = compose.read(self._tree, [path for path in self._tree.files if compose.is_input(path)])
        return (*dockerfiles, *projects)

    @property
    def hook_dependencies(self) -> tuple[Dependency, ...]:
        """What pre-commit installs beside the hooks."""
        return tuple(chain.from_iterable(hooks.dependencies for hooks in self._hooks.values()))

    @cached_property
    def projects(self) -> tuple[Project, ...]:
        """The projects whose manifest can be read."""
        return tuple(
            Project(self._tree, path, declared)
            for path, declared in self._declared.items()
            if isinstance(declared, Declared) and not path.endswith(indexes.UV_NAME)
        )

    @cached_property
    def faulty_locks(self) -> tuple[Faulty, ...]:
        """The locks of the projects that are missing, ignored or no longer right."""
        return tuple(chain.from_iterable(map(self._locks.faulty, self.projects)))

    @property
    def script_packages(self) -> tuple[Package, ...]:
        """What scripts that have no lock of their own take from an index."""
        there = set(map(display, self._tree.files))
        unlocked = (script for script in self._inline if f"{script.path}.lock" not in there)
        entries = chain.from_iterable(script.packages for script in unlocked)
        return tuple(entry for entry in entries if entry.origin is Origin.INDEX)

    @cached_property
    def index_settings(self) -> tuple[Setting, ...]:
        """Where the files and commands of the tree let installers take packages from."""
        of_projects = (
            indexes.of_toml(each, () if path.endswith(indexes.UV_NAME) else ("tool", "uv"))
            for path, each in self._declared.items()
            if isinstance(each, Declared)
        )
        of_pip = (indexes.of_pip(text, display(path)) for path, text in self._pip.items() if isinstance(text, str))
        of_scripts = chain.from_iterable(script.variables for script in self._scripts)
        variables = chain(of_scripts, *(part.variables for part in self.builds))
        given = (*map(indexes.of_variable, variables), *map(index_options.settings, self._unwrapped))
        return tuple(chain(*map(self._of_requirements, self._required_files), *of_pip, *of_projects, *given))

    @property
    def examined(self) -> set[str]:
        """The files that were judged."""
        failed = {skip.subject.partition(":")[0] for skip in self.skipped}
        containers = (part.path for part in self.builds)
        shells = (script.path for script in self._scripts)
        named = map(display, [*self._workflows[0], *self._hooks, *self._declared, *self._pip])
        of_inline = {script.path for script in self._inline if script.packages}
        return self._required_files | of_inline | ({*named, *containers, *shells} - failed)

    @cached_property
    def skipped(self) -> tuple[Skip, ...]:
        """What could not be read or judged."""
        of_manifests = chain.from_iterable(manifest.skipped for manifest in (*self._manifests, *self._inline))
        of_hooks = chain.from_iterable(hooks.skipped for hooks in self._hooks.values())
        of_builds = chain.from_iterable(part.skipped for part in self.builds)
        about = f", or {self._configuration[0]} is wrong" if self._configuration else ""
        refused = (Skip(display(path), f"{reason}{about}", gap=True) for path, reason in self._audit.failed.items())
        unread = {display(path) for path in self._audit.failed} | {skip.subject for skip in self._workflows[1]}
        of_scripts = (skip for script in self._scripts if script.path not in unread for skip in script.skipped)
        of_projects = (
            each
            for each in (*self._declared.values(), *self._pip.values(), self._actions_lock)
            if isinstance(each, Skip)
        )
        # Of locks and entries, those that the rules asked for.
        of_entries = chain.from_iterable(project.declared.skipped for project in self.projects)
        return (
            *of_manifests, *of_hooks, *of_builds, *self._workflows[1], *refused, *of_scripts, *of_projects, *of_entries,
            *self._locks.skipped.values(),
        )  # fmt: skip

    @property
    def notes(self) -> tuple[str, ...]:
        """How the files were judged."""
        return (f"zizmor obeys {self._configuration[0]}",) if self._configuration and self._workflows[0] else ()

    @property
    def engines(self) -> tuple[Engine, ...]:
        """The tools that took part."""
        return (self._audit.engine,) if self._workflows[0] else ()

    def text(self, path: str) -> str:
        """The text of a file that was read."""
        data = self._tree.read(self._paths.get(path, path))
        return "" if isinstance(data, Skip) else data.decode("utf-8-sig", "replace")

    def _lines(self, path: str) -> list[str]:
        return self.text(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def _allowed(self, path: str, row: int) -> frozenset[str]:
        """The rules that a comment on a line allows; rows count from 0."""
        return allowed_rules(self.lines(path)[row])

    @cached_property
    def _manifests(self) -> list[Manifest]:
        return read_manifests(self._tree, [requirements])

    @cached_property
    def _scripts(self) -> list[Script]:
        workflows = self._workflows[0]
        paths = (path for path in self._tree.files if path in workflows or not is_workflow(path))
        files = scripts(self._tree, paths, installs.WORDS, installs.DOUBTFUL)
        return [*files, *(of_runs(part.path, part.commands, installs.WORDS, installs.DOUBTFUL) for part in self.builds)]

    @cached_property
    def _inline(self) -> list[Manifest]:
        return read_manifests(self._tree, [inline_scripts])

    @property
    def _required_files(self) -> set[str]:
        return {name for manifest in self._manifests for name in (manifest.path, *manifest.included)}

    def _of_requirements(self, path: str) -> Iterator[Setting]:
        data = self._tree.read(self._paths.get(path, path))
        if isinstance(data, Skip) or not indexes.may_name(data):
            return iter(())
        return indexes.of_requirements(parse(data, path))

    @cached_property
    def _pip(self) -> dict[str, str | Skip]:
        paths = (path for path in self._tree.files if path.rpartition("/")[2] in indexes.PIP_NAMES)
        return {path: read_text(self._tree, path) for path in paths}

    @cached_property
    def _declared(self) -> dict[str, Declared | Skip]:
        paths = (path for path in self._tree.files if path.rpartition("/")[2] in (*MANIFESTS, indexes.UV_NAME))
        return {path: load(self._tree, path) for path in paths}

    @cached_property
    def _locks(self) -> Locks:
        return Locks(self._tree)

    @cached_property
    def _hooks(self) -> dict[str, Hooks]:
        paths = [path for path in self._tree.files if path.rpartition("/")[2] in pre_commit.NAMES]
        return {path: pre_commit.read(self._tree, path) for path in paths}

    @cached_property
    def _workflows(self) -> tuple[dict[str, bytes], tuple[Skip, ...]]:
        """The content of what zizmor audits, and what was not read."""
        content: dict[str, bytes] = {}
        unread: list[Skip] = []
        for path in filter(zizmor.is_input, self._tree.files):
            data = as_gap(self._tree.read(path))
            if isinstance(data, Skip):
                unread.append(data)
            elif zizmor.is_audited(path, data):
                content[path] = data
        return content, tuple(unread)

    @cached_property
    def _configuration(self) -> tuple[str, bytes] | None:
        """The project's settings for zizmor, which are data only."""
        for path in zizmor.CONFIGURATIONS:
            if path in self._tree.files and isinstance(data := self._tree.read(path), bytes):
                return path, data
        return None

    @cached_property
    def _actions_lock(self) -> dict[str, frozenset[str]] | Skip:
        return actions_lock.read(self._tree)

    @property
    def _audit(self) -> zizmor.Audit:
        return self._auditing.result()


def found(
    rule: Rule,
    at: Location,
    *,
    pinned: str,
    message: str,
    fix: str,
    severity: Severity | None = None,
    confidence: Confidence | None = None,
    engines: tuple[str, ...] = ("lockgate",),
) -> Finding:
    """A finding of `rule`. `pinned` names what is not pinned well enough; it is the finding's identity in its file."""
    return Finding(
        **{field: getattr(at, field) for field in at.__struct_fields__},
        rule=rule.id,
        severity=severity or rule.severity,
        confidence=confidence or rule.confidence,
        message=message,
        fix=fix,
        help_uri=rule.help_uri,
        engines=engines,
        properties={"pinned": pinned},
    )


def of_indexes(files: PinFiles, rule: Rule, says: Callable[[Setting], str], fix: str) -> Iterator[Finding]:
    """The findings of `rule` about settings of indexes; `says` tells what is wrong with one, and nothing where all is right."""
    for setting in files.index_settings:
        message = says(setting)
        if message:
            yield found(rule, setting.at, pinned=shown(setting.value), message=message, fix=fix)
