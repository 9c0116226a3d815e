"""pylint over the project's own packages."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from operator import attrgetter

from msgspec.structs import replace

from lockgate.checks import base, redact
from lockgate.checks.identity import identify
from lockgate.checks.lint import gating
from lockgate.checks.lint.kept import Part, Parts, Store
from lockgate.checks.lint.own import own_files
from lockgate.checks.lint.source import Source
from lockgate.checks.lint.supported import required_python, sifted
from lockgate.config.settings import Settings
from lockgate.engines import pylint
from lockgate.engines.mirror import fits
from lockgate.engines.pylint import WHOLE, Description, Linted, Module
from lockgate.engines.pylint_config import Configuration, find
from lockgate.inputs.committed import CommittedTree
from lockgate.inputs.files import display
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Confidence, Finding
from lockgate.model.record import Coverage, Skip
from lockgate.model.rule import Rule, page

UNIT = "Python files"
_PAGES = "https://pylint.readthedocs.io/en/stable/user_guide/messages"


def all_rules() -> tuple[Rule, ...]:
    """Our own rules, and one for each message of our own interpreter's pylint."""
    known = pylint.known()
    foreign = (_rule(each) for each in known.descriptions.values() if each.category != "information")
    return (*known.rules.values(), *foreign)


def run(target: base.Target) -> base.Result:
    """Lint the project's own packages. Raises UnavailableError where pylint can't run."""
    own, skipped = own_files(target.tree.files)
    sources, unread = _read(target.tree, own)
    configuration, problems = _configuration(target.tree)
    skips = [*target.tree.skipped, *skipped, *unread, *problems]
    if not sources:
        return base.Result(coverage=Coverage(examined=0, unit=UNIT, skipped=tuple(skips)))
    of_commit = isinstance(target.tree, CommittedTree)
    store = Store(sources, configuration, target.settings, target.tree.root, of_commit=of_commit)
    held = store.load()
    wanted = {*sources, WHOLE} if pylint.whole_messages(configuration) else {*sources}
    stale = wanted - held.parts.keys()
    if stale:
        held = _linted(target, sources, stale, configuration, held)
        store.save(held)
    return _result(held, skips, configuration, target.settings)


def _linted(
    target: base.Target, sources: dict[str, bytes], stale: set[str], configuration: Configuration, held: Parts
) -> Parts:
    """What is held, and the parts of those modules that are linted now."""
    linted = pylint.lint(
        sources,
        only=stale,
        root=target.tree.root,
        python=target.settings.python,
        configuration=configuration,
        trust=target.settings.trust,
        processes=base.processors(),
        progress=target.progress,
    )
    linted = sifted(linted, configuration.python)
    found = _found(linted, sources)
    parts = {path: _left_out(path, configuration) for path in stale}
    parts |= {module.path: _part(module, found[module.path]) for module in linted.modules}
    return Parts(
        parts=held.parts | parts,
        rules=held.rules | _rules_of([finding for findings in found.values() for finding in findings], linted),
        engine=linted.engine,
        python=linted.python,
        plugged=bool(linted.known.rules),
    )


def _found(linted: Linted, sources: dict[str, bytes]) -> dict[str, tuple[Finding, ...]]:
    """The findings in each module, with what looks like a secret masked."""
    texts = {path: Source(path, sources[path]) for path in {message.path for message in linted.messages} & set(sources)}
    shown = {display(path): source for path, source in texts.items()}
    told = [(module.path, finding) for module in linted.modules for finding in _findings(module, linted, texts)]
    masked = redact.findings(finding for _, finding in told)
    found: dict[str, list[Finding]] = {module.path: [] for module in linted.modules}
    for (path, _), finding in zip(told, masked, strict=True):
        found[path].append(finding)
    return {
        path: identify(findings, lambda path: redact.masked(path, shown[path].text), _key)
        for path, findings in found.items()
    }


def _part(module: Module, findings: tuple[Finding, ...]) -> Part:
    symbols = Counter(message.symbol for message in module.messages)
    skipped = tuple(_not_examined(module))
    return Part(
        findings=findings,
        skipped=skipped,
        examined=int(module.path != WHOLE and not module.broke and not symbols["file-ignored"]),
        allowed=symbols["suppressed-message"],
        needs=module.needs,
    )


def _not_examined(module: Module) -> Iterator[Skip]:
    if module.broke:
        yield Skip(display(module.path), module.broke, gap=True)
    for message in module.messages:
        if message.symbol == "file-ignored":
            yield Skip(display(message.path), "left out by its own comment, `# pylint: skip-file`")
        elif message.type == "fatal":
            yield Skip(display(message.path), f"pylint can't analyse it ({message.symbol})", gap=True)


def _left_out(path: str, configuration: Configuration) -> Part:
    """What there is of a module that pylint has not linted."""
    if path == WHOLE:
        return Part()
    return Part(skipped=(Skip(display(path), f"left out by pylint's settings in {configuration.path}"),), linted=False)


def _result(held: Parts, skips: list[Skip], configuration: Configuration, settings: Settings) -> base.Result:
    parts = [held.parts[path] for path in sorted(held.parts)]
    findings = sorted(
        (finding for part in parts for finding in part.findings),
        key=attrgetter("path", "line", "column", "rule", "message"),
    )
    return base.Result(
        coverage=Coverage(
            examined=sum(part.examined for part in parts),
            unit=UNIT,
            skipped=(*skips, *(skip for part in parts for skip in part.skipped)),
            allowed=sum(part.allowed for part in parts),
            notes=tuple(_notes(held.python, configuration, trust=settings.trust)),
        ),
        findings=tuple(findings),
        engines=(held.engine,) if held.engine else (),
        rules=tuple(held.rules[rule] for rule in sorted({finding.rule for finding in findings})),
        gaps=tuple(_gaps(held, configuration, settings.python)),
    )


def _read(tree: Tree, paths: list[str]) -> tuple[dict[str, bytes], list[Skip]]:
    """The content of the files, and what was not read."""
    sources: dict[str, bytes] = {}
    unread: list[Skip] = []
    for path in paths:
        data = tree.read(path)
        if isinstance(data, Skip):
            unread.append(data)
        elif not fits(path):
            unread.append(
                Skip(display(path), "its path is too long, or in too many folders, to be copied for pylint", gap=True)
            )
        elif set(path) & set("\r\n") or display(path) != path.replace(os.sep, "/"):
            unread.append(
                Skip(display(path), "pylint can't take a name with a line break or that is not UTF-8", gap=True)
            )
        else:
            sources[path] = data
    return sources, unread


def _configuration(tree: Tree) -> tuple[Configuration, list[Skip]]:
    found = find(tree)
    problems = [found] if isinstance(found, Skip) else []
    return replace(Configuration() if isinstance(found, Skip) else found, python=required_python(tree)), problems


def _findings(module: Module, linted: Linted, texts: dict[str, Source]) -> Iterator[Finding]:
    for message in module.messages:
        if message.type in ("fatal", "info") or message.path not in texts:
            continue
        source = texts[message.path]
        at = source.place(message)
        own = linted.known.rules.get(message.symbol)
        yield Finding(
            **{field: getattr(at, field) for field in at.__struct_fields__},
            rule=f"lint/{message.symbol}",
            severity=own.severity if own else gating.severity(message.symbol, message.type),
            confidence=gating.confidence(message, source),
            message=source.told(message, own=own is not None),
            fix=own.fix if own else f"Mend it, or {_way_out(message.symbol)}.",
            help_uri=page(own.id) if own else f"{_PAGES}/{message.type}/{message.symbol}.html",
            engines=("pylint",),
            properties={"scope": message.obj},
        )


def _way_out(symbol: str) -> str:
    """How a finding is allowed. No comment counts in a file that does not parse."""
    if symbol == "syntax-error":
        return "leave the file out with `exclude`"
    return f"allow it with a comment on its line, `# pylint: disable={symbol}`"


def _key(finding: Finding, _: str) -> tuple[str, ...]:
    """What tells a finding from others of its rule and file: not the line, which may hold a secret, nor its number."""
    return str(finding.properties["scope"]), re.sub(r"\d+", "", finding.message)


def _gaps(held: Parts, configuration: Configuration, python: str) -> Iterator[str]:
    if not any(part.linted for path, part in held.parts.items() if path != WHOLE):
        yield f"nothing was examined: {configuration.path} leaves out every file"
    if not held.plugged:
        yield f"the rules of lockgate.lint can't be loaded into {python or 'this interpreter'}"


def _notes(python: str, configuration: Configuration, *, trust: bool) -> Iterator[str]:
    yield f"linted on Python {python}"
    if trust and configuration.path:
        yield f"{configuration.path} was obeyed as it is (--trust)"
        return
    if configuration.options:
        yield f"obeyed of {configuration.path}: {', '.join(sorted(configuration.options))}"
    if configuration.refused:
        yield f"not obeyed of {configuration.path}: {', '.join(configuration.refused)} (may run code; --trust obeys)"


def _rules_of(findings: Iterable[Finding], linted: Linted) -> dict[str, Rule]:
    """The rules that the findings name, as the project's own pylint describes them."""
    named = {finding.rule.removeprefix("lint/"): finding for finding in findings}
    return {
        finding.rule: linted.known.rules.get(symbol)
        or _rule(
            linted.known.descriptions.get(symbol)
            or Description(symbol, finding.help_uri.split("/")[-2], "A message of a plug-in of pylint.")
        )
        for symbol, finding in named.items()
    }


def _rule(known: Description) -> Rule:
    sentence = re.split(r"(?<!\b[ie]\.[eg])\. (?=[A-Z])", known.text)[0].rstrip(".") + "."
    return Rule(
        id=f"lint/{known.symbol}",
        name=known.symbol.replace("-", " ").capitalize(),
        summary=sentence,
        explanation=known.text,
        fix="See pylint's page on it for a bad and a good example.",
        severity=gating.severity(known.symbol, known.category),
        confidence=Confidence.LOW if known.symbol in gating.OF_ENVIRONMENT else Confidence.MEDIUM,
        help_uri=f"{_PAGES}/{known.category}/{known.symbol}.html",
    )
