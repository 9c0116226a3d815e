"""The packages and commands that a lock of npm, pnpm or Yarn names.

Formats: https://docs.npmjs.com/cli/configuring-npm/package-lock-json, https://github.com/pnpm/spec/tree/master/lockfile,
https://classic.yarnpkg.com/lang/en/docs/yarn-lock/. Of npm's locks the commands that packages bring are known, too.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Struct

LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock")

_NAME = rb"(?:@[\w.-]+/)?[\w.-]+"
_ENTRIES = {
    "pnpm-lock.yaml": re.compile(rb"^ {2}['\"]?/?(%b)@|^ {2}/(%b)/\d" % (_NAME, _NAME), re.MULTILINE),
    "yarn.lock": re.compile(rb'^"?(%b)@' % _NAME, re.MULTILINE),
}


class _Entry(Struct):
    bin: Any = None


class _Lock(Struct):
    packages: dict[str, _Entry] = {}
    dependencies: dict[str, Any] = {}


def names(name: str, data: bytes) -> frozenset[str]:
    """What the lock with the file name `name` and this content has; nothing where it can't be read."""
    if name in _ENTRIES:
        found = _ENTRIES[name].finditer(data)
        return frozenset((match[match.lastindex or 0]).decode("utf-8", "replace") for match in found)
    try:
        lock = msgspec.json.decode(data, type=_Lock)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return frozenset()
    commands = {command for entry in lock.packages.values() if isinstance(entry.bin, dict) for command in entry.bin}
    packages = {path.rpartition("node_modules/")[2] for path in lock.packages}
    return frozenset(packages | commands | set(lock.dependencies))
