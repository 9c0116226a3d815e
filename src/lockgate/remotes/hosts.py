"""Which servers a repository may have us ask: those of the public Internet, by TLS, and those that the user names."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from lockgate.inputs.urls import shown
from lockgate.model.errors import UnavailableError

_NUMBER = re.compile(r"(?:\d+|0x[0-9a-f]*)", re.IGNORECASE)  # the last label of what is taken for an IPv4 address
# What every reader of addresses takes for the same host: curl decodes %31 and ①, Python drops tabs.
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
_UNUSUAL = re.compile(r"[\x00-\x20\x7f\\]")
# Names that no public server has: https://www.iana.org/assignments/special-use-domain-names
_PRIVATE = ("alt", "arpa", "corp", "home", "internal", "intranet", "invalid", "lan", "local", "localhost", "onion")


class Hosts:
    """`given` are those that the user names, as HOST or HOST:PORT."""

    def __init__(self, given: Iterable[str]) -> None:
        self._given = {each.strip().lower() for each in given}

    def are_given(self, url: str) -> bool:
        """Whether the user names the host of an address."""
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        return host in self._given or f"{host}:{parts.port}" in self._given

    def check(self, url: str) -> None:
        """Raise UnavailableError, saying why, for an address that is not to be asked.

        TLS with a verified certificate keeps away what a public name may lead to inside of a private network: of a server there
        nothing is asked before it has shown a certificate of that name.
        """
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            host, port = "", None
        if not host or parts.scheme not in ("https", "http"):
            raise UnavailableError(f"{shown(url)} is no address with https")
        if not _HOST.fullmatch(host) or _UNUSUAL.search(url):
            why = "is written in an unusual way; write its host in ASCII (as xn--… if it has other letters)"
            raise UnavailableError(f"the address of {host} {why}")
        if parts.username or parts.password:
            raise UnavailableError(f"the address of {host} holds a user or password, which is not sent")
        named = self.are_given(url)
        if parts.scheme == "http" and not (named and is_loopback(host)):
            raise UnavailableError(f"{host} would be asked without TLS, which is done on this machine only")
        if not named and _is_private(host):
            where = f"{host}:{port}" if port else host
            raise UnavailableError(f"{where} may be of a private network; allow it with --online-host {where}")


def is_loopback(host: str) -> bool:
    """Whether a name means this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_private(host: str) -> bool:
    """Whether a name may lead into a network that is not public. That of no address by number is looked into: none is needed."""
    last = host.rpartition(".")[2]
    return "." not in host or ":" in host or last in _PRIVATE or bool(_NUMBER.fullmatch(last))
