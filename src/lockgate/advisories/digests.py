"""The checksums that servers send with a file.

`Repr-Digest` and `Content-Digest`: RFC 9530. `Digest`: RFC 3230. `Content-MD5`: RFC 1864. `x-goog-hash`: that of Google's
storage, where OSV's files are. Of the algorithms, those that the standard library has.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

_OF_ALL = ("repr-digest", "digest", "x-goog-hash")
_OF_WHAT_IS_SENT = ("content-digest", "content-md5")
_ALGORITHMS = {"sha-512": "sha512", "sha-256": "sha256", "md5": "md5"}


def wrong_digest(headers: Mapping[str, str], chunks: Iterable[bytes], *, part: bool = False) -> str:
    """What is wrong with a file by the headers that came with it; empty where it is right, or there is no checksum.

    part: only a part of it was sent now, so that what is said of the message is not said of the file.
    """
    expected = list(_expected(headers, _OF_ALL if part else (*_OF_ALL, *_OF_WHAT_IS_SENT)))
    if not expected:
        return ""
    digests = {name: hashlib.new(name, usedforsecurity=False) for name, _ in expected}
    for chunk in chunks:
        for digest in digests.values():
            digest.update(chunk)
    return next((f"its {name} is another" for name, value in expected if digests[name].digest() != value), "")


def _expected(headers: Mapping[str, str], names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for name in names:
        value = headers.get(name, "")
        for item in [f"md5={value}"] if name == "content-md5" and value else value.split(","):
            algorithm, _, text = item.strip().partition("=")
            known = _ALGORITHMS.get(algorithm.lower())
            found = re.fullmatch(r":?([A-Za-z0-9+/]+=*):?", text)
            if known and found:
                yield known, _decoded(found[1])


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError:
        return b""
