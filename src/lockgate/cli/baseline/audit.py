"""`lockgate baseline audit`: somebody says of each known secret whether it is a real one."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator

import click
from msgspec import Struct
from msgspec.structs import replace

from lockgate.checks import masking
from lockgate.checks.secrets.baseline import Baseline, Entry, Secret, Verdict, strongest
from lockgate.checks.secrets.examined import Examined
from lockgate.checks.secrets.known import Known
from lockgate.cli._options import baseline_option, path_argument
from lockgate.cli.baseline._place import Place, look, place_of, tell_gaps
from lockgate.cli.baseline._terminal import QUIT, ask, check_terminal, reveal
from lockgate.model.errors import counted
from lockgate.model.secret import SecretValue
from lockgate.reports.text import visible

AROUND = 3  # lines before and behind
LONGEST = 4_000  # characters of a value that is shown
QUESTION = "real (r), false positive (f), skip (s), back (b), view the value (v), quit (q)?"
VERDICTS = {"r": Verdict.REAL, "f": Verdict.FALSE}


class Step(Struct, kw_only=True):
    """One known secret: its entries, where it stands, and its lines with all values masked."""

    entries: set[tuple[str, str, str]]
    verdict: Verdict
    place: str
    rule: str
    lines: list[str]
    value: SecretValue


@click.command("audit", short_help="Go through the known secrets: real or false?")
@path_argument
@baseline_option
@click.option("--all", "every", is_flag=True, help="Go through those that have a verdict, too.")
def command(path: str, baseline: str | None, every: bool) -> int:
    """Go through the known secrets of the repository in PATH and say of each whether it is a real one.

    Values are masked until you ask for one. Each answer is saved at once; the next audit begins at the first secret
    that has none.
    """
    check_terminal()
    place = place_of(path, baseline)
    gaps: list[str] = []
    baseline_now = place.load()
    steps = list(_steps(place, baseline_now, gaps))
    _walk(place, steps, every=every)
    number = Counter(step.verdict for step in steps)
    click.echo(f"{place.path}: {', '.join(f'{number[verdict]:,} {verdict}' for verdict in Verdict)}")
    gone = len(baseline_now.entries) - sum(len(step.entries) for step in steps)
    if gone > 0:
        click.echo(
            f"{counted(gone, 'entry', 'entries')} match nothing that is there; see lockgate baseline update --prune"
        )
    tell_gaps(place, gaps)
    return 0


def _walk(place: Place, steps: list[Step], *, every: bool) -> None:
    """Ask for each step; back goes to the one that was asked for before."""
    asked: list[int] = []
    at = _next(steps, 0, every=every)
    while at < len(steps):
        step = steps[at]
        _show(step, at, len(steps))
        answer = ask(QUESTION, "rfsbvq")
        if answer == QUIT:
            return
        if answer == "v":
            reveal(visible(step.value.reveal()[:LONGEST], keep="\n"))
        elif answer == "b":
            at = asked.pop() if asked else at
        else:
            if answer in VERDICTS:
                _decide(place, step, VERDICTS[answer])
            asked.append(at)
            at = _next(steps, at + 1, every=every)


def _next(steps: list[Step], start: int, *, every: bool) -> int:
    """The first step from `start` on that has to be asked for; behind the last one where there is none."""
    wanted = (at for at in range(start, len(steps)) if every or steps[at].verdict is Verdict.UNREVIEWED)
    return next(wanted, len(steps))


def _decide(place: Place, step: Step, verdict: Verdict) -> None:
    """Save a verdict in the baseline as it is now: somebody else may have written to it."""
    step.verdict = verdict
    baseline = place.load()
    place.save(
        baseline.rendered(
            replace(entry, verdict=verdict) if _name(entry) in step.entries else entry for entry in baseline.entries
        )
    )


def _steps(place: Place, baseline: Baseline, gaps: list[str]) -> Iterator[Step]:
    """The known secrets that are there, by path and line. One that stands in a file twice is one step."""
    for file in look(place, Known(place.tree, baseline), gaps, only=set(baseline.paths)):
        of = baseline.of(file.path)
        masked = None
        done: set[tuple[str, str, str]] = set()
        for secret, places in zip(file.secrets, baseline.matching(file.path, file.secrets), strict=True):
            entries = [of[number] for number in places]
            names = set(map(_name, entries))
            if names - done:
                done |= names
                masked = masked or masking.mask(file.text, file.seen.sightings).split("\n")
                yield _step(file, secret, entries, masked)


def _name(entry: Entry) -> tuple[str, str, str]:
    return entry.path, entry.identity, entry.rule


def _step(file: Examined, secret: Secret, entries: list[Entry], masked: list[str]) -> Step:
    finding, group = secret
    return Step(
        entries=set(map(_name, entries)),
        verdict=strongest(entries),
        place=f"{visible(file.path)}:{finding.line}",
        rule=finding.rule,
        lines=list(_context(masked, secret)) if any(masked) else ["(no line can be shown without a value in it)"],
        value=group[0].value,
    )


def _context(masked: list[str], secret: Secret) -> Iterator[str]:
    """The lines around a secret, each cut to what fits in a line of the terminal; of the long ones its surroundings."""
    finding = secret[0]
    width = max(20, shutil.get_terminal_size().columns - 12)
    start = max(0, finding.column - 1 - width // 2)
    for number in range(max(1, finding.line - AROUND), min(len(masked), finding.line + AROUND) + 1):
        line = masked[number - 1].rstrip("\r").expandtabs(4)
        mark = ">" if number == finding.line else " "
        shown = line[start : start + width] if len(line) > width and number == finding.line else line[:width]
        yield f"{mark} {number:>6} | {visible(shown)}"


def _show(step: Step, at: int, number: int) -> None:
    click.echo(f"\n{at + 1:,} of {counted(number, 'secret')}   {step.place}   {step.rule}   {step.verdict}")
    for line in step.lines:
        click.echo(line)
