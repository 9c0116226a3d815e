"""From the findings of the pins check to files without those that can be mended."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from lockgate.checks.pins import findings, is_allowed
from lockgate.checks.pins.files import PinFiles
from lockgate.config.settings import Settings
from lockgate.fixes.base import Change, Left
from lockgate.fixes.edits import HASHES, Edit, Job, PinFixer, edited
from lockgate.inputs.files import display
from lockgate.inputs.overlay import Overlay
from lockgate.inputs.remembered import Remembered
from lockgate.inputs.tree import Tree
from lockgate.model.errors import counted
from lockgate.model.finding import Finding, Severity
from lockgate.model.modules import loaded
from lockgate.model.record import Skip

_LINE = re.compile(r":\d+$")  # of a subject


class Pinned(Struct):
    """What is to be written, what of it pins something, what is left, and what people should know."""

    changes: list[Change] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def pin(tree: Tree, settings: Settings, *, hashes: bool) -> Pinned:
    """What to write so that the pins check finds the fewest; a file in which it would find something new is not in it.

    With `hashes` every requirements file is to get hashes, and not only one that has some.
    """
    tree = Remembered(tree)  # servers may be waited for: what is edited is what was examined
    files = PinFiles(tree)
    found = [each for each in findings(files) if not is_allowed(each, files)]
    pinned = Pinned()
    waiting: Counter[str] = Counter()
    fixers: Iterable[PinFixer] = loaded("lockgate.fixes.pins")
    for fixer in fixers:
        own = {(each.path, each.line, each.column): each for each in found if each.rule in fixer.RULES}
        proposal = fixer.propose(Job(tuple(own.values()), tree, files, settings, hashes))
        pinned.edits += proposal.edits
        pinned.left += proposal.left
        waiting.update(proposal.waiting)
    pinned.notes += (_waiting(option, more, settings) for option, more in waiting.items() if more)
    if gaps := len({skip for skip in files.skipped if skip.gap}):
        entries = counted(gaps, "file or entry", "files or entries")
        pinned.notes.append(f"not examined: {entries}; lockgate check pins names {'it' if gaps == 1 else 'them'}")
    pinned.edits.sort(key=lambda edit: (edit.finding.path, edit.line, edit.start))
    _change(tree, pinned)
    if pinned.changes:
        after = PinFiles(Overlay(tree, {change.path: change.new for change in pinned.changes}))
        _take_back(pinned, (found, files), ([each for each in findings(after) if not is_allowed(each, after)], after))
    return pinned


def _waiting(option: str, more: int, settings: Settings) -> str:
    """What is said of pins that could be written with an option that is not given; none is named that is forbidden."""
    if option == HASHES:
        where = " where a lock has them" if settings.offline else ", with --online where no lock has them"
        having = f"{counted(more, 'requirement')} {'has' if more == 1 else 'have'} no hashes"
        return f"{having}: {HASHES} writes them{'' if settings.online else where}"
    if settings.offline:
        return f"{counted(more, 'pin')} more can't be written: only servers tell what, and offline none is asked"
    return f"{counted(more, 'pin')} more can be written with {option}"


def _change(tree: Tree, pinned: Pinned) -> None:
    by_path: Mapping[str, list[Edit]] = defaultdict(list)
    for edit in pinned.edits:
        by_path[edit.finding.path].append(edit)
    paths = {display(path): path for path in tree.files}
    for shown, edits in by_path.items():
        data = tree.read(paths[shown]) if shown in paths else Skip(shown, "it is no file of the project")
        try:
            if isinstance(data, Skip):
                _leave(pinned, shown, data.reason)
            else:
                pinned.changes.append(Change(paths[shown], data, edited(data, edits)))
        except UnicodeDecodeError:
            _leave(pinned, shown, "the file is not UTF-8")


def _take_back(pinned: Pinned, before: tuple[list[Finding], PinFiles], after: tuple[list[Finding], PinFiles]) -> None:
    """Take the changes of those files back in which something would be found that is not now, or still, or less could be read."""
    more = _counted(after[0])
    more.subtract(_counted(before[0]))
    more.update(_counted(edit.finding for edit in pinned.edits))
    unread = _gaps(after[1]) - _gaps(before[1])
    for change in list(pinned.changes):
        path = display(change.path)
        worse = [f"{rule} would be found" for (file, rule), times in more.items() if file == path and times > 0]
        worse += [f"less could be read: {reason}" for file, reason in unread if file == path]
        if worse:
            pinned.changes.remove(change)
            _leave(pinned, path, f"it was taken back: {min(worse)}")


def _leave(pinned: Pinned, path: str, why: str) -> None:
    undone = [edit for edit in pinned.edits if edit.finding.path == path]
    pinned.edits = [edit for edit in pinned.edits if edit not in undone]
    pinned.left += (Left(edit.finding, edit.name, why) for edit in undone)


def _counted(found: Iterable[Finding]) -> Counter[tuple[str, str]]:
    """How often each rule finds something in each file, but for what is none of its faults."""
    return Counter((each.path, each.rule) for each in found if each.severity is not Severity.NONE)


def _gaps(files: PinFiles) -> set[tuple[str, str]]:
    return {(_LINE.sub("", skip.subject), skip.reason) for skip in files.skipped if skip.gap}
