"""The one document that every report format is made from."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from msgspec import Struct

from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.record import Record


class Verdict(StrEnum):
    """What the gate says."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    INCOMPLETE = "INCOMPLETE"


class ExitCode(IntEnum):
    """What the process says, whatever the format."""

    PASS = 0
    FAIL = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERNAL = 4
    INTERRUPTED = 130


class Revision(Struct, frozen=True):
    """Where the scanned tree comes from: the repository's URL (without credentials), commit and branch.

    `prefix` is the path of the tree in the repository, with a slash at its end; empty for the whole repository.
    """

    uri: str = ""
    commit: str = ""
    branch: str = ""
    prefix: str = ""


class Threshold(Struct, frozen=True):
    """Findings at or over both count against the verdict."""

    severity: Severity
    confidence: Confidence

    def reached_by(self, finding: Finding) -> bool:
        """Whether a finding counts. An unknown severity is always enough: nobody knows that it is low."""
        severe = finding.severity is Severity.UNKNOWN or finding.severity.rank <= self.severity.rank
        return severe and finding.confidence.rank <= self.confidence.rank


class Report(Struct, frozen=True, kw_only=True):
    """Records and the verdict on them. `counted` is the number of findings at or over the threshold.

    `notes` say what the settings made weaker than it is by default, and where each was set.
    """

    schema: int = 1
    version: str
    verdict: Verdict
    exit_code: ExitCode
    threshold: Threshold
    counted: int
    records: tuple[Record, ...]
    revision: Revision = Revision()
    notes: tuple[str, ...] = ()
