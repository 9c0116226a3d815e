"""What the subcommands share: where a baseline is, and the secrets that are in its repository now."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from lockgate.checks import redact
from lockgate.checks.base import Target
from lockgate.checks.secrets.baseline import Baseline, Entry
from lockgate.checks.secrets.examined import Examined, examine_all
from lockgate.checks.secrets.known import NAMES, Known, load, path_of
from lockgate.cli import _streams as streams
from lockgate.cli._options import tell_of_repository
from lockgate.cli._progress import bars
from lockgate.config.settings import Settings
from lockgate.engines.secrets.scanners import scanners
from lockgate.inputs.tree import Tree
from lockgate.model.errors import UnavailableError, UsageError
from lockgate.model.record import Skip
from lockgate.project import root_of, settings_of
from lockgate.reports.text import visible
from lockgate.reports.write import replace

TOLD = 20  # lines of a longer list


class Place(Struct, frozen=True):
    """A repository, the settings for it, and where its baseline is: relative to its root, or absolute."""

    tree: Tree
    settings: Settings
    path: str

    @property
    def missing(self) -> str:
        """Which engines take no part, so that nobody can tell what is gone; empty where all do."""
        options = self.settings.engine_options
        return f"only {', '.join(options.engines)} looks" if options.engines else "; ".join(scanners(options).notes)

    def load(self) -> Baseline:
        """The baseline. Raises UsageError where there is none, or none that can be read."""
        if not self.path:
            raise UsageError(f"there is neither {' nor '.join(NAMES)}; lockgate baseline create makes a baseline")
        baseline = load(self.tree, self.path)
        root, folder = self.tree.root, (self.tree.root / self.path).parent
        if folder in root.parents and _there(folder, baseline) > _there(root, baseline):
            raise UsageError(
                f"{self.path} lists files of {folder}, and not of {root.name}/ alone; run this for {folder}"
            )
        return baseline

    def save(self, data: bytes) -> None:
        """Write the baseline, the whole of it or nothing. Raises UnavailableError where it can't be written."""
        file = self.tree.root / self.path
        if not Path(self.path).is_absolute() and not file.parent.resolve().is_relative_to(self.tree.root.resolve()):
            raise UsageError(f"{self.path}: a symbolic link leads out of the repository; choose another place")
        try:
            replace(file, data)
        except OSError as error:
            raise UnavailableError(f"{self.path} can't be written: {error.strerror}") from None


def _there(folder: Path, baseline: Baseline) -> int:
    """How many entries are of files that are there, seen from a folder."""
    return sum(os.path.lexists(folder / entry.path) for entry in baseline.entries)


def place_of(path: str, baseline: str | None) -> Place:
    """The repository in the directory `path`, and the baseline that is named, set or there."""
    root = root_of(path)
    tell_of_repository(root)
    settings = settings_of(root, {"baseline": baseline})
    tree = Tree(root, settings.exclude, settings.max_file_size)
    return Place(tree, settings, path_of(tree, settings.baseline))


def look(place: Place, known: Known, gaps: list[str], only: Container[str] | None = None) -> Iterator[Examined]:
    """Look into every file, or into those of `only`; `gaps` gets what could not be examined."""
    with bars(wanted=True) as draw:
        target = Target(
            tree=place.tree, settings=place.settings, progress=lambda done, total: draw("secrets", done, total)
        )
        for file in examine_all(target, known, only):
            skipped = [file] if isinstance(file, Skip) else file.seen.gaps
            gaps += [f"{skip.subject} ({skip.reason})" for skip in skipped if skip.gap]
            if isinstance(file, Skip):
                known.account(file.subject, (), whole=not file.gap)
            else:
                known.account(file.path, known.matching(file.path, file.secrets), whole=not skipped)
                yield file


def tell_entries(entries: Iterable[Entry]) -> None:
    """List entries on standard error."""
    listed = list(entries)
    for entry in listed[:TOLD]:
        line = f":{entry.line}" if entry.line else ""
        streams.tell(f"  {visible(entry.path)}{line}  {visible(entry.rule)}".rstrip())
    if len(listed) > TOLD:
        streams.tell(f"  … and {len(listed) - TOLD:,} more")


def tell_gaps(place: Place, gaps: list[str]) -> None:
    """Say what could not be examined, and who did not look: a secret there is not among the known ones."""
    if place.missing:
        streams.tell(f"lockgate: note: {place.missing}")
    for gap in gaps[:TOLD]:
        streams.tell(f"lockgate: not examined: {redact.text(gap)}")
