"""What OSV's schema says about "is this version affected", written down plainly; and records to try it on.

The evaluation is the pseudo-code of https://ossf.github.io/osv-schema/#evaluation. The order of versions is that of
packaging 21, the last release that could sort legacy versions (pip-api carries it).
"""

from __future__ import annotations

import json
import warnings
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from packaging.utils import canonicalize_name
from pip_api._vendor.packaging_legacy.version import parse as legacy_parse

Record = dict[str, Any]
T = TypeVar("T", Path, BinaryIO)


@lru_cache(maxsize=2**18)
def parse(version: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return legacy_parse(version)


def includes(events: list[dict[str, str]], version: Any) -> bool:
    limits = [event["limit"] for event in events if "limit" in event]
    if limits and not any(limit == "*" or version < parse(limit) for limit in limits):
        return False

    def place(event: dict[str, str]) -> tuple[int, Any]:
        value = next(iter(event.values()))
        return (0, 0) if event.get("introduced") == "0" else (1, parse(value))

    affected = False
    for event in sorted((event for event in events if "limit" not in event), key=place):
        if "introduced" in event:
            if event["introduced"] == "0" or version >= parse(event["introduced"]):
                affected = True
        elif "fixed" in event:
            if version >= parse(event["fixed"]):
                affected = False
        elif version > parse(event["last_affected"]):
            affected = False
    return affected


def affects(record: Record, package: str, version: str) -> bool:
    """A local version has what its public version has."""
    return any(holds(record, package, spelling) for spelling in {version, version.split("+", maxsplit=1)[0]})


def holds(record: Record, package: str, version: str) -> bool:
    if record.get("withdrawn"):
        return False
    parsed = parse(version)
    for affected in record.get("affected", []):
        named = affected.get("package", {})
        if named.get("ecosystem") != "PyPI" or canonicalize_name(named["name"]) != package:
            continue
        if any(parse(listed) == parsed for listed in affected.get("versions", [])):
            return True
        for held in affected.get("ranges", []):
            if held["type"] == "ECOSYSTEM" and includes(held["events"], parsed):
                return True
    return False


class Prepared:
    """A record of which everything is parsed once, for many versions of one package: the same question as `affects`."""

    def __init__(self, record: Record, package: str) -> None:
        self.id: str = record["id"]
        mine = [one for one in record["affected"] if canonicalize_name(one["package"]["name"]) == package]
        mine = [] if record.get("withdrawn") else [one for one in mine if one["package"]["ecosystem"] == "PyPI"]
        self.listed = {parse(version) for one in mine for version in one.get("versions", [])}
        self.ranges = [held["events"] for one in mine for held in one.get("ranges", []) if held["type"] == "ECOSYSTEM"]

    def affects(self, version: str) -> bool:
        spelled = [parse(spelling) for spelling in {version, version.split("+", maxsplit=1)[0]}]
        return any(at in self.listed or any(includes(events, at) for events in self.ranges) for at in spelled)


def affecting(records: list[Record], package: str, version: str) -> set[str]:
    return {record["id"] for record in records if affects(record, package, version)}


def completed(records: list[Record]) -> list[Record]:
    """The records with all their aliases, direct or through others, as OSV gives them."""
    group: dict[str, set[str]] = {}
    for one in records:
        joined = {one["id"], *one.get("aliases", [])}
        for name in list(joined):
            joined |= group.get(name, set())
        group.update(dict.fromkeys(joined, joined))
    return [{**one, "aliases": sorted(group[one["id"]] - {one["id"]})} for one in records]


def record(name: str, package: str = "demo", **fields: Any) -> Record:
    """A record; `ranges` (lists of events), `versions` and `severity` (a vector) have short forms."""
    affected: Record = {"package": {"ecosystem": fields.pop("ecosystem", "PyPI"), "name": package}}
    affected["versions"] = fields.pop("versions", [])
    affected["ranges"] = [{"type": "ECOSYSTEM", "events": events} for events in fields.pop("ranges", [])]
    if "severity" in fields:
        vector = fields.pop("severity")
        fields["severity"] = [{"type": f"CVSS_V{vector[5] if vector.startswith('CVSS') else 2}", "score": vector}]
    return {"id": name, "modified": "2026-01-02T03:04:05Z", "affected": [affected], **fields}


def window(introduced: str, fixed: str) -> list[dict[str, str]]:
    return [{"introduced": introduced}, {"fixed": fixed}]


def save_zip(path: T, records: list[Record], **more: bytes) -> T:
    """An `all.zip` of the records and of further members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in records:
            archive.writestr(f"{one['id']}.json", json.dumps(one))
        for name, data in more.items():
            archive.writestr(name, data)
    return path
