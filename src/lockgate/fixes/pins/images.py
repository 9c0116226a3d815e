"""Container images: `name:tag` becomes `name:tag@sha256:…`, wherever it stands.

A name that a variable is a part of is left: who gives the variable would have to give the digest, too.
"""

from __future__ import annotations

import re

from lockgate.fixes.base import Left
from lockgate.fixes.edits import ONLINE, Edit, Job, Piece, Proposal
from lockgate.model.errors import UnavailableError, shortened
from lockgate.model.finding import Finding
from lockgate.remotes.hosts import Hosts
from lockgate.remotes.registry import Image, digests

RULES = ("pins/unpinned-image",)

_NO_DIGEST = "its name is made of variables or written in an unusual way"


def propose(job: Job) -> Proposal:
    """The digests of what the registries have under the names."""
    if not job.settings.online:
        return Proposal(waiting={ONLINE: len(job.findings)})
    wanted: list[tuple[Finding, Image, int, str]] = []
    left: list[Left] = []
    for finding in job.findings:
        try:
            wanted.append((finding, *_written(finding, Piece.of(finding, job.files))))
        except UnavailableError as error:
            left.append(Left(finding, str(finding.properties.get("pinned", "an image")), str(error)))
    known = digests(dict.fromkeys(image for _, image, _, _ in wanted), Hosts(job.settings.online_hosts))
    edits: list[Edit] = []
    for finding, image, end, name in wanted:
        digest = known[image]
        if isinstance(digest, str):
            edits.append(Edit(finding, finding.line, end, end, f"@{digest}", name, digest))
        else:
            left.append(Left(finding, name, str(digest)))
    return Proposal(tuple(edits), tuple(left))


def _written(finding: Finding, piece: Piece | None) -> tuple[Image, int, str]:
    """The image, where its name ends on its line, and the name as it is written. Raises UnavailableError where that can't be told."""
    name = str(finding.properties.get("pinned", ""))
    before = r"(?:(?<=docker://)|(?<=docker-image://)|(?<![\w./:@-]))"
    # A word may go on behind a quotation mark.
    pattern = rf"{before}{re.escape(name)}(?::[A-Za-z0-9_][\w.-]{{0,127}})?(?![\\'\"]*[\w./:@${{-])"
    every = re.finditer(pattern, piece.text + piece.behind) if piece else ()
    found = [each for each in every if piece and each.start() < len(piece.text)]
    if piece is None or len(found) != 1:
        raise UnavailableError(_NO_DIGEST)
    folder, slash, last = found[0][0].rpartition("/")
    own, _, tag = last.partition(":")
    return Image.of(f"{folder}{slash}{own}", tag), len(piece.before) + found[0].end(), shortened(found[0][0])
