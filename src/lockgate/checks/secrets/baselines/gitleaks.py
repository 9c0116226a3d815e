"""`.gitleaksignore`: one fingerprint a line, `path:rule:line` or `commit:path:rule:line`; `#` begins a comment.

It knows lines and no secrets, and gitleaks' rules are others than ours, so that it can be imported only: what stands today on a
line that it names. Format: https://github.com/gitleaks/gitleaks#gitleaksignore.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from lockgate.checks.secrets.baseline import Baseline, Entry, Secret
from lockgate.model.errors import UsageError, shortened

FORMAT = "gitleaks"
_FINGERPRINT = re.compile(r"(?:[0-9a-f]{40}(?:[0-9a-f]{24})?:)?(?P<path>.+):(?P<rule>[^:]+):(?P<line>\d{1,9})")


class GitleaksIgnore(Baseline):
    """The fingerprints that gitleaks ignores."""

    @classmethod
    def reads(cls, name: str, data: bytes) -> bool:  # noqa: ARG003 - the name tells
        return name.endswith(".gitleaksignore")

    def matching(self, path: str, secrets: Sequence[Secret]) -> list[list[int]]:  # noqa: ARG002 - findings have it
        return [self.on_lines_of(finding) for finding, _ in secrets]

    def _parsed(self) -> Iterator[Entry]:
        for number, line in enumerate(self.data.decode("utf-8", "backslashreplace").split("\n"), start=1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            match = _FINGERPRINT.fullmatch(text)
            if not match:
                raise UsageError(f"{self.name}:{number}: no fingerprint of gitleaks: {shortened(text)!r}")
            path = posixpath.normpath(match["path"].replace("\\", "/"))
            yield Entry(path=path, identity=text, rule=match["rule"], line=int(match["line"]))


BASELINE = GitleaksIgnore
