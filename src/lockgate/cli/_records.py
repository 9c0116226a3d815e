"""The records that the sessions leave behind, one file a check."""

from __future__ import annotations

from pathlib import Path

import msgspec

from lockgate.checks.run import missing_record
from lockgate.model.record import Record


def collect(folder: Path, names: list[str], run: str) -> list[Record]:
    """The record that each check left in `folder` in this run; a missing, foreign or older one is incomplete."""
    return [_collect(folder / f"{name}.json", name, run) for name in names]


def _collect(path: Path, name: str, run: str) -> Record:
    try:
        record = msgspec.json.decode(path.read_bytes(), type=Record)
    except FileNotFoundError:
        return missing_record(name, f"the {name} check left no record in this run: it was skipped or did not end", run)
    except (OSError, msgspec.DecodeError) as error:
        return missing_record(name, f"the record {path.name} can't be read: {type(error).__name__}", run)
    if record.check != name or record.run != run:
        return missing_record(
            name, f"the {name} check left no record in this run: {path.name} is of an earlier one", run
        )
    return record
