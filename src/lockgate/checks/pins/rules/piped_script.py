"""A script that is fetched and run in one go."""

from collections.abc import Iterator

from lockgate.checks.pins import fetches
from lockgate.checks.pins.fetches import FETCHERS, is_verification
from lockgate.checks.pins.files import PinFiles, found
from lockgate.inputs.shell import SHELLS, UNKNOWN, Command, Word
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

_DATA_ONLY = frozenset({"-c", "-m", "-e", "-E", "-n", "-p", "-ne", "-pe", "--eval", "--print", "-h", "-V", "--version"})


def check(files: PinFiles) -> Iterator[Finding]:
    """The scripts that are fetched and run."""
    for command in files.commands:
        for fetch in _run_by(command):
            address = fetches.address(fetch)
            if fetch.name in FETCHERS and address is not None and not any(map(is_verification, command.before)):
                shown = fetches.shown(address)
                yield found(
                    RULE,
                    fetch.at,
                    pinned=shown,
                    message=f"{command.name.strip(UNKNOWN) or 'the shell'} runs what {fetch.name} fetches from {shown}",
                    fix="Fetch it to a file, compare its checksum with sha256sum -c, then run it.",
                    confidence=Confidence.MEDIUM if UNKNOWN in address else None,
                )


def _run_by(command: Command) -> tuple[Command, ...]:
    """The commands whose output a command runs as a program."""
    if command.name in {"eval", "source", "."}:
        reads = any(word.text in fetches.INPUT for word in command.arguments)
        return (*command.inline, *(command.fed if reads else ()))
    if not command.name.strip(UNKNOWN):
        return _within(command.words[0], command.inline)
    given = fetches.program(command)
    if given is None:
        return ()
    program = given.text or given.file
    if program and program.text.startswith(UNKNOWN):
        return _within(program, command.inline)
    is_data = command.name not in SHELLS and any(map(given.arguments.has, _DATA_ONLY))
    return () if program or is_data else command.fed


def _within(word: Word, inline: tuple[Command, ...]) -> tuple[Command, ...]:
    """Those of the commands whose output is in a word."""
    begin, end = (word.at.line, word.at.column), (word.at.end_line, word.at.end_column)
    return tuple(inner for inner in inline if begin <= (inner.at.line, inner.at.column) < end)
