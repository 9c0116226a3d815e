"""What a check found, and where."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    """How bad a finding is if it is true. UNKNOWN is not low: nobody has scored it."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"
    UNKNOWN = "unknown"

    @property
    def rank(self) -> int:
        """Place in a list of the worst first; unknown stands beside high, because it fails closed."""
        return _SEVERITY_RANK[self]


_SEVERITY_RANK = {
    Severity.CRITICAL: 0,
    Severity.HIGH: 1,
    Severity.UNKNOWN: 2,
    Severity.MEDIUM: 3,
    Severity.LOW: 4,
    Severity.NONE: 5,
}


class Confidence(StrEnum):
    """How sure a check is that a finding is true."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """Place in a list of the surest first."""
        return _CONFIDENCE_RANK[self]


_CONFIDENCE_RANK = {Confidence.HIGH: 0, Confidence.MEDIUM: 1, Confidence.LOW: 2}


class Location(Struct, frozen=True, kw_only=True):
    """A region of a file.

    `path` is relative to the root that was scanned, with forward slashes; absolute where that is elsewhere. Lines and columns count from 1;
    columns count Unicode code points and `end_column` is the column behind the last character.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def where(self) -> str:
        """Path and line, as messages name a place."""
        return f"{self.path}:{self.line}"

    @classmethod
    def of_line(cls, path: str, line: int, text: str) -> Location:
        """The whole of line `line`, whose text (with or without its line break) is `text`."""
        bare = text.rstrip("\r\n")
        indent = len(bare) - len(bare.lstrip())
        end = max(len(bare.rstrip()), indent + 1) + 1
        return cls(path=path, line=line, column=indent + 1, end_line=line, end_column=end)


class Finding(Location, frozen=True, kw_only=True):
    """One thing that is wrong. It is a location with a meaning, so none exists without a place.

    `message` says what is wrong, `fix` in one line what to do. `fingerprint` names the same finding after its line
    moved; `line_hash` is the hash of the line that code-scanning services match alerts by (empty where none can be
    given). `properties` holds what only this kind of finding has, such as package and version.
    """

    rule: str
    severity: Severity
    confidence: Confidence
    message: str
    fix: str
    help_uri: str
    engines: tuple[str, ...]
    fingerprint: str = ""
    line_hash: str = ""
    aliases: tuple[str, ...] = ()
    properties: dict[str, str | float | bool | list[str]] = {}

    @property
    def order(self) -> tuple[int, int, str, int, int, str]:
        """Sort key: the worst first, then by place."""
        return (self.severity.rank, self.confidence.rank, self.path, self.line, self.column, self.rule)
