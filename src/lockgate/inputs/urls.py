"""Addresses, fit for messages."""

from __future__ import annotations

import re

from lockgate.model.errors import shortened

LONGEST = 200  # characters

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def shown(url: str) -> str:
    """An address without user, password, query and fragment, however oddly it is written.

    A password may hold the marks that should end it, so all up to the last `@` is taken for one.
    """
    scheme = _SCHEME.match(url)
    rest = url[scheme.end() :] if scheme else url
    host = re.split("[?#]", rest.rpartition("@")[2], maxsplit=1)[0]
    return shortened(f"{scheme[0] if scheme else ''}{host}", LONGEST)
