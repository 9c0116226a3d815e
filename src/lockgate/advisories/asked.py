"""What package indexes say of projects: kept from run to run while it is fresh, else asked for, many at a time."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct

from lockgate.advisories.projects import Project, merged, project_of
from lockgate.inputs import user_cache
from lockgate.inputs.urls import shown
from lockgate.model.errors import UnavailableError

if TYPE_CHECKING:
    from lockgate.advisories.simple_api import Answer, SimpleApi

T = TypeVar("T")
Progress = Callable[[int, int], None]

MOST_KEPT = 20_000  # projects of an index
MOST_VERSIONS = 50  # that are kept of a project
UNUSED = 30 * 24 * 3600.0  # seconds after which what was not asked for goes
_KIND = "projects"
_FORMAT = 2


class _Kept(Struct, frozen=True, array_like=True):
    """What an index said of a project, when (UNIX time), and until when it is fresh."""

    project: Project
    etag: str
    modified: str
    checked: float
    fresh_until: float

    def tells(self, versions: Iterable[str]) -> bool:
        return not self.project.known or all(version in self.project.releases for version in versions)

    def is_fresh(self, now: float) -> bool:
        return self.checked <= now < self.fresh_until  # no answer is from tomorrow: a clock is wrong


def ask(
    urls: Iterable[str], wanted: Mapping[str, frozenset[str]], progress: Progress = lambda _done, _total: None
) -> dict[str, Project | str]:
    """What the indexes at `urls` say together of projects (names by PEP 503) and some versions of each.

    Where one of them gave no answer it is the reason: nobody knows what it has. Raises UnavailableError for an address
    that is none.
    """
    indexes = [_Index(url) for url in dict.fromkeys(urls)]
    answers = [index.ask(wanted, progress) for index in indexes]
    return {name: _together([answer[name] for answer in answers]) for name in wanted}


def _together(answers: list[Project | str]) -> Project | str:
    reasons = [answer for answer in answers if isinstance(answer, str)]
    return reasons[0] if reasons else merged(answer for answer in answers if isinstance(answer, Project))


class _Index:
    """One index, with what is kept of its answers."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._now = time.time()

    def ask(self, wanted: Mapping[str, frozenset[str]], progress: Progress) -> dict[str, Project | str]:
        # Without user and password: nothing that is kept tells them.
        store = hashlib.sha256(shown(self._url).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        raw = _load(store)
        kept = {name: entry for name in wanted if (entry := _decoded(raw.get(name)))}
        found: dict[str, Project | str] = {
            name: entry.project
            for name, entry in kept.items()
            if entry.tells(wanted[name]) and entry.is_fresh(self._now)
        }
        stale = {name: versions for name, versions in wanted.items() if name not in found}
        if stale:
            new: dict[str, _Kept | None] = {}
            found |= self._ask_anew(stale, kept, new, progress)
            _save(store, raw, new, self._now)
        return found

    def _ask_anew(
        self,
        wanted: Mapping[str, frozenset[str]],
        kept: Mapping[str, _Kept],
        new: dict[str, _Kept | None],
        progress: Progress,
    ) -> dict[str, Project | str]:
        """The answers, or why there is none; what is to be kept of them is put into `new`."""
        from lockgate.advisories.simple_api import AT_ONCE, SimpleApi

        with closing(SimpleApi(self._url)) as api:

            def one(name: str) -> Project | str:
                try:
                    project, new[name] = self._asked(api, name, wanted[name], kept.get(name))
                except UnavailableError as error:
                    return str(error)
                return project

            return dict(zip(wanted, _in_parallel(one, list(wanted), AT_ONCE, progress), strict=True))

    def _asked(
        self, api: SimpleApi, name: str, versions: frozenset[str], kept: _Kept | None
    ) -> tuple[Project, _Kept | None]:
        """What the index says now, and what is to be kept of it."""
        if kept and not kept.tells(versions):
            versions |= frozenset(list(kept.project.releases)[-MOST_VERSIONS:])
            kept = None
        answer = api.ask(name, kept.etag, kept.modified) if kept else api.ask(name)
        if answer.status == 304:  # noqa: PLR2004 - Not Modified
            if not kept:
                raise UnavailableError(f"{api.name} answered 304 without having been asked what is new")
            return kept.project, self._keep(kept.project, answer, kept)
        if answer.status == 404:  # noqa: PLR2004 - Not Found
            return Project(), self._keep(Project(), answer)
        try:
            project = project_of(answer.data, name, versions)
        except ValueError as error:
            reason = str(error).partition("\n")[0]
            raise UnavailableError(f"{api.name} gave a malformed answer ({reason})") from None
        return project, self._keep(project, answer)

    def _keep(self, project: Project, answer: Answer, before: _Kept | None = None) -> _Kept | None:
        if answer.fresh is None:
            return None
        etag = answer.etag or (before.etag if before else "")
        modified = answer.modified or (before.modified if before else "")
        return _Kept(project, etag, modified, self._now, self._now + answer.fresh)


def _in_parallel(function: Callable[[str], T], names: list[str], at_once: int, progress: Progress) -> list[T]:
    """The results for all names, in their order."""
    from concurrent.futures import ThreadPoolExecutor

    threads = ThreadPoolExecutor(min(at_once, len(names)))
    results = []
    try:
        for result in threads.map(function, names):
            results.append(result)
            progress(len(results), len(names))
    finally:
        threads.shutdown(cancel_futures=True)
    return results


def _load(store: str) -> dict[str, msgspec.Raw]:
    data = user_cache.load(_KIND, store)
    try:
        whole = msgspec.msgpack.decode(data, type=tuple[int, dict[str, msgspec.Raw]]) if data else (_FORMAT, {})
    except msgspec.DecodeError:
        return {}
    return whole[1] if whole[0] == _FORMAT else {}


def _save(store: str, raw: dict[str, msgspec.Raw], new: Mapping[str, _Kept | None], now: float) -> None:
    entries = {name: entry for name in raw if name not in new and (entry := _decoded(raw[name]))}
    entries |= {name: entry for name, entry in new.items() if entry}
    recent = [(name, entry) for name, entry in entries.items() if now - entry.checked < UNUSED]
    user_cache.store(_KIND, store, msgspec.msgpack.encode((_FORMAT, dict(recent[-MOST_KEPT:]))))


def _decoded(raw: msgspec.Raw | None) -> _Kept | None:
    try:
        return msgspec.msgpack.decode(raw, type=_Kept) if raw is not None else None
    except msgspec.DecodeError:
        return None
