"""Times `lockgate check audit --advisories osv-api`: 1,000 pins, and OSV's API on the loopback device with added latency.

`python bench/osv_api.py ALL_ZIP [MILLISECONDS]`. The server, that of the tests, is a process of its own and has the records of an
OSV zip; 60 of the pins are a version that these list of some package.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

RUNS = 5
PINS, LISTED = 1_000, 60
TESTS = Path(__file__).parent.parent / "tests" / "audit"


def records(path: str) -> list[dict[str, object]]:
    with zipfile.ZipFile(path) as archive:
        return [json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")]


def serve(path: str, milliseconds: float) -> None:
    """Answer until we are ended; the address is the first line of standard output."""
    sys.path.insert(0, str(TESTS))
    from osv_server import serving

    with serving(records(path), milliseconds / 1000) as server:
        print(server.url, flush=True)
        time.sleep(3600)


def pins(path: str) -> str:
    chance = random.Random(1)  # noqa: S311 - no secret
    versions: dict[str, list[str]] = {}
    for record in records(path):
        for one in record["affected"]:  # type: ignore[attr-defined]
            versions.setdefault(one["package"]["name"], []).extend(one.get("versions", []))
    chosen = chance.sample(sorted(name for name in versions if versions[name]), LISTED)
    pinned = {name: chance.choice(versions[name]) for name in chosen}
    pinned |= {f"bench-{number}": "1.0" for number in range(PINS - len(pinned))}
    return "".join(f"{name}=={version}\n" for name, version in pinned.items())


def measure(project: str, url: str, cache: str, *, kept: bool) -> float:
    """The median of the seconds of a whole process, with what earlier ones kept of the records or without."""
    environ = {**os.environ, "LOCKGATE_OSV_API": url, "XDG_CACHE_HOME": cache}
    command = [sys.executable, "-m", "lockgate", "check", "audit", project, "--advisories", "osv-api"]
    taken = []
    for _ in range(RUNS + 1):
        for file in () if kept else Path(cache).glob("lockgate/osv-api/*"):
            file.unlink()
        started = time.perf_counter()
        subprocess.run([*command, "--sarif", f"{cache}/r.sarif"], env=environ, capture_output=True, check=False)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


def main(path: str, milliseconds: float) -> None:
    command = [sys.executable, __file__, "serve", path, str(milliseconds)]
    with tempfile.TemporaryDirectory() as project, tempfile.TemporaryDirectory() as cache:
        Path(project, "requirements.txt").write_text(pins(path), encoding="utf-8")
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout  # noqa: S101 - it is a pipe
            url = server.stdout.readline().strip()
            try:
                first, again = (measure(project, url, cache, kept=kept) for kept in (False, True))
            finally:
                server.terminate()
    print(f"{milliseconds:g} ms added: first {first:.2f} s, with the records kept {again:.2f} s")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], float(sys.argv[3]))
    else:
        main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 40.0)  # noqa: PLR2004
