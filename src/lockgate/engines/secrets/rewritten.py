"""Files that detect-secrets rewrites as lines of `key: "value"` before it looks at them: YAML and what configparser takes.

To rewrite one takes its parser. Whether anything can be found in the result can be told from the file itself: `factors` says
of a pattern what must stand there, and a quoted string of high entropy was a run of its characters.
"""

from __future__ import annotations

import os.path
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from lockgate.engines.secrets.necessary import NoConditionError, factors
from lockgate.engines.secrets.prefilter import Condition, Look

# What decides for configparser before anything else: the first line that is neither blank nor a comment must be a section's
# header, and a line that begins in the first column must be a header or hold a delimiter. What backtracks keeps each line
# in memory.
HEADER_FIRST = re.compile(r"(?:[^\S\n]*+(?:[#;][^\n]*+)?+\n)*+[^\S\n]*+\[")
NO_OPTION = re.compile(r"^[^\s#;\[=:][^=:\n]*$", re.MULTILINE)

_YAML = frozenset({".eyaml", ".yaml", ".yml"})
# By these a value can hold what does not stand in the file: escapes, binary data and directives; interpolation.
_YAML_DECODES = re.compile(r"\\[\n0abevxuUNLP_/]|''|!!|!<|^%", re.MULTILINE)
_INI_DECODES = "%"
GROUP = "rewritten"
_RUN = "run"
_ANYTHING = r"[\x00-\xff]"
MOST_CHARACTERS = 4_000_000  # of a YAML text in which scalars are looked for


def conditions(owner: str, patterns: Iterable[re.Pattern[str]], runs: Iterable[tuple[str, int]]) -> Iterator[Condition]:
    """Conditions of files for what is looked for in rewritten lines.

    patterns: what plug-ins search. runs: character sets, as in a byte pattern, each with the least number of different
    characters that a quoted string of it must have.
    """
    groups = list(dict.fromkeys(tuple(_factors(pattern)) for pattern in patterns))
    places: dict[str, list[str]] = {}
    for number, group in enumerate(groups):
        for factor in group:
            places.setdefault(factor, []).append(f"{number}/{len(group)}")
    for factor, members in places.items():
        yield Condition(owner, ",".join(members), factor, of_lines=False, group=GROUP)
    for charset, least in runs:
        # A quotation mark inside of a value gets a backslash, which may be one of the characters.
        run = f"{charset}{{{least - 1},}}"
        yield Condition(owner, _RUN, run, of_lines=False, group=GROUP, varied=run, different=least - 1)


def _factors(pattern: re.Pattern[str]) -> list[str]:
    try:
        return factors(pattern)
    except NoConditionError:
        return [_ANYTHING]


def may_find(path: str, data: bytes, look: Look) -> bool:
    """Whether anything can be found in the rewritten form of a file. `look` tells the conditions that it meets."""
    try:
        text = data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        return False  # detect-secrets takes it for a binary file
    as_yaml = _is_yaml(path)
    as_ini = HEADER_FIRST.match(text) or not NO_OPTION.search(text)
    if not (as_yaml or as_ini):
        return False
    if (as_yaml and _YAML_DECODES.search(text)) or (as_ini and _INI_DECODES in text):
        return True
    labels = look(data)
    return _RUN in labels or _factors_are_met(labels)


def _is_yaml(path: str) -> bool:
    return os.path.splitext(path)[1] in _YAML  # noqa: PTH122 - as detect-secrets does


def reshaped(path: str, text: str) -> list[tuple[int, int]] | None:
    """From where to where the scalars of a YAML text stand whose values stand otherwise: folded, indented or with escapes.

    Of other files it is empty: their values stand in one line, though a quotation mark gets a backslash. It is None where
    the text can't be read as YAML, or is too long.
    """
    if not _is_yaml(path):
        return []
    if len(text) > MOST_CHARACTERS:
        return None
    import yaml

    marked = text.startswith("\ufeff")  # a byte order mark, which counts in no place of the parser
    try:
        tokens = yaml.scan(text.removeprefix("\ufeff"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return [(start + marked, end + marked) for start, end in _scalars(tokens, text.removeprefix("\ufeff"))]
    except (yaml.YAMLError, ValueError):
        return None


def _scalars(tokens: Iterable[Any], text: str) -> Iterator[tuple[int, int]]:
    import yaml

    tagged = False
    for token in tokens:
        if isinstance(token, yaml.ScalarToken):
            start, end = token.start_mark.index, token.end_mark.index
            if tagged or '"' in token.value or token.value not in text[start:end]:
                yield start, end
        tagged = isinstance(token, yaml.TagToken)  # what is tagged as binary is decoded and encoded anew


def _factors_are_met(labels: Iterable[str]) -> bool:
    """Whether all the factors of some pattern are met."""
    met = Counter(member for label in labels for member in label.split(","))
    return any(count == int(member.partition("/")[2]) for member, count in met.items())
