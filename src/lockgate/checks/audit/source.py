"""Which source of advisories answers, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from lockgate.checks.base import Progress
from lockgate.config.settings import Settings
from lockgate.model.advisory import Advisory, Answers, Query
from lockgate.model.errors import UnavailableError, counted
from lockgate.model.record import Engine

if TYPE_CHECKING:
    from lockgate.advisories.index import Index


class Source(Protocol):
    """Something that can be asked for advisories. `note` says what it is, `gaps` why its answers are incomplete."""

    engine: Engine
    note: str
    gaps: tuple[str, ...]

    def lookup(self, queries: Sequence[Query], progress: Progress) -> Answers:
        """What is known of each query, and why nothing is known of the others. Raises nothing."""

    def close(self) -> None:
        """Let go of files and connections."""


def choose(settings: Settings) -> Source:
    """What the user named; else the synced index; else pip-audit's service. Raises UnavailableError where there is none."""
    from lockgate.advisories.store import open_given, open_synced

    if settings.advisories:
        return _Local(open_given(settings.advisories, offline=settings.offline))
    synced = open_synced()
    if synced:
        return _Local(synced)
    if settings.offline:
        raise UnavailableError("there are no advisories on this machine; run once: lockgate advisories sync")
    return _Remote()


class _Local:
    def __init__(self, index: Index) -> None:
        meta = index.meta
        self.engine = Engine("osv", meta.built[:10])
        self.note = f"advisories: {meta}"
        named = ", ".join(meta.malformed[:3])
        self.gaps: tuple[str, ...] = (
            (f"{counted(meta.lost, 'advisory', 'advisories')} can't be understood, such as {named}",)
            if meta.lost
            else ()
        )
        self.close = index.close
        self._index = index

    def lookup(self, queries: Sequence[Query], progress: Progress) -> Answers:
        return _one_by_one(lambda query: self._index.lookup(query.name, query.version), queries, progress)


class _Remote:
    gaps: tuple[str, ...] = ()
    note = "advisories: the package index, asked by pip-audit; it gives no severities"

    def __init__(self) -> None:
        from lockgate.engines.pip_audit import PipAudit

        service = PipAudit()
        self.engine = service.engine
        self.close = service.close
        self._service = service

    def lookup(self, queries: Sequence[Query], progress: Progress) -> Answers:
        return _one_by_one(lambda query: self._service.lookup(query.name, query.version), queries, progress)


def _one_by_one(ask: Callable[[Query], tuple[Advisory, ...]], queries: Sequence[Query], progress: Progress) -> Answers:
    answers = Answers({}, {})
    for done, query in enumerate(queries):
        progress(done, len(queries))
        try:
            answers.known[query] = ask(query)
        except UnavailableError as error:
            answers.failed[query] = str(error)
    return answers
