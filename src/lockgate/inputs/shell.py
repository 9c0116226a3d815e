"""Shell as simple commands whose words know where they stand, by tree-sitter's bash grammar: nothing of it is run.

Grammar: https://github.com/tree-sitter/tree-sitter-bash. What only a run would tell (a variable, what a command prints) is
unknown, never guessed.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache, cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from lockgate.inputs.snippet import Snippet, Span
from lockgate.inputs.variables import Variable
from lockgate.model.finding import Location
from lockgate.model.record import Skip

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

UNKNOWN = "\0"  # in the text of a word: something that only a run would tell
LARGEST = 2**18  # characters of one snippet: a quarter of a second
PIPES = 2000  # in one snippet: of those without an end the parser takes the square, and can't be stopped
SECONDS = 2.0  # for parsing one snippet: where it is broken, the parser takes the square as well
DEPTH = 4  # of shells in shells
NEAR = 50  # commands around one that are told with it
SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash"})

# Of a command before another one, the options that have a value, and how many words stand before the other command.
_PREFIXES: dict[str, tuple[frozenset[str], int]] = {
    "sudo": (frozenset("-u -g -C -D -h -p -r -t -T -U -R --user --group --host --prompt --chdir --role --type".split()), 0),  # noqa: SIM905
    "doas": (frozenset({"-u", "-C"}), 0),
    "env": (frozenset({"-u", "--unset", "-C", "--chdir"}), 0),
    "exec": (frozenset({"-a"}), 0),
    "command": (frozenset(), 0),
    "builtin": (frozenset(), 0),
    "time": (frozenset({"-o", "-f"}), 0),
    "nohup": (frozenset(), 0),
    "setsid": (frozenset(), 0),
    "chronic": (frozenset(), 0),
    "unbuffer": (frozenset(), 0),
    "chroot": (frozenset({"--userspec", "--groups"}), 1),
    "nice": (frozenset({"-n"}), 0),
    "ionice": (frozenset({"-c", "-n"}), 0),
    "stdbuf": (frozenset({"-i", "-o", "-e"}), 0),
    "timeout": (frozenset({"-s", "-k", "--signal", "--kill-after"}), 1),
    "xargs": (frozenset({"-a", "-d", "-E", "-I", "-L", "-n", "-P", "-s"}), 0),
}  # fmt: skip
_ONE_LIST = frozenset({"list", "redirected_statement", "negated_command", "heredoc_redirect", "command"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=(?!=)")
_EXPANSIONS = frozenset(
    {"simple_expansion", "expansion", "command_substitution", "process_substitution", "arithmetic_expansion", "brace_expression"}
)  # fmt: skip
_CAPTURES = frozenset({"command_substitution", "process_substitution"})
_INPUT = re.compile(r"0?<(?![<&>])")
_OUTPUT = re.compile(r"[1&]?>[>|]?(?!&)")
_OPEN_QUOTE = re.compile(r"[ \t]*['\"]")
_BARE_BREAK = re.compile(r"(?<!\\)\n")
_ESCAPED = re.compile(r"\\(\r?\n|.)", re.DOTALL)
_ESCAPED_IN_QUOTES = re.compile(r'\\(\r?\n|[$`"\\])')


class Word(Struct, frozen=True):
    """A word without its quotes; UNKNOWN stands in it for what is not known. `parts` are its pieces with their offsets in the snippet."""

    text: str
    place: Location | Span
    parts: tuple[tuple[str, int], ...] = ()

    @property
    def at(self) -> Location:
        """Where it stands."""
        return _location(self.place)

    @property
    def known(self) -> bool:
        """Whether all of it is."""
        return UNKNOWN not in self.text


class Command(Struct, frozen=True, dict=True):
    """A simple command: its words, without assignments and commands that only run another one (sudo, env, …).

    `fed` are the commands whose output it reads, by a pipe, `< <(…)` or `<<< "$(…)"`; `inline` those whose output is in its words.
    `before` are the words of the last commands before it in its list (`a && b | c`). `into` is the file that its output goes to, `source` the one that it reads.
    `is_captured` tells whether its output is put into a word.
    """

    words: tuple[Word, ...]
    place: Location | Span
    fed: tuple[Command, ...] = ()
    inline: tuple[Command, ...] = ()
    before: tuple[tuple[str, ...], ...] = ()
    into: Word | None = None
    source: Word | None = None
    is_captured: bool = False

    @cached_property
    def name(self) -> str:
        """The name of the program, without its folder."""
        return self.words[0].text.rpartition("/")[2].removesuffix(".exe")

    @property
    def at(self) -> Location:
        """Where it stands, with all that was left out of its words."""
        return _location(self.place)

    @property
    def path(self) -> str:
        """The file that it stands in, as reports show it."""
        return self.place.path

    @property
    def arguments(self) -> tuple[Word, ...]:
        """The words behind the name."""
        return self.words[1:]


def _location(place: Location | Span) -> Location:
    return place if isinstance(place, Location) else place.location


Told = Command | Variable | Skip
"""What files with shell in them hold."""


def commands(snippet: Snippet, doubtful: re.Pattern[str] | None = None, depth: int = DEPTH) -> Iterator[Told]:
    """The commands of a snippet, those in substitutions and in the text of `sh -c` too, and the variables that are set.

    doubtful: what must not stand in a part that can't be parsed, or in too many shells; where it does, a gap says so. Text over
    LARGEST is one, too.
    """
    if len(snippet.text) > LARGEST:
        line, _ = snippet.place(0)
        yield Skip(f"{snippet.path}:{line}", f"shell of over {LARGEST // 1024} KiB is not parsed", gap=True)
        return
    tree = _parsed(snippet.text)
    if tree is None:
        line, _ = snippet.place(0)
        yield Skip(f"{snippet.path}:{line}", "shell that takes too long is not parsed", gap=True)
        return
    reading = _Reading(snippet, tree)
    found = reading.commands()
    yield from found
    yield from reading.variables
    if doubtful:
        yield from reading.gaps(doubtful)
    for inner in reading.inner(found):
        if depth:
            yield from commands(inner, doubtful, depth - 1)
        elif doubtful and doubtful.search(inner.text):
            line, _ = inner.place(0)
            yield Skip(f"{snippet.path}:{line}", f"shell within more than {DEPTH} shells is not parsed", gap=True)


def of_words(command: Command, doubtful: re.Pattern[str] | None = None) -> Iterator[Told]:
    """A command that stands as a list of strings in quotes, and those of the text that it gives to a shell."""
    yield command
    given = _given(command)
    if given:
        lines = given.text.replace(UNKNOWN, "${_}").splitlines(keepends=True)
        at = given.at
        yield from commands(Snippet(at.path, [(line, at.line, at.column + 1) for line in lines]), doubtful)


@cache
def _parser() -> Parser:
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


def _parsed(text: str) -> Tree | None:
    """The tree of a text, None where that takes too long. One byte is one character: what is not ASCII is a question mark."""
    if text.count("|") - 2 * text.count("||") > PIPES:
        return None
    data, ends = text.encode("ascii", "replace"), time.monotonic() + SECONDS
    try:
        return _parser().parse(lambda at, _: data[at:], progress_callback=lambda _at, _failed: time.monotonic() > ends)
    except ValueError:
        _parser().reset()
        return None


class _Found(Struct):
    """A command on the way: where it begins and ends, what feeds it, and the list that it stands in."""

    words: tuple[Word, ...]
    start: int
    end: int
    feed: tuple[int, int]
    block: int
    is_captured: bool


class _Reading:
    """Reads one snippet."""

    def __init__(self, snippet: Snippet, tree: Tree) -> None:
        self._snippet = snippet
        self._text = snippet.text
        self._tree = tree
        self._found: list[_Found] = []
        self._errors: list[tuple[int, int]] = []
        self._heredocs: dict[int, tuple[int, int]] = {}
        self._into: dict[int, Word] = {}
        self._source: dict[int, Word] = {}
        self.variables: list[Variable] = []
        self._walk()

    def _walk(self) -> None:
        ahead: list[tuple[Node, tuple[int, int], int, bool]] = [(self._tree.root_node, (0, 0), 0, False)]
        while ahead:
            node, feed, block, captured = ahead.pop()
            kind = node.type
            children = node.named_children
            captured = captured or kind in _CAPTURES
            if kind == "command":
                self._take(node, feed, block, captured)
                children = [child for child in children if child.type != "word"]
            elif kind == "variable_assignment":
                self._assign(node)
            elif kind == "redirected_statement":
                self._redirect(children)
            elif kind == "heredoc_body":
                self._heredoc(node)
            elif kind == "ERROR" or node.is_missing:
                self._errors.append((node.start_byte, node.end_byte))
            if kind == "pipeline":
                first = feed[0] if feed[1] else node.start_byte  # the grammar nests some pipelines
                ahead += [
                    (child, (first, child.start_byte) if number else feed, block, captured)
                    for number, child in reversed(list(enumerate(children)))
                ]
                continue
            opens = kind not in _ONE_LIST
            ahead += [
                (child, self._feed(node, child, feed), child.start_byte if opens else block, captured)
                for child in reversed(children)
            ]

    @staticmethod
    def _feed(node: Node, child: Node, feed: tuple[int, int]) -> tuple[int, int]:
        """What feeds a child: a pipe behind `<<EOF` begins before it, and `< <(…)` stands behind the command."""
        if node.type == "redirected_statement" and child.type == "command":
            for redirect in node.named_children[1:]:
                if any(each.type == "process_substitution" for each in redirect.named_children):
                    return redirect.start_byte, redirect.end_byte
        parent = node.parent if node.type == "heredoc_redirect" else None
        return (parent.start_byte, node.start_byte) if parent and child.type in ("pipeline", "command") else feed

    def _heredoc(self, node: Node) -> None:
        redirect = node.parent
        statement = redirect.parent if redirect else None
        if statement:
            self._heredocs[statement.start_byte] = (node.start_byte, node.end_byte)

    def _redirect(self, children: list[Node]) -> None:
        """Where the output of a command, or of the last one of a pipe, goes to, and what it reads."""
        body = children[0]
        if body.type == "pipeline":
            body = body.named_children[-1]
        for node in children[1:]:
            name = node.child_by_field_name("destination")
            if name and _OUTPUT.match(self._text, node.start_byte):
                self._into[body.start_byte], _, _ = self._word(name)
            elif name and _INPUT.match(self._text, node.start_byte):
                self._source[body.start_byte], _, _ = self._word(name)

    def _assign(self, node: Node) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name and value:
            word, _, _ = self._word(value)
            self._set(self._text[name.start_byte : name.end_byte], word)

    def _assigned(self, written: tuple[Word, ...], words: tuple[Word, ...]) -> None:
        """The words that set a variable for `env`, `make`, a container or a file of variables."""
        for word in written:
            name, equals, value = word.text.partition("=")
            if equals and _ASSIGNMENT.match(word.text) and not (words and word is _given(Command(words, word.place))):
                self._set(name, Word(value, word.place))

    def _set(self, name: str, value: Word) -> None:
        self.variables.append(Variable(name, value.text.replace(UNKNOWN, "$"), value.at))

    def _take(self, node: Node, feed: tuple[int, int], block: int, captured: bool) -> None:
        here = next((child for child in node.named_children if child.type == "herestring_redirect"), None)
        feed = (here.start_byte, here.end_byte) if here else feed
        spans = [[self._joined(pieces) for pieces in line] for line in self._lines(node)]
        if len(spans) > 1:  # a redirection behind them is the last one's
            for files in (self._into, self._source):
                if node.start_byte in files:
                    files[spans[-1][0][1]] = files.pop(node.start_byte)
        for number, span in enumerate(spans):
            written = tuple(word for word, _, _ in span)
            words = unwrapped(written)
            self._assigned(written, words)
            if words:
                start, stop = span[0][1], span[-1][2]
                begins = start if number else node.start_byte
                own = ((0, 0), start) if number else (feed, block)
                self._found.append(_Found(words, begins, stop, *own, captured))

    def _lines(self, node: Node) -> list[list[list[tuple[Word, int, int]]]]:
        """The pieces of each word in each line of a command: the grammar splits some words, and joins some lines."""
        lines: list[list[list[tuple[Word, int, int]]]] = [[]]
        end = node.start_byte
        for piece in self._words(node):
            between = self._text[end : piece[1]]
            if lines[-1] and between in ("", "\\\n"):
                lines[-1][-1].append(piece)
            else:
                lines += [[]] if _BARE_BREAK.search(between) else []
                lines[-1].append([piece])
            end = piece[2]
        return lines

    def _joined(self, pieces: list[tuple[Word, int, int]]) -> tuple[Word, int, int]:
        if len(pieces) == 1:
            return pieces[0]
        start, end = pieces[0][1], pieces[-1][2]
        parts = tuple(part for word, _, _ in pieces for part in word.parts)
        return Word("".join(text for text, _ in parts), Span(self._snippet, start, end), parts), start, end

    def _words(self, node: Node) -> Iterator[tuple[Word, int, int]]:
        for child in node.named_children:
            if child.type in ("variable_assignment", "comment") or child.type.endswith("_redirect"):
                continue
            yield self._word(
                child.named_children[0] if child.type == "command_name" and child.named_children else child
            )

    def _word(self, node: Node) -> tuple[Word, int, int]:
        """A word, where it begins and where it ends."""
        start, end = node.start_byte, node.end_byte
        text = self._text[start:end]
        if node.type != "word" or "\\" in text:
            parts = tuple(self._parts(node))
            text = "".join(text for text, _ in parts)
        else:  # as nearly all are
            parts = ((text, start),)
        return Word(text, Span(self._snippet, start, end), parts), start, end

    def _parts(self, node: Node, depth: int = 20) -> Iterator[tuple[str, int]]:
        """The pieces of a word, with the offsets where they begin."""
        start, end = node.start_byte, node.end_byte
        if node.type in _EXPANSIONS or not depth:
            yield UNKNOWN, start
        elif node.type == "raw_string":
            yield self._text[start + 1 : end - 1], start + 1
        elif node.type == "ansi_c_string":
            yield from self._unescaped(start + 2, end - 1, _ESCAPED)
        elif node.type in ("string", "translated_string", "concatenation"):
            yield from self._composite(node, depth)
        else:
            yield from self._unescaped(start, end, _ESCAPED)

    def _composite(self, node: Node, depth: int) -> Iterator[tuple[str, int]]:
        """What a word of several nodes holds; blanks between them are of no node."""
        quoted = node.type == "string"
        at, end = (node.start_byte + 1, node.end_byte) if quoted else (node.start_byte, node.end_byte)
        end -= quoted and not node.children[-1].is_missing
        for child in node.named_children:
            if child.type == "string_content":
                continue
            if quoted:
                yield from self._unescaped(at, child.start_byte, _ESCAPED_IN_QUOTES)
            yield from self._parts(child, depth - 1)
            at = child.end_byte
        if quoted:
            yield from self._unescaped(at, end, _ESCAPED_IN_QUOTES)

    def _unescaped(self, start: int, end: int, escaped: re.Pattern[str]) -> Iterator[tuple[str, int]]:
        at = start
        for match in escaped.finditer(self._text, start, end):
            if match.start() > at:
                yield self._text[at : match.start()], at
            if not match[1].endswith("\n"):
                yield match[1], match.start(1)
            at = match.end()
        if at < end:
            yield self._text[at:end], at

    def commands(self) -> list[Command]:
        """The commands, in their order."""
        made = [Command(found.words, Span(self._snippet, found.start, found.end)) for found in self._found]
        lists: dict[int, list[tuple[str, ...]]] = {}
        told: list[Command] = []
        for plain, found in zip(made, self._found, strict=True):
            before = lists.setdefault(found.block, [])
            inline = self._within(made, found.start + 1, found.end)
            fed, files = self._within(made, *found.feed), (self._into.get(found.start), self._source.get(found.start))
            near = tuple(before[-NEAR:])
            told.append(Command(plain.words, plain.place, fed, inline, near, *files, is_captured=found.is_captured))
            before.append(tuple(word.text for word in found.words))
        return told

    def _within(self, made: list[Command], start: int, end: int) -> tuple[Command, ...]:
        """The commands that begin between two offsets. They are in the order in which they begin."""
        if start >= end:
            return ()
        first = bisect_left(self._found, start, key=_begin)
        last = bisect_left(self._found, end, key=_begin)
        return tuple(made[first : min(last, first + NEAR)])

    def gaps(self, doubtful: re.Pattern[str]) -> Iterator[Skip]:
        """Where what can't be parsed has a doubtful word in it that is in no command, or in one that ends in a quote without end."""
        for start, end in self._errors[:100]:
            before = bisect_left(self._found, start, key=_begin) - 1
            quote = _OPEN_QUOTE.match(self._text, self._found[before].end) if before >= 0 else None
            is_open = quote is not None and quote.end() > start
            first = self._found[before].start if is_open else start
            for match in doubtful.finditer(self._text, first, min(end, start + 10_000)):
                last = bisect_left(self._found, match.start() + 1, key=_begin) - 1
                if is_open or last < 0 or self._found[last].end <= match.start():
                    line, _ = self._snippet.place(match.start())
                    yield Skip(f"{self._snippet.path}:{line}", "can't be parsed as shell", gap=True)
                    return

    def inner(self, found: list[Command]) -> Iterator[Snippet]:
        """Text that a command gives to a shell: `sh -c TEXT`, `eval TEXT` and `sh <<EOF`."""
        for command, place in zip(found, self._found, strict=True):
            text = _given(command)
            if text:
                yield self._snippet.derived((part.replace(UNKNOWN, "${_}"), at) for part, at in text.parts)
            start, end = self._heredocs.get(place.start, (0, 0))
            if end and command.name in SHELLS:
                yield self._snippet.derived([(self._text[start:end], start)])


def _begin(found: _Found) -> int:
    return found.start


def _given(command: Command) -> Word | None:
    """The word of a command that is shell itself."""
    if command.name == "eval" and len(command.words) == 2:  # noqa: PLR2004
        return command.words[1]
    if command.name not in SHELLS and command.name != "su":
        return None
    words = iter(command.arguments)
    for word in words:
        if re.fullmatch(r"-[a-z]*c", word.text) or word.text == "--command":
            return next(words, None)
        if not word.text.startswith(("-", "+")) and command.name != "su":
            return None
    return None


def unwrapped(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words of the command that others run: without `sudo -u x`, `env A=b`, `time`, …."""
    at = 0
    while at < len(words):
        text = words[at].text
        name = text.rpartition("/")[2]
        if _ASSIGNMENT.match(text) or text == "!":
            at += 1
        elif name in _PREFIXES:
            valued, operands = _PREFIXES[name]
            at += 1
            while at < len(words) and words[at].text.startswith("-"):
                at += 2 if words[at].text in valued else 1
            at += operands
        else:
            break
    return words[at:]
