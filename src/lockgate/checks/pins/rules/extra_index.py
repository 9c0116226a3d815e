"""A further index from which a package of the same name may be taken."""

from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, of_indexes
from lockgate.inputs.indexes import Kind, Setting
from lockgate.inputs.urls import shown
from lockgate.model.errors import shortened
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/extra-index",
    name="Further package index that any package may come from",
    summary="`extra-index-url` of pip, or an unsafe `index-strategy` of uv, takes the highest version that any of several indexes has.",
    explanation=(
        "pip asks all indexes for every package and takes the highest version, wherever it is. Who registers the name of "
        "an internal package on a public index, with a high version, has it installed in place of the internal one "
        "(dependency confusion).\n\n"
        "uv takes a package from the first index that has it, so that its further indexes pass; `unsafe-first-match` and "
        "`unsafe-best-match` take that away. Judged are requirements files, `pip.conf` and `pip.ini`, the settings of uv, and variables and options of commands "
        "(`PIP_EXTRA_INDEX_URL`, `--extra-index-url`, `UV_INDEX_STRATEGY`). "
        "Hashes in the requirements file protect what has them, but not what is added later."
    ),
    fix="Use one index that serves both (a proxy with your packages first), or uv with `explicit = true` for the index and "
    "`[tool.uv.sources]` for the packages that come from there.",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    cwe=(427, 1357),
    help_uri=page("pins/extra-index"),
)


def check(files: PinFiles) -> Iterator[Finding]:
    """The settings by which packages of several indexes compete."""
    fix = "Use one index that serves all packages, or name for each package the index that it comes from."
    return of_indexes(files, RULE, _message, fix)


def _message(setting: Setting) -> str:
    if setting.kind is Kind.EXTRA:
        return f"{shown(setting.value)} is asked for every package, beside another index; the highest version wins"
    if setting.kind is Kind.STRATEGY and setting.value.startswith("unsafe-"):
        return f"The index strategy {shortened(setting.value)} takes packages from any of the indexes"
    return ""
