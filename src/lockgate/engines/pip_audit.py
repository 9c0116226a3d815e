"""pip-audit's own services of advisories, used as a library: one request a package, to the package index or to OSV."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from lockgate.inputs.parallel import in_parallel
from lockgate.inputs.urls import shown
from lockgate.inputs.user_dirs import cache_dir
from lockgate.model.advisory import Advisory, Answers, Query, preference
from lockgate.model.errors import UnavailableError
from lockgate.model.record import Engine

if TYPE_CHECKING:
    from packaging.version import Version
    from pip_audit._service.interface import Dependency, VulnerabilityResult, VulnerabilityService
    from requests import Response

SECONDS = 15  # of silence
SECONDS_IN_ALL = 600.0
WORKERS = 8
PATIENCE = 3  # requests in a row without an answer, after which no more are made
LARGEST = 64 * 2**20  # bytes of one answer


class _Specs(Struct):
    """What pip-audit calls a dependency source: here one that is there already."""

    dependency: object

    def collect(self) -> Iterator[Any]:
        yield self.dependency


class PipAudit:
    """Look-ups by pip-audit's service for the package index, or by that for OSV at the base URL `osv`.

    They know no severity. Where `exact`, an answer is told as pip-audit's own audit does; else under the ids and with the
    aliases that the other sources give it.
    """

    def __init__(self, *, osv: str = "", exact: bool = False) -> None:
        """Raises UnavailableError where pip-audit can't be loaded."""
        self._scratch = None if (cache := cache_dir("pip-audit")) else tempfile.TemporaryDirectory(prefix="lockgate-")
        self._cache = Path(cache or self._scratch.name)  # type: ignore[union-attr]
        with _safe_path():
            try:
                import pip_audit
                import pip_audit._audit
                import pip_audit._service
            except Exception as error:  # noqa: BLE001 - importing it runs `pip --version`, which may fail in any way
                raise UnavailableError(f"pip-audit can't be loaded ({type(error).__name__}); it needs pip") from None
        logging.getLogger("pip_audit").addHandler(logging.NullHandler())  # it would write to standard error
        self.engine = Engine("pip-audit", pip_audit.__version__)
        self.name = shown(osv) if osv else "the package index"
        self._osv = osv
        self._exact = exact
        self._own = threading.local()  # a session is for one thread
        self._sessions: list[Any] = []
        self._unanswered = 0

    def lookup(self, queries: Sequence[Query], progress: Callable[[int, int], None]) -> Answers:
        """What the service knows of each query, and why nothing is known of the others."""
        given = in_parallel(self._advisories, queries, workers=WORKERS, seconds=SECONDS_IN_ALL, progress=progress)
        answers = Answers({}, {})
        for query, found in given.items():
            if isinstance(found, UnavailableError):
                answers.failed[query] = str(found)
            else:
                answers.known[query] = found
        return answers

    def close(self) -> None:
        """Close the connections and forget what is not cached."""
        for session in self._sessions:
            session.close()
        if self._scratch:
            self._scratch.cleanup()

    def _advisories(self, query: Query) -> tuple[Advisory, ...]:
        from packaging.version import InvalidVersion, Version

        if not query.version:
            raise UnavailableError("only a hash is known of it")
        if self._unanswered >= PATIENCE:
            raise UnavailableError(f"not asked, because {PATIENCE} requests in a row were not answered")
        try:
            version = Version(query.version)
        except (InvalidVersion, ValueError):
            raise UnavailableError(f"{query.version!r} is not a version that {self.name} can be asked for") from None
        found = self._ask(query.name, version)
        if self._exact:
            ids = dict.fromkeys(result.id for result in found)  # it tells some twice
            return tuple(_as_told([result for result in found if result.id == name], version) for name in ids)
        return tuple(_merged(group, version) for group in _groups(found))

    def _ask(self, name: str, version: Version) -> list[VulnerabilityResult]:
        try:
            results = self._answer(name, version)
        except UnavailableError:
            self._unanswered += 1
            raise
        self._unanswered = 0
        if results is None:
            raise UnavailableError(
                f"{self.name} has no advisories on it; `lockgate advisories sync` gets them from OSV"
            )
        return results

    def _answer(self, name: str, version: Version) -> list[VulnerabilityResult] | None:
        """What the service answers; None where it does not know the package."""
        import requests
        from pip_audit._service.interface import ConnectionError as Unconnected
        from pip_audit._service.interface import ResolvedDependency, ServiceError, SkippedDependency

        try:
            answered, results = self._audited(ResolvedDependency(name, version))  # pylint: disable=missing-kwoa
        except (requests.ConnectionError, requests.Timeout, Unconnected) as error:
            raise UnavailableError(f"{self.name} is not reached ({type(error).__name__})") from None
        except (requests.RequestException, ServiceError) as error:
            raise UnavailableError(f"{self.name} gave no useful answer ({_cause(error)})") from None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UnavailableError(f"{self.name} gave a malformed answer ({type(error).__name__})") from None
        return None if isinstance(answered, SkippedDependency) else results

    def _audited(self, dependency: Dependency) -> tuple[Dependency, list[VulnerabilityResult]]:
        """What pip-audit makes of it; its own audit merges aliases and drops the fixes of those that it merges."""
        if not self._exact:
            return self._service().query(dependency)  # type: ignore[no-any-return]
        from pip_audit._audit import Auditor

        ((answered, results),) = Auditor(self._service()).audit(_Specs(dependency))
        return answered, results

    def _service(self) -> VulnerabilityService:
        """The service of this thread."""
        if not hasattr(self._own, "service"):
            from pip_audit._service import OsvService, PyPIService

            service = (
                OsvService(self._cache, SECONDS, f"{self._osv.rstrip('/')}/v1/query")
                if self._osv
                else PyPIService(self._cache, SECONDS)
            )
            service.session.hooks["response"].append(_bounded)
            self._sessions.append(service.session)
            self._own.service = service
        return self._own.service


def _bounded(response: Response, **_: object) -> None:
    """Read an answer as far as there is room for it. A hook of requests, which would read all."""
    body = bytearray()
    for chunk in response.iter_content(2**16):
        body += chunk
        if len(body) > LARGEST:
            response.close()
            raise UnavailableError(f"the answer has more than {LARGEST:,} bytes")
    response._content = bytes(body)  # noqa: SLF001 - where requests keeps what it has read


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


def _merged(group: list[VulnerabilityResult], version: Version) -> Advisory:
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


def _as_told(results: list[VulnerabilityResult], version: Version) -> Advisory:
    """As pip-audit tells it: its id, all its fix versions; the fix is the nearest of them above the version."""
    fixes = sorted({fix for result in results for fix in result.fix_versions})
    published = results[0].published
    return Advisory(
        id=str(results[0].id),
        aliases=tuple(sorted({str(name) for result in results for name in result.aliases})),
        fix=next((str(fix) for fix in fixes if fix > version), ""),
        fixes=tuple(map(str, fixes)),
        summary=results[0].description,
        published=published.isoformat() if published else "",
    )
