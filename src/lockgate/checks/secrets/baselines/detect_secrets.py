"""The baseline of detect-secrets 0.x to 1.5, also a slim one: a JSON document with the SHA-1 of each secret.

What it says of plug-ins and filters is not obeyed, and never is code loaded that it names. A secret is known by its path and
SHA-1; its type need not be the one that is seen today. Format: `core/baseline.py` and
`core/potential_secret.py` of detect-secrets.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from lockgate.checks.secrets.baseline import Baseline, Entry, Secret, Verdict, slow_hash
from lockgate.engines.secrets import detect_secrets as engine
from lockgate.engines.secrets.base import Sighting
from lockgate.engines.secrets.detect_secrets_settings import default_document
from lockgate.model.errors import UsageError, shortened

FORMAT = "detect-secrets"
_HASH = re.compile(rb'("hashed_secret"\s*:\s*")[0-9a-f]{40}(?=")')
_VERDICTS = {None: Verdict.UNREVIEWED, False: Verdict.FALSE, True: Verdict.REAL}
_ANSWERS = {verdict: answer for answer, verdict in _VERDICTS.items()}


class _Secret(Struct):
    type: str
    hashed_secret: Annotated[str, Meta(pattern="^[0-9a-f]{40}$")]
    line_number: Annotated[int, Meta(ge=0, lt=2**31)] = 0
    is_secret: bool | None = None
    is_verified: bool = False


class _Document(Struct):
    version: str
    results: dict[str, list[_Secret]]


class DetectSecretsBaseline(Baseline):
    """A baseline of detect-secrets."""

    MATCHES = True

    @classmethod
    def reads(cls, name: str, data: bytes) -> bool:
        return data.lstrip().startswith(b"{") or name.endswith(".secrets.baseline")

    def matching(self, path: str, secrets: Sequence[Secret]) -> list[list[int]]:
        places: dict[str, list[int]] = {}
        for place, entry in enumerate(self.of(path)):
            places.setdefault(entry.identity, []).append(place)
        return [self._places(group, places) for _, group in secrets]

    def _places(self, group: list[Sighting], places: dict[str, list[int]]) -> list[int]:
        """The widest value decides: of a GitHub token detect-secrets has the `ghp` as one secret, and the whole as another."""
        told = [_sha1(seen) for seen in _told_by(group)]
        return [place for each in dict.fromkeys(told) for place in places.get(each, ())] if told[0] in places else []

    def stamp(self, path: str) -> str:  # noqa: ARG002 - it is of the whole file
        return self._stamp

    def blanked(self) -> bytes:
        return _HASH.sub(rb"\g<1>" + b" " * 40, self.data)

    def made_of(self, path: str, secrets: Sequence[Secret]) -> list[Entry]:
        made: dict[tuple[str, str], Entry] = {}
        for finding, group in secrets:
            for seen in _told_by(group):
                kind = seen.kind if seen.engine == engine.ENGINE else finding.rule
                entry = Entry(path=path, identity=_sha1(seen), rule=kind, line=seen.at.line)
                made.setdefault((entry.identity, kind), entry)
        return list(made.values())

    def rendered(self, entries: Iterable[Entry]) -> bytes:
        entries = list(entries)
        if self.data and set(entries) == set(self.entries):
            return self.data  # with the time that it has
        document = json.loads(self.data) if self.data else {**default_document(), "generated_at": ""}
        slim = bool(self.data) and "generated_at" not in document and not any(entry.line for entry in self.entries)
        ordered = sorted(entries, key=lambda entry: (entry.path, entry.line, entry.identity, entry.rule))
        document["results"] = {
            path: [self._result(entry, slim=slim) for entry in group]
            for path, group in groupby(ordered, key=lambda entry: entry.path)
        }
        if "generated_at" in document:  # as detect-secrets, behind the results
            del document["generated_at"]
            document["generated_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return json.dumps(document, indent=2).encode() + b"\n"

    def _parsed(self) -> Iterator[Entry]:
        self._verified: set[tuple[str, str, str]] = set()
        for path, secrets in (self._document().results if self.data else {}).items():
            shown = posixpath.normpath(path.replace("\\", "/"))
            for secret in secrets:
                if secret.is_verified:
                    self._verified.add((shown, secret.hashed_secret, secret.type))
                yield Entry(
                    path=shown,
                    identity=secret.hashed_secret,
                    rule=secret.type,
                    verdict=_VERDICTS[secret.is_secret],
                    line=secret.line_number,
                )

    def _document(self) -> _Document:
        try:
            return msgspec.json.decode(self.data, type=_Document)
        except msgspec.ValidationError as error:
            raise UsageError(f"{self.name}: no baseline of detect-secrets: {shortened(str(error), 200)}") from None
        except msgspec.DecodeError as error:
            at = re.search(r"\(byte (\d+)\)", str(error))
            line = self.data.count(b"\n", 0, int(at[1]) if at else len(self.data)) + 1
            raise UsageError(f"{self.name}:{line}: not valid JSON") from None
        except RecursionError:
            raise UsageError(f"{self.name}: nested too deeply") from None

    def _result(self, entry: Entry, *, slim: bool) -> dict[str, Any]:
        """As `PotentialSecret.json` of detect-secrets."""
        result: dict[str, Any] = {
            "type": entry.rule,
            "filename": entry.path,
            "hashed_secret": entry.identity,
            "is_verified": (entry.path, entry.identity, entry.rule) in self._verified,
        }
        if entry.line and not slim:
            result["line_number"] = entry.line
        if entry.verdict is not Verdict.UNREVIEWED:
            result["is_secret"] = _ANSWERS[entry.verdict]
        return result

    @cached_property
    def _stamp(self) -> str:
        """It is kept in caches, so that it is slow to make: from a fast one the SHA-1 in the file could be tried out."""
        return slow_hash(self.data, b"lockgate").hex()


BASELINE = DetectSecretsBaseline


def _told_by(group: list[Sighting]) -> list[Sighting]:
    """What detect-secrets saw of a secret at its place, the widest first; where that is nothing, what another engine saw."""
    widest = group[0]
    seen_here = (seen for seen in group if seen.value == widest.value or (seen.exact and _inside(seen, widest)))
    own = [seen for seen in seen_here if seen.engine == engine.ENGINE]
    return sorted(own, key=lambda seen: -len(seen.value.reveal())) or [widest]


def _inside(seen: Sighting, whole: Sighting) -> bool:
    begins = (whole.at.line, whole.at.column) <= (seen.at.line, seen.at.column)
    return begins and (seen.at.end_line, seen.at.end_column) <= (whole.at.end_line, whole.at.end_column)


def _sha1(seen: Sighting) -> str:
    value = seen.value.reveal().encode("utf-8", "surrogatepass")
    return hashlib.sha1(value, usedforsecurity=False).hexdigest()  # the format has it so
