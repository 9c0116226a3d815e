"""An advisory told as a rule and as a finding."""

from __future__ import annotations

import re

from msgspec import structs

from lockgate.model.advisory import Advisory, Exploitation
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.package import MOST_WAYS, Package
from lockgate.model.rule import Rule

LONGEST_SUMMARY = 200
LONGEST_DETAILS = 1000

# The qualitative scale of CVSS 3 and 4.
_SCALE = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_TAG = re.compile(r"<[^<>]*>")
_MARKS = re.compile(r"[`*#]+|^\s*[-=]{3,}\s*$", re.MULTILINE)
# "X is an HTTP library for Python", "X provides an HTTP client": many details begin so.
_INTRODUCES = re.compile(r"^[`\w.\-]+(?: \([^)]*\))? is (?:an?|the) (?!vulnerab)|^[^.,]{1,120} provides ")
_SENTENCE = re.compile(r"(?<=[.!?])(?<!\be\.g\.)(?<!\bi\.e\.)\s")


def severity_of(advisory: Advisory) -> Severity:
    """Its severity by CVSS; malware is critical, and what nobody has scored is unknown."""
    if advisory.id.startswith("MAL-"):
        return Severity.CRITICAL
    if advisory.score is None:
        return Severity.UNKNOWN
    return next((severity for least, severity in _SCALE if advisory.score >= least), Severity.NONE)


def rule_of(advisory: Advisory) -> Rule:
    """The rule that the advisory is."""
    summary = summary_of(advisory)
    return Rule(
        id=advisory.id,
        name=advisory.id,
        summary=summary,
        explanation=plain(advisory.details, LONGEST_DETAILS) or summary,
        fix="Upgrade the package to a version without this vulnerability, or replace it.",
        severity=severity_of(advisory),
        confidence=Confidence.HIGH,
        cwe=advisory.cwe,
        help_uri=f"https://osv.dev/vulnerability/{advisory.id}",
        aliases=advisory.aliases,
        score=advisory.score,
    )


def finding_of(
    advisory: Advisory, rule: Rule, package: Package, engine: str, exploitation: Exploitation = Exploitation()
) -> Finding:
    """The finding at the place of a pin; `rule` is that of the advisory."""
    remedy = f"fixed in {advisory.fix}" if advisory.fix else "no fixed version is known"
    if advisory.matched:
        remedy = f"known by the {advisory.matched} of a file"
    told = f"{_exploited(exploitation)}{remedy}"
    way = way_to(package)
    properties: dict[str, str | float | bool | list[str]] = {
        "package": package.name,
        "version": package.version,
        "fix_versions": list(advisory.fixes),
    }
    optional = {"fix_version": advisory.fix, "marker": package.marker, "published": advisory.published, "via": way}
    optional["matched"] = advisory.matched
    properties |= {name: value for name, value in optional.items() if value}
    if advisory.affects:
        properties["affects"] = list(advisory.affects)
    if package.groups:
        properties["groups"] = list(package.groups)
    if package.direct is not None:
        properties["direct"] = package.direct
    if advisory.score is not None:
        properties["score"] = advisory.score
    properties |= _exploitation(exploitation)
    return Finding(
        **structs.asdict(package.at),
        rule=advisory.id,
        severity=rule.severity,
        confidence=rule.confidence,
        message=f"{_named(package)}: {_known_as(advisory)}{rule.summary.rstrip('.')} ({told})"
        f"{'; it comes by ' if way else ''}{way}",
        fix=_fix(advisory, package),
        help_uri=rule.help_uri,
        engines=(engine,),
        aliases=advisory.aliases,
        properties=properties,
    )


def _exploited(exploitation: Exploitation) -> str:
    """A few words where it is known to be exploited."""
    if not exploitation.exploited:
        return ""
    return f"known to be exploited{', also by ransomware' if exploitation.ransomware else ''}; "


def _exploitation(exploitation: Exploitation) -> dict[str, str | float]:
    """What is known of it as properties: `unknown` is not `no`."""
    known = {True: "yes", False: "no", None: "unknown"}[exploitation.exploited]
    if exploitation.epss is None or exploitation.percentile is None:
        return {"epss": "unknown", "kev": known}
    return {"epss": exploitation.epss, "epss_percentile": exploitation.percentile, "kev": known}


def way_to(package: Package) -> str:
    """How the project comes by a package that it does not name itself: the shortest way and how many others there are."""
    if package.direct or not package.via:
        return ""
    others = package.ways - 1
    more = f" and {others:,}{'' if package.ways < MOST_WAYS else ' or more'} other way{'s' * (others > 1)}"
    return " -> ".join(package.via) + more * (others > 0)


def _fix(advisory: Advisory, package: Package) -> str:
    if advisory.id.startswith("MAL-"):
        return f"Remove {_named(package)} and treat every machine that installed it as compromised."
    if advisory.fix:
        return f"Upgrade {package.name} to {advisory.fix} or later."
    return f"Replace {package.name}, or see the advisory for a way around it."


def _named(package: Package) -> str:
    return f"{package.name or 'an unnamed package'} {package.version}".rstrip()


def _known_as(advisory: Advisory) -> str:
    """The CVE number that people know the advisory by, where its id is another."""
    numbers = [alias for alias in advisory.aliases if alias.startswith("CVE-")]
    return f"{numbers[0]}, " if numbers and not advisory.id.startswith("CVE-") else ""


def summary_of(advisory: Advisory) -> str:
    """One line: the summary, else the first sentence of the details that tells more than what the package is."""
    sentences = _SENTENCE.split(plain(advisory.details, LONGEST_DETAILS))
    telling = [sentence for sentence in sentences if not _INTRODUCES.search(sentence)]
    return plain(advisory.summary or (telling or sentences)[0], LONGEST_SUMMARY) or f"known as {advisory.id}"


def plain(text: str, longest: int) -> str:
    """Foreign Markdown as one line of plain text of at most `longest` characters."""
    text = _MARKS.sub("", _TAG.sub("", _LINK.sub(r"\1", text[: longest * 4])))
    line = " ".join(text.split())
    if not line.isprintable():
        line = " ".join("".join(letter if letter.isprintable() else " " for letter in line).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"
