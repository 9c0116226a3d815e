"""Packages that come over a connection, or from files, that nobody verifies."""

from collections.abc import Iterator

from lockgate.checks.pins.addresses import is_local, is_plain
from lockgate.checks.pins.files import PinFiles, of_indexes
from lockgate.inputs.indexes import Kind, Setting
from lockgate.inputs.urls import shown
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/insecure-index",
    name="Package index that is not verified",
    summary="Packages come over plain HTTP, from a host whose certificate is not verified, or without a check of the hashes.",
    explanation=(
        "Whoever is on the way between the machine and the index hands out packages of their own, and sees the password for "
        "the index. `trusted-host`, `allow-insecure-host` and `verify_ssl = false` switch off the verification of the certificate, "
        "`verify-hashes = false` the comparison with the hashes that are given. So do variables such as `GIT_SSL_NO_VERIFY`, "
        "`NODE_TLS_REJECT_UNAUTHORIZED=0` and `GOSUMDB=off` for what other tools fetch.\n\n"
        "Judged are requirements files, `pip.conf` and `pip.ini`, the settings of uv, the sources of Poetry, PDM and Pipenv, variables "
        "of workflows, pipelines, Dockerfiles, Compose files, tox, Nox, make, just and shell, and options of commands (`--trusted-host`, "
        "`npm config set strict-ssl false`, `git config http.sslVerify false`). The machine itself (`localhost`, `127.0.0.1`, `::1`) and a host in a variable pass."
    ),
    fix="Serve the index over HTTPS, and give the installer the certificate of your own authority (`cert` of pip, "
    "`SSL_CERT_FILE`), instead of trusting whoever answers.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    cwe=(295, 319, 494),
    help_uri=page("pins/insecure-index"),
)


def check(files: PinFiles) -> Iterator[Finding]:
    """The settings that give up a verification."""
    fix = "Take packages over HTTPS from a host whose certificate is verified, and leave the hashes checked."
    return of_indexes(files, RULE, _message, fix)


def _message(setting: Setting) -> str:
    value = shown(setting.value)
    if setting.kind in (Kind.INDEX, Kind.EXTRA):
        return f"Packages come from {value} over plain HTTP" if is_plain(setting.value) else ""
    if setting.kind is Kind.TRUSTED:
        return "" if is_local(setting.value.rpartition("://")[2]) else f"The certificate of {value} is not verified"
    if setting.kind is Kind.UNVERIFIED:
        return f"{value} switches the verification of the certificate off"
    return f"{value} switches the check of hashes off" if setting.kind is Kind.UNHASHED else ""
