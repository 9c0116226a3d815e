"""Which source of advisories answers, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

from lockgate.checks.base import Progress
from lockgate.config.settings import SERVICES, Settings
from lockgate.inputs.urls import shown
from lockgate.model.advisory import Answers, Query
from lockgate.model.errors import UnavailableError, counted
from lockgate.model.record import Engine

if TYPE_CHECKING:
    from lockgate.advisories.index import Index


class Source(Protocol):
    """Something that can be asked for advisories.

    After a look-up `engine` is who answered, `notes` say what was asked and what was not to be had, and `gaps` why the
    answers are incomplete.
    """

    engine: Engine
    notes: tuple[str, ...]
    gaps: tuple[str, ...]

    def lookup(self, queries: Sequence[Query], progress: Progress) -> Answers:
        """What is known of each query, and why nothing is known of the others.

        Raises UnavailableError where there is nothing to be asked.
        """

    def close(self) -> None:
        """Let go of files and connections."""


def choose(settings: Settings) -> Source:
    """What the user named; else the first that answers. Raises UnavailableError where what is named can't be used."""
    if settings.advisories in SERVICES:
        if settings.offline:
            raise UnavailableError(
                f"{settings.advisories} can't be asked with --offline; name another source of advisories"
            )
        return _Api(settings.osv_api) if settings.advisories == "osv-api" else _PipAudit(settings, exact=True)
    if not settings.advisories:
        return _InOrder(settings)
    from lockgate.advisories.store import open_given

    return _Local(open_given(settings.advisories, offline=settings.offline))


class _Local:
    """An index."""

    def __init__(self, index: Index) -> None:
        meta = index.meta
        self.engine = Engine("osv", meta.built[:10])
        self.notes: tuple[str, ...] = (f"advisories: {meta}",)
        named = ", ".join(meta.malformed[:3])
        self.gaps: tuple[str, ...] = (
            (f"{counted(meta.lost, 'advisory', 'advisories')} can't be understood, such as {named}",)
            if meta.lost
            else ()
        )
        self.close = index.close
        self._index = index

    def lookup(self, queries: Sequence[Query], progress: Progress) -> Answers:
        answers = Answers({}, {})
        for done, query in enumerate(queries):
            progress(done, len(queries))
            try:
                answers.known[query] = self._index.lookup(query.name, query.version, query.hashes)
            except UnavailableError as error:
                answers.failed[query] = str(error)
        return answers


class _Api:
    """OSV's API."""

    gaps: tuple[str, ...] = ()

    def __init__(self, url: str) -> None:
        from lockgate.advisories.osv_api import OsvApi

        api = OsvApi(url)
        self.engine = Engine("osv-api", "v1")
        self.notes: tuple[str, ...] = (
            f"advisories: {shown(url)}, asked for each version; it can't be asked for hashes",
        )
        self.close = api.close
        self._api = api

    def lookup(self, queries: Sequence[Query], progress: Progress) -> Answers:
        answers = self._api.lookup(queries, progress)
        self.gaps = self._api.gaps
        return answers


class _PipAudit:
    """One of pip-audit's services; where `exact`, its answers are told as pip-audit tells them."""

    gaps: tuple[str, ...] = ()

    def __init__(self, settings: Settings, *, exact: bool) -> None:
        from lockgate.engines.pip_audit import PipAudit

        osv = settings.osv_api if settings.advisories == "pip-audit:osv" else ""
        asked = PipAudit(osv=osv, exact=exact)
        self.engine = asked.engine
        self.notes: tuple[str, ...] = (f"advisories: {asked.name}, asked by pip-audit; it gives no severities",)
        self.close = asked.close
        self.lookup = asked.lookup


class _InOrder:
    """The first that answers: a fresh index, one that is synced now, OSV's API, pip-audit's service, an old index."""

    engine: Engine
    notes: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened = ExitStack()
        self._old: Index | None = None
        self.close = self._opened.close

    def lookup(self, queries: Sequence[Query], progress: Progress) -> Answers:
        failures: list[str] = []
        for step in self._steps():
            try:
                source = step()
                if source is None:
                    continue
                self._opened.callback(source.close)
                answers = source.lookup(queries, progress)
            except UnavailableError as error:
                failures.append(str(error))
                continue
            if answers.known:
                self.engine, self.gaps = source.engine, source.gaps
                self.notes = (*source.notes, *(f"tried before: {failure}" for failure in failures))
                return answers
            failures.append(next(iter(answers.failed.values()), "nothing was asked"))
        reasons = "; ".join(failures) or "there are no advisories on this machine"
        raise UnavailableError(f"{reasons}; run once: lockgate advisories sync")

    def _steps(self) -> Iterator[Callable[[], Source | None]]:
        yield self._fresh
        if not self._settings.offline:
            yield self._synced
            yield lambda: _Api(self._settings.osv_api)
            yield lambda: _PipAudit(self._settings, exact=False)
        yield self._aged

    def _fresh(self) -> Source | None:
        from lockgate.advisories.index import Freshness
        from lockgate.advisories.store import open_synced

        index = open_synced()
        if index is None:
            return None
        if index.meta.freshness(self._settings.oldest_advisories) is Freshness.FRESH:
            return _Local(index)
        self._opened.callback(index.close)
        self._old = index
        return None

    def _synced(self) -> Source | None:
        from lockgate.advisories import store

        store.sync(self._settings.osv_export, limits=store.BRIEF)
        index = store.open_synced()
        return _Local(index) if index else None

    def _aged(self) -> Source | None:
        return _Aged(self._old, self._settings) if self._old else None


class _Aged(_Local):
    """An index that is older than it may be: a warning, and from a certain age on a gap."""

    def __init__(self, index: Index, settings: Settings) -> None:
        from lockgate.advisories.index import Freshness

        super().__init__(index)
        most = settings.oldest_advisories
        hours = counted(round(most.total_seconds() / 3600), "hour")
        told = (
            f"the advisories were last checked on {index.meta.checked[:16]}, over {hours} ago, and may lack newer ones"
        )
        if index.meta.freshness(most) is Freshness.TOO_OLD:
            self.gaps = (*self.gaps, told)
        else:
            self.notes = (*self.notes, f"warning: {told}")
