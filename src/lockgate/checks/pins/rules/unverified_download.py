"""A download by a Dockerfile's ADD that nothing verifies."""

import re
from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.inputs.containers.build import Download
from lockgate.inputs.urls import shown
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/unverified-download",
    name="Download without a checksum",
    summary="`ADD` in a Dockerfile fetches an address without `--checksum`, or a Git repository without its commit.",
    explanation=(
        "The build takes whatever the server hands out that day: whoever may change the file there, or moves the branch or "
        "tag, has it in the image. Over plain HTTP whoever is on the way may as well: high, and medium otherwise.\n\n"
        "A checksum passes, also one in a variable, and so does a `RUN` of the same stage that names the file and checks it "
        "(`sha256sum -c`, `gpg --verify`, …). A Git repository passes with a full commit SHA behind `#`, as `?commit=` or "
        "as `--checksum`. Addresses of this machine pass."
    ),
    fix="Write `ADD --checksum=sha256:… https://…`; for a repository, put the full commit SHA behind `#`.",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    cwe=(353, 494),
    help_uri=page("pins/unverified-download"),
)

_CHECKSUM = re.compile(r"sha(?:256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})", re.IGNORECASE)
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", re.IGNORECASE)
_GIT = re.compile(r"(?:git|ssh)://|git@|https?://[^?#]*\.git(?:[?#]|\Z)", re.IGNORECASE)
_QUERY_COMMIT = re.compile(r"[?&](?:commit|checksum)=([^&#]*)")
_REMOTE = re.compile(r"(?:https?|git|ssh)://|git@", re.IGNORECASE)
_LOCAL = re.compile(r"[a-z]+://(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?(?:[/?#]|\Z)", re.IGNORECASE)


def check(files: PinFiles) -> Iterator[Finding]:
    """The downloads from elsewhere whose content nothing fixes."""
    for build in files.builds:
        for download in build.downloads:
            if _REMOTE.match(download.url) and not _LOCAL.match(download.url) and not _is_fixed(download):
                yield _finding(download)


def _is_fixed(download: Download) -> bool:
    """Whether the content that is fetched can be one only."""
    checksum = download.checksum
    if checksum == "":
        return True
    if not _GIT.match(download.url):
        return download.is_checked or (checksum is not None and bool(_CHECKSUM.fullmatch(checksum)))
    query = _QUERY_COMMIT.search(download.url)
    named = [download.url.partition("#")[2].partition(":")[0], query[1] if query else "", checksum or ""]
    return any(_COMMIT.fullmatch(name) for name in named)


def _finding(download: Download) -> Finding:
    url = shown(download.url)
    is_git = bool(_GIT.match(download.url))
    return found(
        RULE,
        download.at,
        pinned=url,
        message=f"{url} is fetched {'without naming its commit' if is_git else 'without a checksum'}",
        fix="Put the full commit SHA behind a #." if is_git else "Write ADD --checksum=sha256:… before the address.",
        severity=Severity.HIGH if download.url.lower().startswith(("http://", "git://")) else Severity.MEDIUM,
        confidence=Confidence.HIGH,
    )
