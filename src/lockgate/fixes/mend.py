"""From the audit of a project to its files without the advisories that an upgrade clears."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing

from msgspec import Struct, field

from lockgate.checks.audit.inventory import Inventory, query_of, take
from lockgate.checks.audit.source import Source, choose
from lockgate.checks.audit.text import Texts
from lockgate.checks.base import Target
from lockgate.fixes.base import Change, Left, Upgrade, fixer_of
from lockgate.fixes.plan import plan
from lockgate.inputs.files import display
from lockgate.inputs.overlay import Overlay
from lockgate.inputs.tree import Tree
from lockgate.model.advisory import Advisory, Answers, Query
from lockgate.model.errors import counted
from lockgate.model.package import Package
from lockgate.model.record import Skip

_LINE = re.compile(r":\d+$")  # of a subject


class Mended(Struct):
    """What is to be written, the upgrades in it, what is left, and what people should know."""

    changes: list[Change] = field(default_factory=list)
    upgrades: list[Upgrade] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _State(Struct, frozen=True):
    """What an audit tells of a tree: advisories by package, and what was not looked up, each with its file."""

    inventory: Inventory
    known: dict[Package, tuple[Advisory, ...]]
    gaps: frozenset[tuple[str, str]]

    def of(self, path: str) -> set[tuple[str, str]]:
        """The packages and advisories in one file."""
        return {(at.name, each.id) for at, found in self.known.items() if at.at.path == path for each in found}


def mend(target: Target) -> Mended:
    """What to write so that the fewest advisories are left; a file whose audit would be worse than before is not in it.

    Raises UnavailableError where there are no advisories to be had.
    """
    with closing(choose(target.settings)) as source:
        before = _audited(target.tree, source)
        made = plan(
            before.inventory.asked,
            before.known,
            [package for package in before.inventory.packages if not package.version],
            lambda queries: _ask(source, queries),
        )
        mended = Mended(left=list(made.left), notes=[*source.notes])
        if before.gaps:
            entries = counted(len(before.gaps), "entry", "entries")
            mended.notes.append(f"not looked up: {entries}; lockgate check audit names them")
        if not before.inventory.asked:
            mended.notes.append("no package with an exact version was found, so nothing was looked up")
        _propose(target, made.upgrades, mended)
        if mended.changes:
            after = _audited(Overlay(target.tree, {change.path: change.new for change in mended.changes}), source)
            _take_back(mended, before, after)
    return mended


def _audited(tree: Tree, source: Source) -> _State:
    inventory = take(tree)
    queries = {package: query_of(package) for package in inventory.asked}
    answers = _ask(source, queries.values())
    texts = Texts(tree)
    known = {
        package: tuple(each for each in found if not texts.allowed(package.at) & {each.id, *each.aliases})
        for package, query in queries.items()
        if (found := answers.known.get(query))
    }
    failed = {(package.at.path, package.name) for package, query in queries.items() if query in answers.failed}
    told = {(_LINE.sub("", skip.subject), skip.reason) for skip in inventory.not_asked if skip.gap}
    return _State(inventory, known, frozenset(failed | told))


def _ask(source: Source, queries: Iterable[Query]) -> Answers:
    return source.lookup(tuple(dict.fromkeys(queries)), lambda _done, _total: None)


def _propose(target: Target, upgrades: Iterable[Upgrade], mended: Mended) -> None:
    by_path: Mapping[str, list[Upgrade]] = defaultdict(list)
    for upgrade in upgrades:
        by_path[upgrade.package.at.path].append(upgrade)
    paths = {display(path): path for path in target.tree.files}
    for shown, wanted in by_path.items():
        path = paths.get(shown)
        if path is None:
            mended.left += (
                Left.of(each.package, f"{each.version} would clear it, but {shown} is no file of the project")
                for each in wanted
            )
            continue
        proposal = fixer_of(path).propose(target.tree, path, wanted, offline=target.settings.offline)
        mended.left += proposal.left
        mended.notes += (f"{shown}: {note}" for note in proposal.notes)
        old = target.tree.read(path)
        if proposal.content is not None and not isinstance(old, Skip):
            mended.changes.append(Change(path, old, proposal.content))
            mended.upgrades += proposal.upgrades


def _take_back(mended: Mended, before: _State, after: _State) -> None:
    """Take the changes of those files back of which more would be known, or less looked up, or that leave what they upgrade."""
    pins = Counter(map(_pin, after.inventory.asked))
    pins.subtract(map(_pin, before.inventory.asked))
    pins.update(wanted := [_pin(upgrade.package) for upgrade in mended.upgrades])
    for change in list(mended.changes):
        path = display(change.path)
        still = [pin for pin in wanted if pin[0] == path and pins[pin] > 0]
        more = sorted(after.of(path) - before.of(path))
        lost = sorted(what for file, what in after.gaps - before.gaps if file == path)
        if not (more or lost or still):
            continue
        why = f"less could be looked up: {lost[0]}" if lost else "the pin would still be there"
        why = f"{more[0][0]} would have {more[0][1]}" if more else why
        undone = [upgrade for upgrade in mended.upgrades if upgrade.package.at.path == path]
        mended.changes.remove(change)
        mended.upgrades = [upgrade for upgrade in mended.upgrades if upgrade not in undone]
        mended.left += (Left.of(each.package, f"{each.version} was taken back: {why}") for each in undone)


def _pin(package: Package) -> tuple[str, str, str]:
    return package.at.path, package.name, package.version
