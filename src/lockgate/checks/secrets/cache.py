"""What the secrets check found in each file of a tree, kept from one run to the next in the user's cache directory.

A result holds for one path and content, and for the engines and the code of ours that made it. A file whose state (see
`Tree.state`) is the one that it had is not even read. Of contents a keyed hash is kept and never a plain one, which would tell
the secret of a file that holds nothing else.
"""

from __future__ import annotations

import hashlib
import os

import msgspec
from msgspec import Struct

from lockgate.inputs import user_cache
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Finding
from lockgate.model.record import Skip
from lockgate.model.rule import Rule

MOST_FILES = 200_000
_KIND = "secrets"
_KEY_SIZE = _HASH_SIZE = 16  # bytes


class FileResult(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the check made of one file: whether it was examined, and who left it out for which reason.

    `known` holds, for each finding that is known and not among `findings`, the places of its entries in the baseline. It is
    for the baseline that `stamp` names; of what identifies a secret nothing is kept. What the findings say of commits is
    true while `head` is checked out.
    """

    examined: bool = True
    skipped: tuple[Skip, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    rules: tuple[Rule, ...] = ()
    allowed: int = 0
    stamp: str = ""
    head: str = ""
    known: tuple[tuple[int, ...], ...] = ()


class Entry(Struct, array_like=True):
    """What is kept of a file: the state in which it was, a keyed hash of its content, and the result."""

    state: str
    content: bytes
    result: FileResult


class _Kept(Struct, array_like=True):
    key: bytes
    entries: dict[str, Entry]


class Cache:
    """The results for a tree, made by `engines` (their names and versions). Where it is not `used` all are made anew.

    Whatever is wrong with the kept file or its directory: it is slower, and the results are the same.
    """

    def __init__(self, tree: Tree, engines: str, key: bytes = b"", *, used: bool = True) -> None:
        about = repr((type(tree).__name__, os.fspath(tree.root), engines, tree.limit, user_cache.own_code()))
        self._name = hashlib.sha256(about.encode()).hexdigest()
        self._used = used
        self._old = (self._load() if used else None) or _Kept(key or os.urandom(_KEY_SIZE), {})
        self._new: dict[str, Entry] = {}
        self._changed = False

    def unchanged(self, path: str, state: str) -> FileResult | None:
        """The result for a file that is in the state in which it was, None where that is not known."""
        entry = self._old.entries.get(path)
        if entry is None or not state or entry.state != state:
            return None
        self._new[path] = entry
        return entry.result

    def known(self, path: str, state: str, data: bytes) -> FileResult | None:
        """The result for a file that has the content that it had."""
        entry = self._old.entries.get(path)
        if entry is None or entry.content != self._hash(data):
            return None
        self.keep(path, state, data, entry.result)
        return entry.result

    def keep(self, path: str, state: str, data: bytes, result: FileResult, *, cut: bool = False) -> None:
        """Keep a result, unless it tells of something that may go better the next time.

        That a file was `cut`, because it is too large, is no such thing: one gap tells of it.
        """
        if sum(skip.gap for skip in result.skipped) == cut:
            self._changed = True
            self._new[path] = Entry(state, self._hash(data), result)

    @property
    def key(self) -> bytes:
        """The key of the hashes, for another process that looks into files of this tree."""
        return self._old.key

    def new(self, path: str) -> Entry | None:
        """What is to be kept of a file from this run on."""
        return self._new.get(path)

    def take(self, path: str, entry: Entry) -> None:
        """Keep what another process made with the same key."""
        self._changed = True
        self._new[path] = entry

    def close(self) -> None:
        """Write what was kept, if that is other than what is there."""
        if not self._used or len(self._new) > MOST_FILES:
            return
        if not self._changed and self._new.keys() == self._old.entries.keys():
            return
        user_cache.store(_KIND, self._name, msgspec.msgpack.encode(_Kept(self._old.key, self._new)))

    def _load(self) -> _Kept | None:
        data = user_cache.load(_KIND, self._name)
        try:
            return msgspec.msgpack.decode(data, type=_Kept) if data else None
        except msgspec.DecodeError:
            return None

    def _hash(self, data: bytes) -> bytes:
        return hashlib.blake2b(data, key=self._old.key, digest_size=_HASH_SIZE).digest()
