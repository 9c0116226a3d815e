"""pip-audit's own service of advisories, used as a library: one request a package to the package index."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lockgate.inputs.user_dirs import cache_dir
from lockgate.model.advisory import Advisory, preference
from lockgate.model.errors import UnavailableError
from lockgate.model.record import Engine

if TYPE_CHECKING:
    from packaging.version import Version
    from pip_audit._service.interface import VulnerabilityResult

SECONDS = 15
PATIENCE = 3  # requests in a row without an answer, after which no more are made


class PipAudit:
    """Look-ups by pip-audit's `PyPIService`. It knows no severity."""

    def __init__(self) -> None:
        """Raises UnavailableError where pip-audit can't be loaded."""
        self._scratch = None if (cache := cache_dir("pip-audit")) else tempfile.TemporaryDirectory(prefix="lockgate-")
        with _safe_path():
            try:
                import pip_audit
                from pip_audit._service.pypi import PyPIService
            except Exception as error:  # noqa: BLE001 - importing it runs `pip --version`, which may fail in any way
                raise UnavailableError(f"pip-audit can't be loaded ({type(error).__name__}); it needs pip") from None
        self.engine = Engine("pip-audit", pip_audit.__version__)
        self.service = PyPIService(Path(cache or self._scratch.name), timeout=SECONDS)  # type: ignore[union-attr]
        self._unanswered = 0

    def lookup(self, name: str, version: str) -> tuple[Advisory, ...]:
        """What the index knows of one version, aliases merged. Raises UnavailableError, saying why, where it gave none."""
        from packaging.version import InvalidVersion, Version

        if self._unanswered >= PATIENCE:
            raise UnavailableError(f"not asked, because {PATIENCE} requests in a row were not answered")
        try:
            pinned = Version(version)
        except (InvalidVersion, ValueError):
            raise UnavailableError(f"{version!r} is not a version that the index can be asked for") from None
        return tuple(_advisory(group, pinned) for group in _groups(self._ask(name, pinned)))

    def _ask(self, name: str, version: Version) -> list[VulnerabilityResult]:
        import requests
        from pip_audit._service.interface import ConnectionError as Unconnected
        from pip_audit._service.interface import ResolvedDependency, ServiceError, SkippedDependency

        self._unanswered += 1
        try:
            answered, results = self.service.query(ResolvedDependency(name, version))  # pylint: disable=missing-kwoa
        except (requests.ConnectionError, requests.Timeout, Unconnected) as error:
            raise UnavailableError(f"the package index is not reached ({type(error).__name__})") from None
        except (requests.RequestException, ServiceError) as error:
            raise UnavailableError(f"the package index gave no useful answer ({_cause(error)})") from None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UnavailableError(f"the package index gave a malformed answer ({type(error).__name__})") from None
        self._unanswered = 0
        if isinstance(answered, SkippedDependency):
            raise UnavailableError(
                "the package index has no advisories on it; `lockgate advisories sync` gets them from OSV"
            )
        return list(results)

    def close(self) -> None:
        """Close the connections and forget what is not cached."""
        self.service.session.close()
        if self._scratch:
            self._scratch.cleanup()


@contextmanager
def _safe_path() -> Iterator[None]:
    """Keeps the current directory, which may be the scanned one, off the path of `python -m pip`.

    pip-audit runs that when it is imported, and a file `pip.py` there would be run in pip's place.
    """
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


def _cause(error: Exception) -> str:
    """The HTTP status where there is one, else the kind of the error; its text may hold a URL with a password."""
    response = getattr(error.__cause__ or error, "response", None)
    status = getattr(response, "status_code", None)
    return f"HTTP {status}" if status and status >= 400 else type(error).__name__  # noqa: PLR2004


def _groups(results: Iterable[VulnerabilityResult]) -> list[list[VulnerabilityResult]]:
    """Results that share an id, directly or through others, together."""
    groups: list[list[VulnerabilityResult]] = []
    for result in results:
        same = [group for group in groups if any(result.alias_of(other) for other in group)]
        groups = [group for group in groups if group not in same]
        groups.append([result, *(other for group in same for other in group)])
    return groups


def _advisory(group: list[VulnerabilityResult], version: Version) -> Advisory:
    ids = {str(name) for result in group for name in (result.id, *result.aliases)}
    first = min(ids, key=preference)
    fixes = sorted({fix for result in group for fix in result.fix_versions if fix > version})
    published = min((result.published for result in group if result.published), default=None)
    return Advisory(
        id=first,
        aliases=tuple(sorted(ids - {first})),
        fix=str(fixes[0]) if fixes else "",
        fixes=tuple(map(str, fixes)),
        summary=group[0].description,
        published=published.isoformat() if published else "",
    )
