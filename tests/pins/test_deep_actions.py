"""Actions whose paths can't be copied for zizmor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lockgate.checks.run import run_check
from lockgate.model.record import Outcome
from support import git, target

ACTION = "name: a\ndescription: b\nruns:\n  using: composite\n  steps:\n    - uses: actions/checkout@v4\n"


def test_a_path_that_can_not_be_copied_hides_no_other_action(repository: Callable[..., Path]) -> None:
    """Such a path is in git's index only, because this test could not make its folders either."""
    root = repository({"action.yml": ACTION})
    path = "a/" * 1_500 + "action.yml"
    blob = git(root, "hash-object", "-w", "action.yml").strip()
    git(root, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    git(root, "update-index", "--skip-worktree", path)
    record = run_check("pins", target(root))
    assert {finding.path for finding in record.findings} == {"action.yml"}
    assert [skip.subject for skip in record.coverage.skipped if skip.gap] == [path]
    assert record.outcome is Outcome.INCOMPLETE
