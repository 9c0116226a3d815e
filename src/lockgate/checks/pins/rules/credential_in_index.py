"""A password in the address of a package index."""

from collections.abc import Iterator

from lockgate.checks.pins.addresses import has_password
from lockgate.checks.pins.files import PinFiles, of_indexes
from lockgate.inputs.indexes import Setting
from lockgate.inputs.urls import shown
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/credential-in-index",
    name="Password in the address of a package index",
    summary="The address of a package index holds a password that is no variable.",
    explanation=(
        "Everybody who can read the repository, or ever could, can read from the index, and often publish there. The "
        "installers also write the address into logs and, in part, into lock files.\n\n"
        "A user without password and a variable (`https://user:${TOKEN}@…`) pass. The value is shown nowhere. Judged are requirements "
        "files, `pip.conf` and `pip.ini`, the settings of uv, the sources of Poetry, PDM and Pipenv, and variables and options of commands."
    ),
    fix="Revoke the password first. Then give it from outside: a variable in the address, a keyring, `.netrc`, or "
    "`UV_INDEX_NAME_PASSWORD` and `POETRY_HTTP_BASIC_NAME_PASSWORD`.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    cwe=(522, 798),
    help_uri=page("pins/credential-in-index"),
)


def check(files: PinFiles) -> Iterator[Finding]:
    """The addresses with a password."""
    fix = "Revoke it, and give the new one from outside: by a variable, a keyring or .netrc."
    return of_indexes(files, RULE, _message, fix)


def _message(setting: Setting) -> str:
    return f"The address of {shown(setting.value)} holds a password" if has_password(setting.value) else ""
