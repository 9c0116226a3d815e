"""Which of pylint's own messages fail the gate by default, and how sure they are.

A message gates where the file alone tells that it is true. What pylint infers from other modules (members, arguments,
imports) is wrong too often: in 40 published packages, linted without the packages that they need, it told hundreds of these, and
those that were looked into were false. docs/lint.md has the table; a test holds it to this one.
"""

from __future__ import annotations

import re

from lockgate.checks.lint.source import Source
from lockgate.engines.pylint import Message
from lockgate.model.finding import Confidence, Severity

GATING = {
    "Python refuses it": """
        await-outside-async bare-name-capture-pattern duplicate-argument-name init-is-generator
        invalid-star-assignment-target misplaced-future nonlocal-and-global nonlocal-without-binding not-in-loop
        notimplemented-raised repeated-keyword return-outside-function star-needs-assignment-target syntax-error
        too-many-star-expressions used-prior-global-declaration yield-inside-async-function yield-outside-function
        """,
    "the name is defined nowhere": "undefined-variable",
    "the format does not fit its arguments": """
        bad-format-character format-needs-mapping logging-format-truncated logging-too-few-args logging-too-many-args
        logging-unsupported-format missing-format-string-key mixed-format-string too-few-format-args
        too-many-format-args truncated-format-string
        """,
    "the code is not what a reader sees": """
        bidirectional-unicode invalid-character-backspace invalid-character-esc invalid-character-nul
        invalid-character-sub
        """,
    "it checks nothing: a tuple is always true": "assert-on-tuple",
}
_GATING = frozenset(" ".join(GATING.values()).split())
_SEVERITIES = {"fatal": Severity.MEDIUM, "error": Severity.MEDIUM, "warning": Severity.LOW}
_CONFIDENCES = {"HIGH": Confidence.HIGH, "INFERENCE_FAILURE": Confidence.LOW}
# True only where the environment holds every dependency of the project and pylint knows its namespace packages, which we
# can't tell.
OF_ENVIRONMENT = frozenset({"import-error", "no-name-in-module", "relative-beyond-top-level"})
# Built-in names of other Pythons, and what IPython and gettext add: code that is for several asks which it is before it uses them.
_ELSEWHERE = frozenset(
    """
    _ EncodingWarning ExceptionGroup BaseExceptionGroup PythonFinalizationError StandardError WindowsError aiter anext apply
    basestring buffer cmp coerce display execfile file frozendict get_ipython intern long raw_input reduce reload unichr
    unicode xrange
    """.split()  # noqa: SIM905 - names read better so
)
_QUOTED = re.compile(r"'(\w+)'")


def severity(symbol: str, category: str) -> Severity:
    """How bad a message of pylint's own is; high where it gates."""
    return Severity.HIGH if symbol in _GATING else _SEVERITIES.get(category, Severity.NONE)


def confidence(message: Message, source: Source) -> Confidence:
    """How sure a message about that file is: pylint's own confidence, less where pylint can't know."""
    if message.symbol in OF_ENVIRONMENT or _may_be_elsewhere(message, source):
        return Confidence.LOW
    return _CONFIDENCES.get(message.confidence, Confidence.MEDIUM)


def _may_be_elsewhere(message: Message, source: Source) -> bool:
    """Whether a name that pylint does not find may be there all the same: pylint misses some, or it is another Python's."""
    if message.symbol != "undefined-variable":
        return False
    names = _QUOTED.findall(message.text)
    return not source.bound.isdisjoint(["*", *names]) or not _ELSEWHERE.isdisjoint(names)
