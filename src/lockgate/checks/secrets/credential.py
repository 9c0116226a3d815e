"""Makes the rule of one kind of credential: what all of them have in common stands here once."""

from __future__ import annotations

from lockgate.model.finding import Confidence, Severity
from lockgate.model.rule import Rule, page

HARD_CODED_CREDENTIALS = 798
EXPOSED = (
    "Whoever can read the repository, a clone, a fork or a backup of it can use it, also after the line is deleted: the "
    "history keeps it."
)
AND_THEN = (
    "Then rotate: make a new one and load it from the environment or a secret store. Then purge it from the history if "
    "the repository is shared."
)


def credential(
    slug: str,
    name: str,
    *,
    opens: str,
    revoke: str,
    severity: Severity = Severity.HIGH,
    confidence: Confidence = Confidence.HIGH,
) -> Rule:
    """The rule `secrets/SLUG`.

    name: what was found, as a noun with its article. opens: what whoever holds it can do, as a clause that follows
    "it". revoke: where it is made worthless, as a sentence.
    """
    noun = name.split(" ", 1)[1]
    return Rule(
        id=f"secrets/{slug}",
        name=noun,
        summary=f"{name[0].upper()}{name[1:]} in plain text: it {opens}.",
        explanation=EXPOSED,
        fix=f"Revoke it: {revoke} {AND_THEN}",
        severity=severity,
        confidence=confidence,
        cwe=(HARD_CODED_CREDENTIALS,),
        help_uri=page(f"secrets/{slug}"),
    )
