"""What a build, a workflow or a hook fetches by a name that can change under it."""

from __future__ import annotations

from collections.abc import Iterator

from lockgate.checks import base, redact
from lockgate.checks.identity import identify
from lockgate.checks.pins import audits
from lockgate.checks.pins.files import PinFiles
from lockgate.model.finding import Finding
from lockgate.model.modules import loaded
from lockgate.model.record import Coverage
from lockgate.model.rule import Rule

# The rules whose findings `lockgate fix` mends; the fixes are to the right of the checks, and a test holds this to theirs.
FIXABLE = frozenset(
    {
        "pins/unhashed-requirement",
        "pins/unpinned-action",
        "pins/unpinned-image",
        "pins/pre-commit-branch",
        "pins/pre-commit-tag",
    }
)
COMMENTS = 10  # lines of comment before a finding that are read

_FIX = "lockgate fix --checks pins --online --dry-run shows what of this it can pin"


def all_rules() -> tuple[Rule, ...]:
    """The rules of this check, each one file in `rules`, and those of zizmor's other audits."""
    return (*_own_rules(), *audits.all_rules())


def run(target: base.Target) -> base.Result:
    """Judge every file of the target that pins something."""
    files = PinFiles(target.tree)
    found = findings(files, target.progress)
    wanted = [finding for finding in found if not is_allowed(finding, files)]
    named = {finding.rule for finding in wanted}
    kinds = "manifest, workflow, pre-commit configuration, Dockerfile, Compose file or shell"
    nothing = f"nothing was examined: no {kinds} was found"
    return base.Result(
        coverage=Coverage(
            examined=len(files.examined),
            unit="files",
            skipped=(*target.tree.skipped, *files.skipped),
            allowed=len(found) - len(wanted),
            notes=(*files.notes, *([_FIX] if named & FIXABLE else [])),
        ),
        findings=identify(redact.findings(wanted), lambda path: redact.masked(path, files.text(path)), _key),
        engines=files.engines,
        rules=tuple(rule for rule in (*_own_rules(), *audits.rules(files.issues)) if rule.id in named),
        gaps=() if files.examined or any(skip.gap for skip in files.skipped) else (nothing,),
    )


def _own_rules() -> Iterator[Rule]:
    return (module.RULE for module in loaded("lockgate.checks.pins.rules"))


def findings(files: PinFiles, progress: base.Progress = lambda _done, _total: None) -> list[Finding]:
    """What all rules find, as they tell it: without identity, and with what comments allow."""
    found: list[Finding] = []
    modules = loaded("lockgate.checks.pins.rules")
    for done, module in enumerate(modules):
        progress(done, len(modules))
        found += module.check(files)
    return [*found, *audits.check(files)]


def is_allowed(finding: Finding, files: PinFiles) -> bool:
    """Whether a comment on the lines of a finding allows it, or one on lines of its own before them."""
    if not files.may_allow(finding.path):
        return False
    lines = files.lines(finding.path)
    first = min(finding.line - 1, len(lines))  # of a YAML parser, to which other characters break lines, too
    while first and finding.line - first <= COMMENTS and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return any(
        finding.rule in files.allowed(finding.path, number)
        for number in range(first, min(finding.end_line, len(lines)))
    )


def _key(finding: Finding, line: str) -> tuple[str, ...]:
    """What tells a finding from others of its rule and file: what is pinned, however its line is written; else the line."""
    pinned = finding.properties.get("pinned")
    return (finding.message, line) if pinned is None else (str(pinned),)
