"""The scan of files, one after the other, with what is kept and known of them."""

from __future__ import annotations

from msgspec.structs import replace

from lockgate.checks import redact
from lockgate.checks.base import Target
from lockgate.checks.secrets.cache import Cache, FileResult
from lockgate.checks.secrets.examined import examine, result_of
from lockgate.checks.secrets.known import Known
from lockgate.checks.secrets.origin import Origins
from lockgate.engines.secrets.scanners import scanners
from lockgate.inputs.files import display
from lockgate.model.record import Skip


class FileScan:
    """Scans files of one target. `key` is that of another scan whose cache gets the results, where there is one.

    Raises UnavailableError where no engine can run here.
    """

    def __init__(self, target: Target, key: bytes = b"") -> None:
        self.engines = scanners(target.options)
        self.cache = Cache(target.tree, self.engines.key, key, used=not target.options.verify)
        self.known = Known.of(target)
        self._origins = Origins(target.tree)
        self._tree = target.tree

    def unchanged(self, path: str) -> FileResult | None:
        """The result for a file that is in the state in which it was; None where it must be read."""
        shown = display(path)
        result = self.cache.unchanged(shown, self._tree.state(path))
        return result if result and self._holds(shown, result) else None

    def result(self, path: str) -> FileResult | Skip:
        """The result for a file, which is read."""
        shown, state = display(path), self._tree.state(path)
        start = self._tree.read_start(path)
        if isinstance(start, Skip):
            return start
        kept = None if start.gap else self.cache.known(shown, state, start.data)
        if kept and self._holds(shown, kept):
            return kept
        file = examine(shown, start, self.engines, self.known)
        result = self._origins.told(path, file, result_of(file, self.known))
        # Names of members and authors are foreign text, and what is kept shows no secret either.
        result = replace(result, findings=tuple(redact.findings(result.findings)))
        self.cache.keep(shown, state, start.data, result, cut=start.gap is not None)
        return result

    def _holds(self, shown: str, result: FileResult) -> bool:
        return result.stamp == self.known.stamp(shown) and self._origins.hold(result)
