"""lockgate's own baseline: one line a secret, in an order that lets Git merge branches.

The first lines are `lockgate-baseline 1`, a comment and `key` with 64 hexadecimal digits: a random key, another one in each
repository. Each other line is an entry or a divider:

    3f21c…  (32 hexadecimal digits) VERDICT RULE PATH
    3f2     (3 hexadecimal digits)

All of them are sorted. The identity of a secret is HMAC-SHA256, with the key, of scrypt(value, salt=key) and the path. As nobody
can tell where a new entry will stand, and a divider that never changes stands between any two that differ in their first three
digits, what two branches add or remove is seldom adjacent, and only what is adjacent makes a conflict.

Entries may stand in any order and more than once, as `git merge --union` leaves them; the strongest verdict holds.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from lockgate.checks.base import processors
from lockgate.checks.secrets.baseline import Baseline, Entry, Secret, Verdict, slow_hash
from lockgate.model.errors import UsageError, shortened

FORMAT = "lockgate"
VERSION = 1
COMMENT = (
    "# Known secrets, by lockgate. The lines of three digits keep branches apart when Git merges them: leave them."
)
DIVIDERS = [f"{number:03x}" for number in range(16**3)]

_THREADS = min(4, processors())
MOST_VALUES = 20_000  # that are hashed in one run; the findings after these are reported, whatever the baseline says
_KEY_SIZE = 32  # bytes
_DIGITS = 32  # of an identity
_HEADER = re.compile(r"lockgate-baseline (\d{1,9})")
_KEY = re.compile(rf"key ([0-9a-f]{{{2 * _KEY_SIZE}}})")
_ENTRY = re.compile(rf"([0-9a-f]{{{_DIGITS}}}) ({'|'.join(Verdict)}) (\S+) (\S+)")
_DIVIDER = re.compile(r"[0-9a-f]{3}")
_MARKER = re.compile(r"<{7}|={7}|>{7}|\|{7}")
_IDENTITIES = re.compile(
    rf"^(?:[0-9a-f]{{{_DIGITS}}}(?= )|key [0-9a-f]{{{2 * _KEY_SIZE}}}(?=\r?$))".encode(), re.MULTILINE
)


class KeyedBaseline(Baseline):
    """A baseline whose identities are made with its own key. Without data it is a new one."""

    MATCHES = True

    def __init__(self, name: str, data: bytes = b"") -> None:
        self._slow: dict[str, bytes] = {}
        self._key = b""
        super().__init__(name, data)

    @classmethod
    def reads(cls, name: str, data: bytes) -> bool:
        return data.startswith(b"lockgate-baseline") or name.endswith(".lockgate-baseline")

    def matching(self, path: str, secrets: Sequence[Secret]) -> list[list[int]]:
        places = {entry.identity: place for place, entry in enumerate(self.of(path))}
        identities = self._identities(path, secrets)
        return [[places[identity]] if identity in places else [] for identity in identities]

    def stamp(self, path: str) -> str:
        about = b"\n".join(_line(entry).encode() for entry in self.of(path))
        return hashlib.blake2b(about, key=self._key, digest_size=16).hexdigest()

    def blanked(self) -> bytes:
        return _IDENTITIES.sub(lambda match: b" " * len(match[0]), self.data)

    def made_of(self, path: str, secrets: Sequence[Secret]) -> list[Entry]:
        identities = self._identities(path, secrets)
        made = {
            identity: Entry(path=path, identity=identity, rule=finding.rule, line=finding.line)
            for (finding, _), identity in zip(secrets, identities, strict=True)
            if identity
        }
        return list(made.values())

    def rendered(self, entries: Iterable[Entry]) -> bytes:
        lines = sorted([*DIVIDERS, *map(_line, entries)])
        return "\n".join([f"lockgate-baseline {VERSION}", COMMENT, f"key {self._key.hex()}", *lines, ""]).encode()

    def _parsed(self) -> Iterable[Entry]:
        if not self.data:
            self._key = os.urandom(_KEY_SIZE)
            return []
        try:
            lines = self.data.decode().removesuffix("\n").split("\n")
        except UnicodeDecodeError as error:
            raise self._error(self.data.count(b"\n", 0, error.start) + 1, "not UTF-8") from None
        found: dict[tuple[str, str], Entry] = {}
        for entry in self._entries([line.removesuffix("\r") for line in lines]):
            twin = found.setdefault((entry.path, entry.identity), entry)
            found[entry.path, entry.identity] = max(twin, entry, key=lambda each: each.verdict.strength)
        return sorted(found.values(), key=lambda entry: entry.identity)

    def _entries(self, lines: list[str]) -> Iterator[Entry]:
        self._check_header(lines)
        for number, line in enumerate(lines[1:], start=2):
            key = _KEY.fullmatch(line)
            match = _ENTRY.fullmatch(line)
            if key:
                self._take_key(number, bytes.fromhex(key[1]))
            elif match:
                identity, verdict, rule, path = match.groups()
                rule, path = (self._unescaped(number, text) for text in (rule, path))
                yield Entry(path=path, identity=identity, rule=rule, verdict=Verdict(verdict))
            elif line not in ("", COMMENT, lines[0]) and not _DIVIDER.fullmatch(line):
                raise self._error(number, _what_is(line))
        if not self._key:
            raise self._error(len(lines), "there is no line with the key; take the file from the history")

    def _check_header(self, lines: list[str]) -> None:
        header = _HEADER.fullmatch(lines[0])
        if not header:
            raise self._error(1, _what_is(lines[0]))
        if int(header[1]) != VERSION:
            raise self._error(1, f"version {header[1]} is none that this lockgate reads; it reads {VERSION}")

    def _take_key(self, number: int, key: bytes) -> None:
        if self._key not in (b"", key):
            raise self._error(
                number,
                "a second key: the baseline was created in two branches; take the file of one of them, then run "
                "lockgate baseline update",
            )
        self._key = key

    def _unescaped(self, number: int, text: str) -> str:
        try:
            return msgspec.json.decode(f'"{text}"', type=str)
        except msgspec.DecodeError:
            raise self._error(number, "an escape in it is none") from None

    def _error(self, number: int, what: str) -> UsageError:
        return UsageError(f"{self.name}:{number}: {what}")

    def _identities(self, path: str, secrets: Sequence[Secret]) -> list[str]:
        """Of each secret, the empty one where too many were asked for."""
        values = [group[0].value.reveal().replace("\r\n", "\n") for _, group in secrets]
        new = [value for value in dict.fromkeys(values) if value not in self._slow][: MOST_VALUES - len(self._slow)]
        with ThreadPoolExecutor(_THREADS) as threads:
            self._slow.update(zip(new, threads.map(self._slowly, new), strict=True))
        return [self._identity(path, self._slow.get(value)) for value in values]

    def _slowly(self, value: str) -> bytes:
        return slow_hash(value.encode("utf-8", "surrogatepass"), self._key)

    def _identity(self, path: str, slow: bytes | None) -> str:
        if slow is None:
            return ""
        return hmac.digest(self._key, slow + path.encode("utf-8", "surrogatepass"), "sha256").hex()[:_DIGITS]


BASELINE = KeyedBaseline


def _line(entry: Entry) -> str:
    return f"{entry.identity} {entry.verdict} {_escaped(entry.rule)} {_escaped(entry.path)}"


def _escaped(text: str) -> str:
    r"""`text` as in a JSON string, but also blanks and whatever can't be printed as `\uXXXX`."""
    quoted = json.dumps(text, ensure_ascii=False)[1:-1]
    return "".join(c if c.isprintable() and c != " " else _escape(c) for c in quoted)


def _escape(character: str) -> str:
    return "\\u0020" if character == " " else json.dumps(character)[1:-1]


def _what_is(line: str) -> str:
    if _MARKER.match(line):
        return "a merge conflict: keep the lines of both sides, remove the marks, then run lockgate baseline update"
    return f"neither an entry nor a divider: {shortened(line)!r}"
