"""What pre-commit installs beside a hook, by a name without an exact version."""

import re
from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.inputs.pre_commit import Dependency
from lockgate.inputs.requirement_lines import requirement
from lockgate.model.errors import shortened
from lockgate.model.finding import Confidence, Finding, Location, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/pre-commit-dependency",
    name="Dependency of a pre-commit hook without an exact version",
    summary="An entry of `additional_dependencies` names no exact version.",
    explanation=(
        "pre-commit installs the newest release that the entry allows whenever it builds the hook's environment, so a frozen "
        "`rev` says nothing of the code that runs with it.\n\n"
        "What pins an entry depends on the language of the hook: `name==1.2` in Python, `name@1.2.3` for Node, "
        "`module@v1.2.3` or a commit for Go, `name:1.2.3` for Ruby and Rust. The configuration tells the language of a local hook, seldom "
        "that of a fetched one; then any of these passes, and what has none of them is told with medium confidence. Paths, "
        "URLs, repositories, options and hooks in other languages are not judged."
    ),
    fix="Name the exact version. Only Renovate updates such entries by itself (its manager `pre-commit`).",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    cwe=(1357, 829),
    help_uri=page("pins/pre-commit-dependency"),
)

_LONGEST = 500  # characters of an entry that is judged
_NOT_A_NAME = re.compile(r"[./~-]|[^@]*(?:://|\.git$)|(?:git|file|link|npm|github)[+:]", re.IGNORECASE)
_LOCAL_OR_URL = re.compile(r".@\s*(?:[./]|file:|git|https?:|npm:|link:|workspace:)", re.IGNORECASE)
_FORMS = {
    "node": re.compile(r".+@v?=?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?"),
    "golang": re.compile(r".+@(?:v\d+\.\d+\.\d+(?:[-+][\w.+-]+)?|[0-9a-f]{7,40})"),
    "ruby": re.compile(r".+:=?\d[\w.+-]*"),
    "rust": re.compile(r".+:=?\d[\w.+-]*"),
}
_FORMS["bun"] = _FORMS["node"]


def check(files: PinFiles) -> Iterator[Finding]:
    """The entries that name a package of an index and none of its versions."""
    for entry in files.hook_dependencies:
        confidence = _unpinned(entry)
        if confidence:
            name = shortened(entry.text)
            yield found(
                RULE,
                entry.at,
                pinned=f"{shortened(entry.hook)}: {name}",
                message=f"{name}, installed beside the hook {shortened(entry.hook)}, is not pinned to an exact version",
                fix=f"Name the exact version of {name}.",
                confidence=confidence,
            )


def _unpinned(entry: Dependency) -> Confidence | None:
    """How sure it is that nothing pins an entry; None where something does, or where it can't be judged."""
    text = entry.text.strip()
    if not text or len(text) > _LONGEST or _NOT_A_NAME.match(text) or _LOCAL_OR_URL.search(text):
        return None
    if entry.language == "python":
        return None if _is_pinned_python(text, entry.at) else Confidence.HIGH
    if entry.language:
        form = _FORMS.get(entry.language)
        return Confidence.HIGH if form and not form.fullmatch(text) else None
    pinned = any(form.fullmatch(text) for form in _FORMS.values()) or _is_pinned_python(text, entry.at)
    return None if pinned else Confidence.MEDIUM


def _is_pinned_python(text: str, at: Location) -> bool:
    """Whether an entry is for pip an exact version; what it does not take for a requirement is not judged by it."""
    try:
        package = requirement(text, at)
    except (ValueError, RecursionError):
        return False
    return bool(package.version)
