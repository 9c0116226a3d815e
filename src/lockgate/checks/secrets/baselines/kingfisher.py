"""kingfisher's baseline, a YAML file of version 1 (`ExactFindings`) or 2 (`repositories`).

Its fingerprints are fast hashes of the value with its byte offsets, so that a secret loses its own whenever something before it
changes. It is imported by path, line and rule. Format: docs/BASELINE.md of kingfisher.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct, field

from lockgate.checks.secrets.known import Baseline, Entry, Secret
from lockgate.engines.secrets import kingfisher as engine
from lockgate.model.errors import UsageError, shortened

FORMAT = "kingfisher"
LIMIT = 2**20  # bytes: the parser of YAML is slow


class _Finding(Struct):
    path: str
    line: int
    rule_id: str
    fingerprint: str = ""


class _Repository(Struct):
    findings: list[_Finding] = []


class _Match(Struct):
    filepath: str
    linenum: int
    fingerprint: str | int = ""


class _Matches(Struct):
    matches: list[_Match] = []


class _Document(Struct):
    repositories: list[_Repository] = []
    exact: _Matches | None = field(default=None, name="ExactFindings")


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
        document = self._document()
        for found in (found for repository in document.repositories for found in repository.findings):
            yield Entry(path=_normal(found.path), identity=found.fingerprint, rule=found.rule_id, line=found.line)
        for match in document.exact.matches if document.exact else []:
            path = _normal(match.filepath).partition("/")[2]  # it begins with the name of the repository's directory
            yield Entry(path=path, identity=str(match.fingerprint), rule="", line=match.linenum)

    def _document(self) -> _Document:
        import yaml

        if len(self.data) > LIMIT:
            raise UsageError(f"{self.name}: larger than {LIMIT // 1024} KiB")
        try:
            return msgspec.convert(_load(self.data), _Document)
        except yaml.MarkedYAMLError as error:
            line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
            raise UsageError(f"{self.name}{line}: not valid YAML: {shortened(str(error.problem))}") from None
        except msgspec.ValidationError as error:
            raise UsageError(f"{self.name}: no baseline of kingfisher: {shortened(str(error), 200)}") from None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise UsageError(f"{self.name}: not valid YAML ({type(error).__name__})") from None


BASELINE = KingfisherBaseline


def _load(data: bytes) -> Any:
    """What the YAML says, without times. What aliases name is not copied, and kingfisher writes none."""
    import yaml

    for event in yaml.parse(data, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="an alias", problem_mark=event.start_mark)
    return yaml.load(data, Loader=yaml.SafeLoader)


def _normal(path: str) -> str:
    return posixpath.normpath(path.replace("\\", "/"))


def _kinds(secret: Secret) -> set[str]:
    return {seen.kind for seen in secret[1] if seen.engine == engine.ENGINE}
