"""What the address of a package index tells of the way there."""

from __future__ import annotations

import re

_URL = re.compile(r"(?:\w+\+)?([A-Za-z][A-Za-z0-9.-]*)://([^/?#]*)")
_LOCAL = re.compile(r"(?:.*\.)?localhost|127(?:\.\d+){3}|\[?::1\]?|0\.0\.0\.0", re.IGNORECASE)
_VARIABLE = re.compile(r"[$%{<]|\*+$")


def is_local(host: str) -> bool:
    """Whether a host, with its port, is the machine itself, or is only known when a variable is."""
    bare = re.sub(r"(?<!:):\d+$", "", host)
    return not bare or bool(_LOCAL.fullmatch(bare) or _VARIABLE.match(bare))


def is_plain(url: str) -> bool:
    """Whether packages come over an unencrypted connection from another machine."""
    parts = _URL.match(url)
    return bool(parts and parts[1].lower() == "http" and not is_local(parts[2].rpartition("@")[2]))


def has_password(url: str) -> bool:
    """Whether a URL holds a password that is no variable or placeholder."""
    parts = _URL.match(url)
    password = parts[2].rpartition("@")[0].partition(":")[2] if parts else ""
    return bool(password and not _VARIABLE.match(password))
