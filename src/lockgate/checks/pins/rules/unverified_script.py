"""A file that is fetched and then run, with nothing in between that verifies it."""

from collections.abc import Iterator

from lockgate.checks.pins import fetches
from lockgate.checks.pins.files import PinFiles, found
from lockgate.inputs.shell import UNKNOWN, Command
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/unverified-script",
    name="Download run without a check",
    summary="A command fetches a file and a later one runs it, with no checksum or signature verified in between.",
    explanation=(
        "`curl -o x URL; sh x` runs whatever the server hands out that day, as `curl URL | sh` does: whoever has the server, or its "
        "domain by then, has the job with its token and secrets, or the machine.\n\n"
        "Judged are curl and wget (`-o`, `-O`, `> FILE`, `| tee FILE`), and shells, interpreters, `source` and the file itself "
        "(`./x`) that run a file of that name later in the same script, workflow or Dockerfile. It passes where a command in between "
        "compares a checksum or signature (`sha256sum -c`, `gpg --verify`, `cosign`, a checksum in a test, …), where the address is one "
        "of this machine or names a full commit SHA. A name in a variable is unknown, and what an archive holds is not looked into."
    ),
    fix='Compare the file before it is run: `echo "SHA256  FILE" | sha256sum -c`, or install the tool with a package manager that pins it.',
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    cwe=(494, 829),
    help_uri=page("pins/unverified-script"),
)


def check(files: PinFiles) -> Iterator[Finding]:
    """The files that are fetched and run."""
    for commands in files.scripts:
        fetched: dict[str, Command] = {}
        for command in commands:
            if fetches.verifies(command):
                fetched.clear()
            fetch = fetched.pop(fetches.runs(command), None)
            address = fetches.address(fetch) if fetch else None
            if fetch and address is not None:
                yield _finding(fetch, command, address)
            fetched.update((name, by) for by, name in fetches.downloads(command))


def _finding(fetch: Command, command: Command, address: str) -> Finding:
    shown = fetches.shown(address)
    return found(
        RULE,
        fetch.at,
        pinned=shown,
        message=f"What {fetch.name} fetches from {shown} is run in line {command.at.line}, and nothing verifies it before",
        fix="Compare its checksum with sha256sum -c before it is run.",
        confidence=Confidence.MEDIUM if UNKNOWN in address else None,
    )
