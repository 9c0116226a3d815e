"""What curl and wget fetch, what runs it, and what verifies it before.

Options: https://curl.se/docs/manpage.html, https://www.gnu.org/software/wget/manual/wget.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from lockgate.checks.pins.arguments import Arguments, parsed
from lockgate.inputs.shell import SHELLS, UNKNOWN, Command, Word
from lockgate.inputs.urls import shown as shown_url

FETCHERS = frozenset({"curl", "wget"})

_LONGEST = 1000  # characters of a command that are looked at
_INTERPRETER = re.compile(r"(?:python|pypy)[\d.]*|perl|ruby|node|php|deno|bun|fish|pwsh")
_SHELL_VALUED = frozenset({"-o", "-O", "--rcfile", "--init-file"})
_OTHER_VALUED = frozenset({"-W", "-X", "-I", "-r"})
INPUT = frozenset({"-", "/dev/stdin", "/proc/self/fd/0"})
_CURL_VALUED = frozenset(
    """
    -A -b -c -C -d -D -e -E -F -h -H -K -m -o -P -Q -r -t -T -u -U -w -x -X -y -Y -z --cacert --cert --connect-timeout --cookie
    --data --form --header --key --limit-rate --max-time --output --output-dir --proto --proxy --range --referer --request --resolve
    --retry --retry-delay --retry-max-time --url --user --user-agent --write-out
    """.split()  # noqa: SIM905 - words read better so
)
_WGET_VALUED = frozenset(
    """
    -a -A -B -D -e -i -I -l -o -O -P -Q -R -t -T -U -w -X --ca-certificate --directory-prefix --header --output-document
    --output-file --password --timeout --tries --user --user-agent --wait
    """.split()  # noqa: SIM905 - words read better so
)
_CHECKSUM = re.compile(r"(?:\S*/)?(?:sha\d+sum|shasum|b2sum|md5sum|cksum|openssl (?:dgst|sha\d+))\b")
_COMPARING = frozenset({"grep", "diff", "cmp"})
_VERIFIES = re.compile(
    r"(?:sha\d+sum|shasum|md5sum|b2sum|cksum)\s(?:.*\s)?(?:--check|-\w*c)\b.*|gpgv?2?\s(?:.*\s)?--verify\b.*|"
    r"openssl\s(?:.*\s)?-verify\b.*|gpgv\s.*|(?:cosign|minisign|signify|slsa-verifier)\s.*|gh\sattestation\sverify\b.*",
    re.DOTALL,
)
_HERE = re.compile(
    r"(?:[a-z]+://)?(?:[^/@\s]*@)?(?:localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0)(?:[:/?#].*)?|file:.*", re.DOTALL
)
_COMMIT = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")
_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://\S+|[\w-]+(?:\.[\w-]+)+(?:[:/].*)?|localhost\b.*|.*\0.*", re.IGNORECASE | re.DOTALL
)


class Program(Struct, frozen=True):
    """What an interpreter is given: its arguments, the text of a program, or the file that holds one (None where it is neither)."""

    arguments: Arguments
    text: Word | None
    file: Word | None


def program(command: Command) -> Program | None:
    """What a shell or another interpreter runs; None for any other command."""
    shell = command.name in SHELLS
    if not shell and not _INTERPRETER.fullmatch(command.name):
        return None
    valued = _SHELL_VALUED | {"-c"} if shell else _OTHER_VALUED | {"-c", "-e", "-m"}
    arguments = parsed(command.arguments, valued, first=True)
    text = next(iter(arguments.values("-c") if shell else arguments.values("-c", "-e")), None)
    ends = command.name == "php" and any(
        word.text == "--" for word in command.arguments[:1]
    )  # the rest is the program's
    reads = ends or (shell and arguments.has("-s"))
    file = next(iter(arguments.operands), None)
    is_file = file and not text and not reads and not arguments.has("-m") and file.text not in INPUT
    return Program(arguments, text, file if is_file else None)


def address(fetch: Command) -> str | None:
    """What is fetched; None where that is of this machine or can't change."""
    arguments = _arguments(fetch)
    words = [word.text.strip() for word in (*arguments.values("--url"), *arguments.operands)]
    addresses = [word for word in words if _ADDRESS.fullmatch(word)] or words[-1:]
    remote = [address for address in addresses if not _HERE.fullmatch(address) and not _COMMIT.search(address)]
    with_scheme = [address for address in remote if "://" in address]
    return next(iter(with_scheme or remote), None)


def shown(url: str) -> str:
    """An address, fit for messages."""
    return shown_url(url).replace(UNKNOWN, "…") if url.strip(UNKNOWN) else "an address that is not known"


def downloads(command: Command) -> Iterator[tuple[Command, str]]:
    """The files that a command fetches: the command that does, and the name of the file without its folder."""
    if command.name in FETCHERS:
        names = [*_named(command), *([command.into.text] if command.into else [])]
        yield from ((command, name) for text in names if (name := _last(text)))
    fetches = [fed for fed in command.fed if fed.name in FETCHERS]
    written = [word.text for word in command.arguments] if command.name == "tee" else []
    for text in (*written, *([command.into.text] if command.into else [])) if fetches else ():
        if name := _last(text):
            yield fetches[-1], name


def _named(fetch: Command) -> Iterator[str]:
    """The files that options and addresses name."""
    is_curl = fetch.name == "curl"
    arguments = _arguments(fetch)
    written = arguments.values(*(("-o", "--output") if is_curl else ("-O", "--output-document")))
    yield from (word.text for word in written)
    if arguments.has("-O", "--remote-name", "--remote-name-all") if is_curl else not written:
        yield from (word.text.partition("?")[0] for word in arguments.operands if "/" in word.text.rpartition("://")[2])


def _arguments(fetch: Command) -> Arguments:
    return parsed(fetch.arguments, _WGET_VALUED if fetch.name == "wget" else _CURL_VALUED)


def _last(path: str) -> str:
    """The name of a file without its folder; empty where it is not known."""
    name = path.rpartition("/")[2]
    return "" if UNKNOWN in name or name in ("", "-", "null", "stdout") else name


def runs(command: Command) -> str:
    """The name of the file that a command runs, without its folder; empty where it runs none."""
    given = program(command)
    if given:
        read = None if given.file or given.text else command.source
        shown_by_cat = [word for fed in command.fed if fed.name == "cat" and not given.text for word in fed.arguments]
        return next((_last(word.text) for word in (given.file, read, *shown_by_cat) if word), "")
    if command.name in ("source", "."):
        return _last(command.arguments[0].text) if command.arguments else ""
    name = command.words[0].text
    return "" if name == "install" else _last(name)  # but of `./install`, that is the one that copies files


def verifies(command: Command) -> bool:
    """Whether a command compares a checksum or signature, or gives a checksum to something that can."""
    is_compared = command.is_captured and _is_checksum(command)
    is_taken = command.name in _COMPARING and any(map(_is_checksum, command.fed))
    return is_verification(word.text for word in command.words) or is_compared or is_taken


def is_verification(words: Iterable[str]) -> bool:
    """Whether the words of a command compare a checksum or signature."""
    return bool(_VERIFIES.fullmatch(" ".join(words)[:_LONGEST]))


def _is_checksum(command: Command) -> bool:
    return bool(_CHECKSUM.match(" ".join(word.text for word in command.words[:2])))
