"""kingfisher's baseline, a YAML file of version 1 (`ExactFindings`) or 2 (`repositories`).

Its fingerprints are fast hashes of the value with its byte offsets, so that a secret loses its own whenever something before it
changes. It is imported by path, line and rule. Format: docs/BASELINE.md of kingfisher. Of the YAML only what kingfisher writes
is read, one `name: value` a line: a parser of all of YAML takes minutes for a hostile file.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

import msgspec

from lockgate.checks.secrets.baseline import Baseline, Entry, Secret
from lockgate.engines.secrets import kingfisher as engine
from lockgate.model.errors import UsageError, shortened

FORMAT = "kingfisher"
_FIELD = re.compile(r" *+(- +)?(?:(path|filepath)|(line|linenum)|(rule_id)|[a-zA-Z_]+): *(.*)")
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_PLAIN = re.compile(r"[^\s\"'\[\]{}&*!|>%@`#-].*|-\S.*")


class KingfisherBaseline(Baseline):
    """A baseline of kingfisher."""

    @classmethod
    def reads(cls, name: str, data: bytes) -> bool:  # noqa: ARG003 - it has no name of its own
        return any(line.startswith((b"ExactFindings:", b"fingerprint_algorithm:")) for line in data[:4096].splitlines())

    def matching(self, path: str, secrets: Sequence[Secret]) -> list[list[int]]:
        of = self.of(path)
        return [
            [place for place in self.on_lines_of(secret[0]) if of[place].rule in ("", *_kinds(secret))]
            for secret in secrets
        ]

    def _parsed(self) -> Iterator[Entry]:
        about: dict[str, str] = {}
        for number, line in enumerate(self.data.decode("utf-8", "backslashreplace").split("\n"), start=1):
            field = _FIELD.fullmatch(line.rstrip())
            if not field:
                if line.strip() not in ("", "matches: []") and not line.lstrip().startswith("#"):
                    raise self._error(number, line)
                continue
            begins, path, place, rule, text = field.groups()
            if begins:
                yield from _entry(about)
                about = {}
            if path or rule:
                about[path or rule] = self._text(number, text)
            elif place:
                if not re.fullmatch(r"\d{1,9}", text):
                    raise self._error(number, line)
                about["line"] = text
        yield from _entry(about)

    def _text(self, number: int, text: str) -> str:
        if _QUOTED.fullmatch(text):
            return text[1:-1].replace("''", "'")
        if _PLAIN.fullmatch(text):
            return text
        try:
            return msgspec.json.decode(text, type=str)
        except msgspec.DecodeError:
            raise self._error(number, text) from None

    def _error(self, number: int, text: str) -> UsageError:
        return UsageError(f"{self.name}:{number}: kingfisher writes no such line: {shortened(text.strip())!r}")


BASELINE = KingfisherBaseline


def _entry(about: dict[str, str]) -> Iterator[Entry]:
    """The entry of what stands in one element of a list, if that is a finding."""
    path = about.get("path") or about.get("filepath", "").partition("/")[2]  # of the directory of the repository first
    if path and "line" in about:
        shown = posixpath.normpath(path.replace("\\", "/"))
        yield Entry(path=shown, identity="", rule=about.get("rule_id", ""), line=int(about["line"]))


def _kinds(secret: Secret) -> set[str]:
    return {seen.kind for seen in secret[1] if seen.engine == engine.ENGINE}
