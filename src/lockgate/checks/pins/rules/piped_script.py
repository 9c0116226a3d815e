"""A script that is fetched and run in one go."""

import re
from collections.abc import Iterator

from lockgate.checks.pins.arguments import parsed
from lockgate.checks.pins.files import PinFiles, found
from lockgate.inputs.shell import SHELLS, UNKNOWN, Command
from lockgate.inputs.urls import shown as shown_url
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/piped-script",
    name="Script run as it is fetched",
    summary="A command fetches a script and gives it to an interpreter: `curl URL | sh`, `bash <(curl URL)`.",
    explanation=(
        "Whatever the server, or whoever has it or its domain by then, hands out is run, and may be another script for each "
        "who asks; a connection that breaks off runs half of it.\n\n"
        "It passes where a checksum or signature is verified before it in the same list of commands (`sha256sum -c`, `gpg --verify`, …), "
        "where the address is one of this machine or names a full commit SHA, and where the interpreter reads "
        "data and no program (`python -m json.tool`, `perl -ne …`)."
    ),
    fix="Fetch a fixed version to a file, compare it with `sha256sum -c`, then run it; or install the tool with a package manager that pins it.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    cwe=(494, 829),
    help_uri=page("pins/piped-script"),
)

_LONGEST = 1000  # characters of a command that are looked at
_FETCHERS = {"curl", "wget"}
_INTERPRETER = re.compile(r"(?:python|pypy)[\d.]*|perl|ruby|node|php|deno|bun")
_SHELL_VALUED = frozenset({"-o", "-O", "--rcfile", "--init-file"})
_OTHER_VALUED = frozenset({"-W", "-X", "-I", "-r"})
_DATA_ONLY = frozenset({"-c", "-m", "-e", "-E", "-n", "-p", "-ne", "-pe", "--eval", "--print", "-h", "-V", "--version"})
_INPUT = frozenset({"-", "/dev/stdin", "/proc/self/fd/0"})
_VERIFIES = re.compile(
    r"(?:sha\d+sum|shasum|md5sum|b2sum|cksum)\s(?:.*\s)?(?:--check|-\w*c)\b.*|gpgv?2?\s(?:.*\s)?--verify\b.*|"
    r"gpgv\s.*|(?:cosign|minisign|signify|slsa-verifier)\s.*|gh\sattestation\sverify\b.*",
    re.DOTALL,
)
_HERE = re.compile(
    r"(?:[a-z]+://)?(?:[^/@\s]*@)?(?:localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0)(?:[:/?#].*)?|file:.*", re.DOTALL
)
_COMMIT = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")
_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://\S+|[\w-]+(?:\.[\w-]+)+(?:[:/].*)?|localhost\b.*|.*\0.*", re.IGNORECASE | re.DOTALL
)


def check(files: PinFiles) -> Iterator[Finding]:
    """The scripts that are fetched and run."""
    for command in files.commands:
        for fetch in _run_by(command):
            address = _address(fetch)
            if fetch.name in _FETCHERS and address is not None and not _is_verified(command):
                shown = (
                    shown_url(address).replace(UNKNOWN, "…")
                    if address.strip(UNKNOWN)
                    else "an address that is not known"
                )
                yield found(
                    RULE,
                    fetch.at,
                    pinned=shown,
                    message=f"{command.name} runs what {fetch.name} fetches from {shown}",
                    fix="Fetch it to a file, compare its checksum with sha256sum -c, then run it.",
                    confidence=Confidence.MEDIUM if UNKNOWN in address else None,
                )


def _run_by(command: Command) -> tuple[Command, ...]:
    """The commands whose output a command runs as a program."""
    words = command.arguments
    if command.name in {"eval", "source", "."}:
        return command.inline
    shell = command.name in SHELLS
    if not shell and not _INTERPRETER.fullmatch(command.name):
        return ()
    arguments = parsed(words, _SHELL_VALUED | {"-c"} if shell else _OTHER_VALUED | {"-c", "-e"}, first=True)
    code = arguments.values("-c") if shell else arguments.values("-c", "-e")
    program = code[:1] or list(arguments.operands[:1])
    if program and program[0].text.startswith(UNKNOWN):
        word = program[0].at
        begin, end = (word.line, word.column), (word.end_line, word.end_column)
        return tuple(inner for inner in command.inline if begin <= (inner.at.line, inner.at.column) < end)
    if code or (not shell and any(arguments.has(option) for option in _DATA_ONLY)):
        return ()
    reads = not arguments.operands or arguments.operands[0].text in _INPUT or (shell and arguments.has("-s"))
    return command.fed if reads else ()


def _address(fetch: Command) -> str | None:
    """What is fetched; None where that is of this machine or can't change."""
    words = [word.text.strip() for word in fetch.arguments if not word.text.startswith("-")]
    addresses = [word.removeprefix("--url=") for word in words if _ADDRESS.fullmatch(word)] or words[-1:]
    remote = [address for address in addresses if not _HERE.fullmatch(address) and not _COMMIT.search(address)]
    with_scheme = [address for address in remote if "://" in address]
    return next(iter(with_scheme or remote), None)


def _is_verified(command: Command) -> bool:
    return any(_VERIFIES.fullmatch(" ".join(words)[:_LONGEST]) for words in command.before)
