"""What a run says of the engines: each scans under its own settings, and results are kept for those only."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks import redact
from lockgate.checks.run import run_check
from lockgate.engines.secrets import detect_secrets
from lockgate.engines.secrets.detect_secrets_settings import builtin_plugins, forget
from lockgate.engines.secrets.scanners import Scanners, scanners
from lockgate.model.engine_options import EngineOptions
from lockgate.model.record import Outcome, Record
from support import HEX, lockgate, noise, target, write

PLUGIN = """import re
from detect_secrets.plugins.base import RegexBasedDetector

class {name}(RegexBasedDetector):
    secret_type = "Ticket (of ours)"  # lockgate: allow[secrets/hard-coded-password]
    denylist = (re.compile(r"{pattern}"),)
"""
TICKET = "TICK" + "-4711-abc"
TEXT = f'see {TICKET}\npassword = "{noise(14)}"\ndigest = "{noise(40, HEX)}"\n'


def settings(*plugins: str, filters: tuple[str, ...] = (), **limits: float) -> EngineOptions:
    told = {
        "plugins_used": [{"name": name} for name in plugins]
        + [{"name": name, "limit": limit} for name, limit in limits.items()],
        "filters_used": [{"path": f"detect_secrets.filters.{name}"} for name in filters],
    }
    return EngineOptions(engines=("detect-secrets",), detect_secrets=json.dumps(told))


def kinds(options: EngineOptions) -> set[str]:
    return {seen.kind for seen in scanners(options).scan("a.py", TEXT.encode()).sightings}


def test_scanners_with_other_settings_take_turns() -> None:
    keyword, digests = settings("KeywordDetector"), settings(HexHighEntropyString=2.0)
    default = EngineOptions(engines=("detect-secrets",))
    for _ in range(2):
        assert kinds(keyword) == {"Secret Keyword"}
        assert "*" in redact.text(TEXT)
        assert kinds(digests) == {"Hex High Entropy String"}
        assert kinds(default) == {"Secret Keyword", "Hex High Entropy String"}


def test_what_is_kept_is_kept_for_its_settings() -> None:
    keys = [
        Scanners(options).key for options in (EngineOptions(), settings("KeywordDetector"), settings("NpmDetector"))
    ]
    assert len(set(keys)) == 3


def test_only_limits_change_the_conditions() -> None:
    key = detect_secrets.conditions_key
    assert key(EngineOptions()) == key(settings("KeywordDetector", filters=("heuristic.is_lock_file",)))
    assert key(EngineOptions()) != key(settings(HexHighEntropyString=2.0))


@pytest.mark.parametrize(
    ("limit", "different"),
    [(0.0, 2), (1e-12, 2), (1.0, 3), (3.0, 9), (3.5, 12), (2.321928094887362, 5), (8.0, 257), (math.nan, 257)],
)
def test_a_string_over_the_limit_has_so_many_different_characters(limit: float, different: int) -> None:
    """The entropy of n different ones is at most log2(n); 2.32... is that of 5 and may be rounded up."""
    plugins = {type(plugin).__name__: plugin for plugin in builtin_plugins(settings(HexHighEntropyString=limit))}
    assert detect_secrets._run(plugins["HexHighEntropyString"])[1] == different


def record(root: Path, *plugins: Path) -> Record:
    return run_check("secrets", target(root, detect_secrets_plugins=tuple(map(str, plugins))))


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    write(tmp_path, {"tickets.py": PLUGIN.format(name="Tickets", pattern="TICK-[0-9a-z-]+")})
    return tmp_path / "tickets.py"


def test_a_plug_in_of_the_users_own_takes_part(repository: Callable[..., Path], plugin: Path) -> None:
    root = repository({"a.txt": f"see {TICKET}\n"})
    assert not record(root).findings
    found = record(root, plugin)
    assert found.outcome is Outcome.COMPLETE
    assert [(finding.rule, finding.line, finding.column) for finding in found.findings] == [
        ("secrets/ticket-of-ours", 1, 5)
    ]
    (rule,) = found.rules
    assert rule.summary == "detect-secrets sees: Ticket (of ours)."
    assert found.coverage.notes == (
        "detect-secrets scans every line of every file, which takes longer, because of plug-ins that are not its own",
    )


def test_a_plug_in_that_changed_is_asked_again(own_cache: Path, repository: Callable[..., Path], plugin: Path) -> None:
    root = repository({"a.txt": f"see {TICKET}\n"})
    assert own_cache
    assert record(root, plugin).findings
    plugin.write_text(PLUGIN.format(name="Tickets", pattern="CARD-[0-9]+"))
    scanners.cache_clear()
    forget()  # as a new process does
    assert not record(root, plugin).findings


@pytest.mark.parametrize("text", ["import nothing_of_this_name\n", "x = 1\n", "def (\n", "raise SystemExit\n"])
def test_a_plug_in_that_can_not_be_loaded_leaves_no_complete_record(
    repository: Callable[..., Path], plugin: Path, text: str
) -> None:
    plugin.write_text(text)
    found = record(repository({"a.txt": "x\n"}), plugin)
    assert found.outcome is Outcome.INCOMPLETE
    assert str(plugin) in found.reason


def test_plug_ins_are_named_in_the_users_configuration_only(
    repository: Callable[..., Path], tmp_path: Path, plugin: Path
) -> None:
    root = repository({"a.txt": f"see {TICKET}\n"})
    write(tmp_path, {"config/lockgate/config.toml": f'detect-secrets-plugins = ["{plugin}"]\n'})
    own = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    done = lockgate("check", "secrets", "--json", "-", cwd=root, env=own)
    (told,) = json.loads(done.stdout)["records"]
    assert [finding["rule"] for finding in told["findings"]] == ["secrets/ticket-of-ours"]

    write(root, {"pyproject.toml": f'[tool.lockgate]\ndetect-secrets-plugins = ["{plugin}"]\n'})
    done = lockgate("check", "secrets", cwd=root)
    assert done.returncode == 2
    assert "can't be set by the repository that is scanned" in done.stderr


@pytest.mark.parametrize("path", ["tickets.py", "/no/such/file.py"])
def test_a_plug_in_is_named_by_its_whole_path(tmp_path: Path, plugin: Path, path: str) -> None:
    write(tmp_path, {"config/lockgate/config.toml": f'detect-secrets-plugins = ["{path}"]\n'})
    done = lockgate("check", "secrets", cwd=plugin.parent, env={"XDG_CONFIG_HOME": str(tmp_path / "config")})
    assert done.returncode == 2
    assert "give its whole path" in done.stderr
