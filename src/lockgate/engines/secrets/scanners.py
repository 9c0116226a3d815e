"""The engines at work: which of them can run here, where they can find anything, and what they see."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property, partial

from msgspec import Struct, field
from msgspec.structs import replace

from lockgate.engines.secrets import extract
from lockgate.engines.secrets.base import MOST_SIGHTINGS, LeftOutError, Scan, SecretEngine, Sighting
from lockgate.engines.secrets.prefilter import Prefilter
from lockgate.inputs.allow import without_brackets
from lockgate.inputs.files import is_binary
from lockgate.model.engine_options import EngineOptions
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Location
from lockgate.model.modules import loaded
from lockgate.model.record import Engine, Skip

MOST_INSIDE = 4 * MOST_SIGHTINGS  # of all engines in one file
MOST_COMPARED = 10_000_000  # pairs of what was seen in a file and inside of it; beyond, each is told by itself


@cache
def engines() -> dict[str, SecretEngine]:
    """The engines that look for secrets, by name."""
    return {module.ENGINE: module for module in loaded("lockgate.engines.secrets") if hasattr(module, "load_scanner")}


class Seen(Struct):
    """What the engines saw in one file: how many looked, where one gave up, and who left it out for which reason."""

    sightings: list[Sighting] = field(default_factory=list)
    looked: int = 0
    gaps: list[Skip] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


class Scanners:
    """The engines that can run here, each loaded when it is first needed.

    `notes` tell of those that can't. Raises UnavailableError where none can.
    """

    def __init__(self, options: EngineOptions = EngineOptions()) -> None:
        self._options = options
        self._engines: dict[str, SecretEngine] = {}
        self._scans: dict[str, Scan] = {}
        self._unfiltered: set[str] = set()
        self.engines: list[Engine] = []
        self.notes: list[str] = []
        for name, engine in engines().items():
            if options.engines and name not in options.engines:
                continue
            try:
                self.engines.append(Engine(name, engine.version()))
                self._engines[name] = engine
            except UnavailableError as error:
                self.notes.append(f"{name} took no part: {error}")
                continue
            why = engine.unfiltered(options)
            if why:
                self._unfiltered.add(name)
                self.notes.append(f"{name} scans every line of every file, which takes longer, because of {why}")
        if not self._engines:
            raise UnavailableError("; ".join(self.notes))
        for name in self._unfiltered:
            self._scan_of(name)  # what is wrong with the user's own code shows before anything is scanned

    @property
    def key(self) -> str:
        """Names the engines and all that their findings depend on."""
        versions = [(name, engine.version(), engine.key(self._options)) for name, engine in self._engines.items()]
        return repr((versions, self._options.deep))

    def may_find(self, path: str, data: bytes) -> bool:
        """Whether any engine can find anything in a file; none is loaded to tell."""
        prefilter, plain = self.prefilter, without_brackets(data)
        if prefilter is None or self._unfiltered or (self._options.deep and extract.may_open(path, data)):
            return True
        return any(engine.may_find(path, plain, prefilter) for engine in self._engines.values())

    def scan(self, path: str, data: bytes) -> Seen:
        """Let every engine scan one file, and what is inside of it where the options say so."""
        seen = self._look(path, data)
        if self._options.deep:
            self._look_inside(path, data, seen)
        return seen

    def _look_inside(self, path: str, data: bytes, seen: Seen) -> None:
        outer, compared = list(seen.sightings), 0
        try:
            for part in extract.parts(path, data):
                inner = self._look(f"{path}!{part.name}", part.data)
                seen.looked += inner.looked
                seen.gaps += [Skip(path, f"inside, in {part.name}: {gap.reason}", gap=True) for gap in inner.gaps]
                if not inner.looked and not inner.gaps and not is_binary(part.data):
                    seen.gaps.append(Skip(path, f"inside, in {part.name}: no engine looks into it", gap=True))
                for found in map(partial(_outside, path, part), inner.sightings):
                    compared += len(outer)
                    same = list(_same(outer, found, part)) if compared <= MOST_COMPARED else []
                    for number in same:
                        seen.sightings[number] = replace(outer[number], inside=found.inside)
                    if not any(found.value.reveal() in outer[number].value.reveal() for number in same):
                        seen.sightings.append(found)  # a larger one than what was seen is one all the same
                if len(seen.sightings) > MOST_INSIDE:
                    many = f"inside are more than {MOST_INSIDE:,} secrets; only these are reported"
                    seen.gaps.append(Skip(path, many, gap=True))
                    break
        except extract.NotOpenedError as why:
            seen.gaps.append(Skip(path, f"not looked into: {why}; exclude it if it holds no text", gap=True))

    def _look(self, path: str, data: bytes) -> Seen:
        """What the engines see in the bytes. Of an engine's error only the type is told: its text may hold the secret."""
        seen, plain = Seen(), without_brackets(data)
        for name in self._engines:
            try:
                sightings = self._scan_of(name)(path, plain)
            except LeftOutError as why:
                seen.left_out.append((name, str(why)))
            except TimeoutError:
                reason = f"{name} took too long; exclude the file if it holds no text"
                seen.gaps.append(Skip(path, reason, gap=True))
            except Exception as error:  # noqa: BLE001 - one file that breaks an engine must not hide the others
                seen.gaps.append(Skip(path, f"{name} broke on it: {type(error).__name__}", gap=True))
            else:
                seen.looked += 1
                seen.sightings += map(self._told, sightings[:MOST_SIGHTINGS])
                if len(sightings) > MOST_SIGHTINGS:
                    many = f"{name} sees more than {MOST_SIGHTINGS:,} secrets; only these are reported"
                    seen.gaps.append(Skip(path, many, gap=True))
        return seen

    def _told(self, seen: Sighting) -> Sighting:
        """A sighting that says so where its provider could not be asked, though it should have been."""
        return replace(seen, verified="unknown") if self._options.verify and not seen.verified else seen

    def _scan_of(self, name: str) -> Scan:
        if name not in self._scans:
            prefilter = None if name in self._unfiltered else self.prefilter
            self._scans[name] = self._engines[name].load_scanner(self._options, prefilter)
        return self._scans[name]

    @cached_property
    def prefilter(self) -> Prefilter | None:
        """The conditions of all engines that have any, None where Hyperscan is not installed."""
        filtered = [engine for name, engine in self._engines.items() if name not in self._unfiltered]
        about = [(engine.ENGINE, engine.version(), engine.conditions_key(self._options)) for engine in filtered]
        try:
            return Prefilter(
                repr(about), lambda: [each for engine in filtered for each in engine.conditions(self._options)]
            )
        except ImportError:
            return None


def _outside(path: str, part: extract.Part, seen: Sighting) -> Sighting:
    """What was seen inside of a file, at its place in that: the whole line, or the beginning where it has no lines."""
    line = seen.at.line
    outer = part.lines[min(line, len(part.lines)) - 1] if part.lines else 1
    at = Location(path=path, line=outer, column=1, end_line=outer + bool(part.lines), end_column=1 if part.lines else 2)
    return replace(seen, at=at, exact=False, inside=f"{part.name}, line {line}")


def _same(outer: list[Sighting], inner: Sighting, part: extract.Part) -> Iterator[int]:
    """Which of the sightings in a file are of what was seen inside of it: what is not compressed is seen twice."""
    value = inner.value.reveal()
    for number, seen in enumerate(outer):
        whole = seen.value.reveal()
        if (value in whole or whole in value) and (seen.at.line == inner.at.line or not part.lines):
            yield number


@cache
def scanners(options: EngineOptions = EngineOptions()) -> Scanners:
    """The engines of this process, used as the options say."""
    return Scanners(options)
