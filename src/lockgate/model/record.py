"""What one check leaves behind: the only thing that the verdict and the reports see of it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from lockgate.model.finding import Finding
from lockgate.model.rule import Rule

EXCLUDED = "excluded by the settings"


class Outcome(StrEnum):
    """Whether a check did all of its work."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"


class Skip(Struct, frozen=True):
    """Something that was not examined: a path or package, and why.

    A `gap` should have been examined and makes the record incomplete; the others were left out on purpose.
    """

    subject: str
    reason: str
    gap: bool = False


class Coverage(Struct, frozen=True, kw_only=True):
    """What a check examined (`examined` many of `unit`), what it passed over, and notes on how.

    `allowed` counts the findings that an inline comment allowed; `known` those that the file `baseline` lists, `known_real`
    those of them that somebody confirmed.
    """

    examined: int
    unit: str
    skipped: tuple[Skip, ...] = ()
    allowed: int = 0
    known: int = 0
    known_real: int = 0
    baseline: str = ""
    notes: tuple[str, ...] = ()


class Engine(Struct, frozen=True):
    """A tool that took part, with its version."""

    name: str
    version: str


class Record(Struct, frozen=True, kw_only=True):
    """The result of one check in one run.

    `run` names the run; `started` and `ended` are UTC times in RFC 3339; `rules` describes every rule that a finding
    names; `reason` says why an incomplete record is incomplete.
    """

    check: str
    outcome: Outcome
    reason: str
    coverage: Coverage
    seconds: float
    findings: tuple[Finding, ...]
    run: str = ""
    started: str = ""
    ended: str = ""
    engines: tuple[Engine, ...] = ()
    rules: tuple[Rule, ...] = ()
