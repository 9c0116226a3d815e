"""detect-secrets: its plug-ins and filters over the text of one file.

What it finds is what detect-secrets itself would find: its own plug-ins, filters and transformers run. A prefilter says on which
lines which plug-ins can find anything, and only those run there. The user's own plug-ins and filters can do anything: where there
are such, all runs as detect-secrets runs it.
"""

from __future__ import annotations

import io
import math
import re
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from lockgate.engines.secrets import detect_secrets_settings as configured
from lockgate.engines.secrets import rewritten
from lockgate.engines.secrets.base import MOST_SIGHTINGS, LeftOutError, Scan, Sighting, installed_version
from lockgate.engines.secrets.necessary import NoConditionError, necessary
from lockgate.engines.secrets.prefilter import Condition, Prefilter
from lockgate.model.engine_options import EngineOptions
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Location
from lockgate.model.secret import SecretValue

ENGINE = "detect-secrets"
# Honest files take up to 5 seconds a mebibyte. While YAML is rewritten it takes some 40 MB of memory a second.
SECONDS_PER_FILE = 10
SECONDS_PER_MEBIBYTE = 20
MOST_SECONDS = 60
_ROUNDING = 1e-9
_HIGHEST = 8.0  # limit of entropy that it takes


def version() -> str:
    """The version that is installed. Raises UnavailableError where none is."""
    found = installed_version("detect_secrets", "detect-secrets")
    if not found:
        raise UnavailableError(f"{ENGINE} is not installed; run: pip install detect-secrets")
    return found


def key(options: EngineOptions) -> str:
    """What the findings depend on beside the version."""
    return configured.key(options)


def conditions_key(options: EngineOptions) -> str:
    """What the conditions depend on beside the version: they are those of all plug-ins, also of those that are off."""
    return repr(sorted(configured.limits(options).items()))


def unfiltered(options: EngineOptions) -> str:
    """What has no conditions; empty for nothing."""
    return configured.unknown(options)


def conditions(options: EngineOptions) -> Iterator[Condition]:
    """For each plug-in the patterns of lines of which one matches where it finds something, and those of rewritten files."""
    plugins = configured.builtin_plugins(options)
    for plugin in plugins:
        yield from dict.fromkeys(_conditions(plugin))
    searched = [pattern for plugin in plugins for pattern in _searched(plugin)]
    yield from rewritten.conditions(ENGINE, searched, map(_run, filter(_is_entropy, plugins)))


def may_find(path: str, data: bytes, prefilter: Prefilter) -> bool:
    """Whether a plug-in can find anything in a file, as it is or rewritten."""
    return prefilter.is_met(ENGINE, data) or rewritten.may_find(path, data, prefilter.look(ENGINE, rewritten.GROUP))


def load_scanner(options: EngineOptions, prefilter: Prefilter | None) -> Scan:
    """The engine, ready to scan. Raises UnavailableError where it is not installed, UsageError for a wrong option."""
    return load(options, prefilter).scan


def load(options: EngineOptions, prefilter: Prefilter | None) -> Scanner:
    """The same with what it finds in the form that detect-secrets gives it."""
    try:
        import detect_secrets  # noqa: F401
    except ImportError:
        raise UnavailableError(f"{ENGINE} is not installed; run: pip install detect-secrets") from None
    return Scanner(options, prefilter)


def kinds(_options: EngineOptions = EngineOptions()) -> dict[str, str]:
    """Every kind that the built-in plug-ins can report, with one sentence on it. Empty where it is not installed."""
    try:
        plugins = configured.builtin_classes()
    except ImportError:
        return {}
    return {plugin.secret_type: f"detect-secrets sees: {plugin.secret_type}." for plugin in plugins}


class Scanner:
    """Scans files with the plug-ins, each on the lines on which it can find something."""

    def __init__(self, options: EngineOptions, prefilter: Prefilter | None) -> None:
        self._options = options
        self._plugins = configured.enforce(options)
        self._order = {type(plugin).__name__: index for index, plugin in enumerate(self._plugins)}
        self._prefilter = prefilter

    def scan(self, path: str, data: bytes) -> list[Sighting]:
        """What the plug-ins see in a file. Raises TimeoutError where they take too long, and LeftOutError."""
        found = self.secrets(path, data, MOST_SIGHTINGS + 1)
        lines = _NamedText(path, data.decode("utf-8")).read().split("\n") if found else []
        return [_sighting(path, lines, secret) for secret in found]

    def secrets(self, path: str, data: bytes, most: int) -> list[Any]:
        """The same as detect-secrets tells it, `most` of them."""
        with _deadline(_seconds(data)):
            text = self._text(path, data)
            if self._prefilter and not may_find(path, data, self._prefilter):
                return []
            return list(islice(self._secrets(path, text), most))

    def allowlisted(self, path: str, data: bytes, most: int) -> list[Any]:
        """What stands on lines that a comment for detect-secrets allows, and on no others."""
        from detect_secrets.core import scan

        with _deadline(_seconds(data)):
            file = _NamedText(path, self._text(path, data))
            lines = _transformed(file) or file.readlines()
            if not lines:
                return []
            found = scan._scan_for_allowlisted_secrets_in_lines(enumerate(lines, start=1), path)  # noqa: SLF001
            return list(islice(found, most))

    def _text(self, path: str, data: bytes) -> str:
        """The text of a file, after the settings were made ours. Raises LeftOutError."""
        from detect_secrets.core import scan

        configured.enforce(self._options)
        if scan._is_filtered_out(required_filter_parameters=["filename"], filename=path):  # noqa: SLF001
            raise LeftOutError("by their names")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise LeftOutError("not UTF-8") from None

    def _secrets(self, path: str, text: str) -> Iterator[Any]:
        """As `scan_file` of detect-secrets, over text: eager transformers only where nothing is found."""
        file = _NamedText(path, text)
        transformed = _transformed(file)
        lines = transformed or file.readlines()
        found = False
        for secret in self._in_lines(path, lines, _joined(lines) if transformed else file.getvalue()):
            found = True
            yield secret
        if not found:
            file.seek(0)
            lines = _eagerly_transformed(file) or []
            yield from self._in_lines(path, lines, _joined(lines))

    def _in_lines(self, path: str, lines: list[str], joined: str) -> Iterator[Any]:
        """As `_process_line_based_plugins` of detect-secrets, on the lines and with the plug-ins that matter."""
        from detect_secrets.core import scan
        from detect_secrets.util.code_snippet import get_code_snippet

        if self._prefilter is None:
            yield from scan._process_line_based_plugins(list(enumerate(lines, start=1)), path)  # noqa: SLF001
            return
        for number, plugins in self._candidates(self._prefilter, joined):
            line = lines[number - 1].rstrip()
            about = {"filename": path, "line": line, "context": get_code_snippet(lines=lines, line_number=number)}
            secrets = [
                (plugin, secret)
                for plugin in plugins
                for secret in scan._scan_line(plugin=plugin, line_number=number, **about)  # noqa: SLF001
            ]
            # detect-secrets asks this before its plug-ins; few lines have a secret, and the question is the dearer one.
            if not secrets or scan._is_filtered_out(required_filter_parameters=["line"], **about):  # noqa: SLF001
                continue
            for plugin, secret in secrets:
                value = {"secret": secret.secret_value, "plugin": plugin}
                if not scan._is_filtered_out(required_filter_parameters=["context"], **about, **value):  # noqa: SLF001
                    yield secret

    def _candidates(self, prefilter: Prefilter, joined: str) -> Iterable[tuple[int, list[Any]]]:
        """The lines on which something may be found, by number, and the plug-ins that may find it, in their order.

        `joined` are the lines as one text in which each ends with its only line feed.
        """
        hits = prefilter.lines(ENGINE, joined.encode("utf-8", "surrogatepass"))
        return (
            (line, [self._plugins[index] for index in sorted({self._order[name] for _, name in group})])
            for line, group in groupby((hit for hit in hits if hit[1] in self._order), key=itemgetter(0))
        )


def _joined(lines: list[str]) -> str:
    """Transformed lines as one text. They may hold line feeds: another blank in their place keeps the lines apart."""
    return "\n".join(line.replace("\n", "\r") for line in lines)


def _conditions(plugin: Any) -> Iterator[Condition]:
    """Conditions of which one holds for every line in which the plug-in finds something."""
    name = type(plugin).__name__
    if _is_entropy(plugin):
        charset, least = _run(plugin)
        begin = f"['\"]{charset}{{{least},}}"
        ends = f"{begin}(?=['\"])"  # where one string ends another one may begin
        yield Condition(ENGINE, name, f"{begin}['\"]", of_lines=True, varied=ends, different=1 + least)
    for pattern in _searched(plugin):
        try:
            yield Condition(ENGINE, name, necessary(pattern), of_lines=True)
        except NoConditionError:
            yield Condition(ENGINE, name, "[^\\n]", of_lines=True)


def _searched(plugin: Any) -> Iterator[re.Pattern[str]]:
    """The patterns of which a plug-in searches each line for one; what nothing is known of searches for anything."""
    from detect_secrets.plugins.base import RegexBasedDetector
    from detect_secrets.plugins.keyword import REGEX_BY_FILETYPE, KeywordDetector

    if isinstance(plugin, RegexBasedDetector):
        yield from plugin.denylist
    elif isinstance(plugin, KeywordDetector):
        yield from (pattern for patterns in REGEX_BY_FILETYPE.values() for pattern in patterns)
    elif not _is_entropy(plugin):
        yield re.compile("")


def _is_entropy(plugin: Any) -> bool:
    from detect_secrets.plugins.high_entropy_strings import HighEntropyStringsPlugin

    return isinstance(plugin, HighEntropyStringsPlugin)


def _run(plugin: Any) -> tuple[str, int]:
    """The characters of a string of high entropy as a byte set, and how many different ones it must have.

    The entropy of n different characters is at most log2(n): to be over the limit takes more than 2^limit of them. A limit
    that is no whole number may be such a logarithm itself, and then the rounding decides. Nothing is over one that is no number.
    """
    limit = _HIGHEST if math.isnan(plugin.entropy_limit) else plugin.entropy_limit
    charset = "".join(f"\\x{ord(character):02x}" for character in sorted(set(plugin.charset)))
    return f"[{charset}]", max(int(2**limit - (_ROUNDING if limit % 1 else 0)) + 1, 2)


class _NamedText(io.StringIO):
    """Text with the name that detect-secrets takes its file type from; line breaks are universal, as in open()."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text, newline=None)
        self.name = name


def _transformed(file: _NamedText) -> list[str] | None:
    """The lines of a file of a format that detect-secrets rewrites, None for any other."""
    from detect_secrets.transformers import get_transformed_file
    from detect_secrets.util.filetype import FileType, determine_file_type

    text = file.getvalue()
    if determine_file_type(file.name) is not FileType.YAML and not rewritten.HEADER_FIRST.match(text):
        return None
    return get_transformed_file(file)  # type: ignore[no-any-return]


def _eagerly_transformed(file: _NamedText) -> list[str] | None:
    """The same for a file that may be a configuration without a header."""
    from detect_secrets.transformers import get_transformed_file

    if rewritten.NO_OPTION.search(file.getvalue()):
        return None
    return get_transformed_file(file, use_eager_transformers=True)  # type: ignore[no-any-return]


def _sighting(path: str, lines: list[str], secret: Any) -> Sighting:
    line = lines[secret.line_number - 1] if secret.line_number <= len(lines) else ""
    value = secret.secret_value
    start = line.find(value)
    if start < 0:  # a transformed file may hold the value in another form than the line does
        at = Location.of_line(path, secret.line_number, line)
    else:
        at = Location(
            path=path,
            line=secret.line_number,
            column=start + 1,
            end_line=secret.line_number,
            end_column=start + 1 + len(value),
        )
    return Sighting(ENGINE, secret.type, SecretValue(value), at, exact=start >= 0)


def _seconds(data: bytes) -> float:
    return min(SECONDS_PER_FILE + SECONDS_PER_MEBIBYTE * len(data) / 2**20, MOST_SECONDS)


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Raise TimeoutError after so long; only the main thread of a POSIX process can be interrupted so.

    It is time of the processor, so that a busy machine gives up on nothing.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
