"""The branches and tags of a repository, as real Git is told them by its server.

Protocol: https://git-scm.com/docs/http-protocol. What git ls-remote writes: https://git-scm.com/docs/git-ls-remote.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from lockgate.inputs import git
from lockgate.inputs.parallel import in_parallel
from lockgate.inputs.urls import shown
from lockgate.model.errors import UnavailableError, shortened
from lockgate.remotes.hosts import Hosts

AT_ONCE = 8  # repositories
SECONDS = 60.0  # for one repository
SECONDS_IN_ALL = 300.0
LARGEST = 2**24  # bytes of what is told of one
MEMORY = 2**30  # bytes of addresses, where the system can bound them: Git holds all that a server tells

_REF = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})\t(refs/(?:heads|tags)/[!-~]+)")
_PEELED = "^{}"
# Nothing of any configuration, and no credential, but the certificates and proxies that the environment names.
_CERTIFICATES = {"SSL_CERT_FILE": "GIT_SSL_CAINFO", "SSL_CERT_DIR": "GIT_SSL_CAPATH"}
_KEPT = ("GIT_SSL_CA", "GIT_PROXY_SSL_CA", "GIT_EXEC_PATH")


def ask(urls: Collection[str], hosts: Hosts) -> dict[str, dict[str, str] | UnavailableError]:
    """For each address (http or https) the commits by the full names of branches and tags, or why they are not known.

    The commit of an annotated tag is the one that it is put on. Only a host that the user names may redirect to another address,
    which is that of a repository with a new name.
    """
    children: list[subprocess.Popen[bytes]] = []
    try:
        return in_parallel(
            lambda url: _refs(url, hosts.are_given(url), children), urls, workers=AT_ONCE, seconds=SECONDS_IN_ALL
        )
    finally:
        for child in children:
            _stop(child)


def _refs(url: str, moves: bool, children: list[subprocess.Popen[bytes]]) -> dict[str, str]:
    lines = _said(url, moves, children).splitlines()
    found = {match[2]: match[1] for match in map(_REF.fullmatch, lines) if match}
    peeled = {name.removesuffix(_PEELED): commit for name, commit in found.items() if name.endswith(_PEELED)}
    return {name: commit for name, commit in found.items() if not name.endswith(_PEELED)} | peeled


def _said(url: str, moves: bool, children: list[subprocess.Popen[bytes]]) -> str:
    """What git ls-remote says. It runs in an empty folder, so that no repository's configuration is near."""
    with tempfile.TemporaryDirectory(prefix="lockgate-") as name:
        folder, output, errors = (Path(name, part) for part in ("empty", "output", "errors"))
        folder.mkdir()
        with output.open("wb") as out, errors.open("wb") as err:
            child = _start(url, moves, folder, out, err)
        children.append(child)
        try:
            code = child.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise UnavailableError(f"{shown(url)} did not answer within {SECONDS:g} s; try again") from None
        finally:
            _stop(child)
        said = _start_of(errors if code else output)
        if code:
            raise UnavailableError(_why(url, said))
        if len(said) >= LARGEST:
            raise UnavailableError(f"{shown(url)} has too many branches and tags")
        return said


def _start(url: str, moves: bool, folder: Path, output: BinaryIO, errors: BinaryIO) -> subprocess.Popen[bytes]:
    follow = f"http.followRedirects={'initial' if moves else 'false'}"
    command = git.command("-c", follow, "ls-remote", "--quiet", "--heads", "--tags", "--", url)
    try:
        child = subprocess.Popen(
            command, cwd=folder, env=_environ(folder, url.partition(":")[0]), stdin=subprocess.DEVNULL,
            stdout=output, stderr=errors, start_new_session=True,
        )  # fmt: skip
    except FileNotFoundError:
        raise UnavailableError(git.MISSING) from None
    _bound(child.pid)
    return child


def _start_of(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.read(LARGEST).decode("utf-8", "replace")


def _environ(folder: Path, scheme: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(_KEPT)}
    kept.pop("SSH_ASKPASS", None)
    for name, of_git in _CERTIFICATES.items():
        if name in kept:
            kept.setdefault(of_git, kept[name])
    return {
        **kept,
        "GIT_ALLOW_PROTOCOL": scheme,
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "HOME": str(folder),  # without a .netrc
        "LC_ALL": "C",
    }


def _bound(child: int) -> None:
    try:
        from resource import RLIMIT_AS, prlimit
    except ImportError:  # not on Linux
        return
    try:
        prlimit(child, RLIMIT_AS, (MEMORY, MEMORY))
    except OSError:  # it ended already, or has a lower limit
        return


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End it with what it started, which talks to the server."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):  # it ended just now
            if hasattr(os, "killpg"):
                os.killpg(child.pid, signal.SIGKILL)
            else:
                child.kill()
        child.wait()


def _why(url: str, errors: str) -> str:
    """What hindered Git, as it says in its last line of errors; that it was refused can mean that there is no such repository."""
    if re.search(r"could not read (?:Username|Password)|Authentication failed|returned error: 40[13]", errors):
        return f"{shown(url)} does not exist or is not public; no credentials are sent"
    if re.search(r"not found|returned error: 404", errors):
        return f"{shown(url)} does not exist"
    if re.search(r"returned error: 30[1-8]", errors):
        return f"{shown(url)} was moved; write its new address (or its old one with .git)"
    lines = [line.removeprefix("fatal: ") for line in errors.splitlines() if line.startswith("fatal: ")]
    said = (lines or errors.splitlines() or ["it said nothing"])[0].replace(f"unable to access '{url}/': ", "")
    return f"{shown(url)} does not tell its tags: {shortened(said, 200)}"
