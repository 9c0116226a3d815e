"""Pages that are made from rules."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from report_samples import rule
from syrupy.assertion import SnapshotAssertion

from lockgate.model.rule import Status, page
from lockgate.reports.rule_page import rule_page, rule_pages

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """The script docs/generate.py."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_page(snapshot: SnapshotAssertion) -> None:
    described = rule(cwe=(798,), aliases=("a|b",), status=Status.DEPRECATED, help_uri="https://host.example/help")
    assert rule_page(described) == snapshot


def test_a_page_does_not_link_to_itself() -> None:
    assert "Read more" not in rule_page(rule())


def test_which_rules_get_a_page() -> None:
    own = [rule("pins/one"), rule("audit/two", help_uri="")]
    shared = [rule(f"secrets/kind-{n}", help_uri=page("secrets/engine")) for n in (1, 2)]
    foreign = rule("lint/elsewhere", help_uri="https://host.example/elsewhere")
    made = rule_pages([foreign, *shared, *own])
    assert sorted(made) == ["README.md", "audit/two.md", "pins/one.md", "secrets/engine.md"]
    assert "- `secrets/kind-2` (high)" in made["secrets/engine.md"]
    assert "| [secrets/engine](secrets/engine.md) | | | 2 rules that share a page |" in made["README.md"]
    assert "elsewhere" not in made["README.md"]


def test_update_writes_what_differences_tell(tmp_path: Path, generate: ModuleType) -> None:
    wanted = {"rules/README.md": b"index", "rules/pins/new.md": b"new", "report.schema.json": b"{}"}
    (tmp_path / "rules" / "pins").mkdir(parents=True)
    (tmp_path / "rules" / "pins" / "gone.md").write_bytes(b"gone")
    (tmp_path / "rules" / "README.md").write_bytes(b"old")
    (tmp_path / "own.md").write_bytes(b"written by hand")
    assert generate.differences(tmp_path, wanted) == {
        "rules/pins/gone.md": "surplus",
        "rules/README.md": "stale",
        "rules/pins/new.md": "missing",
        "report.schema.json": "missing",
    }
    generate.update(tmp_path, wanted)
    assert generate.differences(tmp_path, wanted) == {}
    assert (tmp_path / "own.md").exists()
    assert not (tmp_path / "rules" / "pins" / "gone.md").exists()


def test_check_names_each_page_and_writes_none(
    tmp_path: Path, generate: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    monkeypatch.setattr(generate, "listed_rules", lambda: [rule("pins/one")])
    assert generate.main(["--check"]) == 1
    assert "docs/rules/pins/one.md is missing; run `python docs/generate.py`" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    assert generate.main(["--unknown"]) == 2


def test_the_committed_pages_are_up_to_date(generate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().err
