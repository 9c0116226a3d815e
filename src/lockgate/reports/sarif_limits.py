"""What GitHub code scanning takes of a SARIF file, and the texts within it."""

from __future__ import annotations

import gzip

from lockgate.reports.text import clip, visible

# GitHub refuses a file with over 25,000 results, and of those in it shows 5,000. It picks by a severity that it reads
# from the rules; keeping the first 5,000 by our own order makes sure that it shows the worst.
RESULTS = 5_000
PACKED_BYTES = 10_000_000
TAGS = 10
NAME = 255
DESCRIPTION = 1_024
MESSAGE = 1_024
HELP = 16_384


def fits(data: bytes) -> bool:
    """Whether a file is small enough once it is packed for the upload."""
    return len(data) < PACKED_BYTES or len(gzip.compress(data, compresslevel=6)) < PACKED_BYTES


def message(text: str) -> str:
    """A text for people: it ends with a full stop, and has nothing that a viewer takes for a link or placeholder."""
    # `[text](1)` would be a link to a related location, `{0}` the place of an argument.
    plain = visible(" ".join(text.split())).replace("](", "] (").replace("{", "{{").replace("}", "}}")
    plain = clip(plain or "No message", MESSAGE - 1)
    return plain if plain.endswith((".", "!", "?", "…")) else plain + "."


def description(text: str) -> str:
    """A text about a rule on one line, at most as long as GitHub shows."""
    return clip(visible(" ".join(text.split())) or "No description", DESCRIPTION)
