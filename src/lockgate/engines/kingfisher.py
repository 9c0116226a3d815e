"""kingfisher: its built-in rules in process, offline."""

from __future__ import annotations

from functools import cache
from typing import Any

from lockgate.engines.base import Scan, Sighting
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Confidence, Location
from lockgate.model.record import Engine
from lockgate.model.secret import SecretValue

ENGINE = "kingfisher"
SECONDS_PER_FILE = 60.0


def load_scanner() -> tuple[Engine, Scan]:
    """The engine with its version, ready to scan. Raises UnavailableError where there is no wheel for the platform."""
    sdk = _sdk()
    scanner = sdk.DetectionScanner(_rules())

    def scan(path: str, data: bytes) -> list[Sighting]:
        found = scanner.scan_input(sdk.ScanInput(path=path, data=data), timeout=SECONDS_PER_FILE)
        return [_sighting(path, data, finding) for finding in found if finding.visible]

    return Engine(ENGINE, sdk.__version__), scan


@cache
def kinds() -> dict[str, str]:
    """Every kind that the engine can report, with one sentence on it. Empty where it is not installed."""
    try:
        rules = _rules().metadata()
    except UnavailableError:
        return {}
    return {rule["id"]: rule["name"] for rule in rules if rule["visible"]}


def _sdk() -> Any:
    try:
        import kingfisher_sdk
    except ImportError:
        raise UnavailableError(
            f"{ENGINE} is not installed (it has wheels for glibc Linux, macOS and Windows); "
            "run: pip install kingfisher-secret-scanner"
        ) from None
    return kingfisher_sdk


@cache
def _rules() -> Any:
    return _sdk().Rules()


def _sighting(path: str, data: bytes, finding: Any) -> Sighting:
    place = finding.location
    start, end = place["start_offset"], place["end_offset"]
    line = place["line"]
    if _decodes(data, start, end):
        column = _column(data, start)
        end_line = line + data.count(b"\n", start, max(start, end - 1))
        end_column = _column(data, end) if end_line > line or end > start else column + 1
    else:  # the offsets are those of a file that the engine decoded from UTF-16 or UTF-32
        column, end_line, end_column = place["column"] + 1, place["end_line"], place["end_column"] + 2
    at = Location(path=path, line=line, column=column, end_line=end_line, end_column=end_column)
    return Sighting(ENGINE, finding.rule_id, SecretValue(finding.secret), at, Confidence(finding.confidence))


def _decodes(data: bytes, start: int, end: int) -> bool:
    return end <= len(data) and b"\0" not in data[max(0, start - 64) : end]


def _column(data: bytes, offset: int) -> int:
    """The column, in code points from 1, of a byte offset."""
    begin = data.rfind(b"\n", 0, offset) + 1
    return len(data[begin:offset].decode("utf-8", "replace")) + 1
