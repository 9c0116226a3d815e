"""Times the audit of 1,000 exact pins, and that of its peers, in the same run against servers on the loopback device.

    LOCKGATE_ADVISORIES=all.zip nox -s bench-audit -- --runs 9
    LOCKGATE_ADVISORIES=all.zip python bench/audit.py --latency 40

The zip is OSV's export for PyPI. The server is a process of its own that speaks OSV's API, the JSON API and the simple API of a package
index, each answer `--latency` milliseconds late. Every tool writes SARIF where it can, and has run once before it is timed, so that
its cache is warm. Runs alternate; a tool that is not installed is left out. Peers: `pip-audit` (its answers redirected to the server),
`uv audit` and `pysentry-rs` (maintenance checks and resolver off), the last two told the server's OSV API.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PINS = 1_000
KNOWN = 60  # of them, packages that have advisories
DIGEST = "sha256:" + "ab" * 32
SCRIPTS = Path(sysconfig.get_path("scripts"))
PIP_AUDIT = """\
import sys, requests
send = requests.Session.send
def redirected(self, request, **options):
    path = request.url.split("/", 3)[3]
    request.url = f"{sys.argv[1]}/{path}"
    return send(self, request, **options)
requests.Session.send = redirected
from pip_audit._cli import audit
sys.argv = ["pip-audit", *sys.argv[2:]]
audit()
"""


# The server.


class Answers:
    """What the three services say, made of the records in a zip by lockgate's own index."""

    def __init__(self, source: Path, pins: dict[str, str]) -> None:
        import zipfile

        from lockgate.advisories.store import open_given

        with zipfile.ZipFile(source) as archive:
            members = {name[:-5]: archive.read(name) for name in archive.namelist() if name.endswith(".json")}
        # A record without it has this version; pysentry-rs wants to be told.
        self._records = {
            name: b'{"schema_version": "1.0.0", ' + record.lstrip()[1:] for name, record in members.items()
        }
        index = open_given(str(source), offline=True)
        self._ids: dict[tuple[str, str], list[str]] = {}
        for name, version in pins.items():
            found = index.lookup(name, version)
            ids = [each for advisory in found for each in (advisory.id, *advisory.aliases) if each in self._records]
            self._ids[name, version] = ids

    def of(self, path: str, body: bytes) -> tuple[str, bytes]:
        """The content type and content for a request. Raises LookupError for what there is not."""
        parts = path.strip("/").split("/")
        if path == "/v1/querybatch":
            return "application/json", json.dumps(
                {"results": list(map(self._found, json.loads(body)["queries"]))}
            ).encode()
        if path == "/v1/query":
            ids = [each["id"] for each in self._found(json.loads(body)).get("vulns", ())]
            return "application/json", b'{"vulns": [%b]}' % b", ".join(self._records[each] for each in ids)
        if parts[:2] == ["v1", "vulns"]:
            return "application/json", self._records[parts[2]]
        if parts[0] == "simple":
            files = [{"filename": f"{parts[1]}-1.0.tar.gz", "url": "x", "hashes": {"sha256": DIGEST[7:]}}]
            about = {"meta": {"api-version": "1.4"}, "name": parts[1], "files": files, "versions": ["1.0"]}
            return "application/vnd.pypi.simple.v1+json", json.dumps(about).encode()
        found = [json.loads(self._records[each]) for each in self._ids.get((parts[1], parts[2]), ())]
        known = [
            {"id": each["id"], "details": each.get("details", ""), "aliases": each.get("aliases", []), "fixed_in": [], "link": "", "source": "osv"}
            for each in found
        ]  # fmt: skip
        about = {"info": {"name": parts[1], "version": parts[2]}, "urls": [], "vulnerabilities": known}
        return "application/json", json.dumps(about).encode()

    def _found(self, query: dict[str, Any]) -> dict[str, Any]:
        ids = self._ids.get((query["package"]["name"], query.get("version", "")), [])
        return (
            {"vulns": [{"id": each, "modified": json.loads(self._records[each])["modified"]} for each in ids]}
            if ids
            else {}
        )


async def serve(latency: float, answers: Answers) -> None:
    """Answer until we are ended; the port is the first line of standard output."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = head.split("\r\n")
                length = next(
                    (int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")), 0
                )
                given, status = await reader.readexactly(length), "200 OK"
                try:
                    kind, body = answers.of(lines[0].split(" ")[1], given)
                except LookupError:
                    kind, body, status = "application/json", b"{}", "404 Not Found"
                await asyncio.sleep(latency / 1000)
                about = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nCache-Control: max-age=600\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(about.encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# The project.


def chosen(source: Path) -> dict[str, str]:
    """1,000 pins: some of packages that have advisories, each at the last version that one of these lists."""
    import zipfile

    listed: dict[str, str] = {}
    with zipfile.ZipFile(source) as archive:
        for member in sorted(archive.namelist()):
            for affected in json.loads(archive.read(member)).get("affected", ()) if member.endswith(".json") else ():
                versions = [each for each in affected.get("versions") or () if each.replace(".", "").isdigit()]
                if versions:
                    listed[affected["package"]["name"].lower().replace("_", "-").replace(".", "-")] = versions[-1]
    names = random.Random(7).sample(sorted(listed), KNOWN)  # noqa: S311 - the same in every run
    return {name: listed[name] for name in names} | {f"demo-{number}": "1.0" for number in range(PINS - KNOWN)}


def write_project(folder: Path, pins: dict[str, str], index: str) -> None:
    """A requirements file in one folder, a project with a uv.lock in another."""
    (folder / "pins").mkdir()
    (folder / "lock").mkdir()
    (folder / "pins" / "requirements.txt").write_text("".join(f"{name}=={version}\n" for name, version in pins.items()))
    names = list(pins)
    direct = "".join(f'    "{name}",\n' for name in names[:50])
    about = '[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">=3.11"\n'
    (folder / "lock" / "pyproject.toml").write_text(f"{about}dependencies = [\n{direct}]\n")
    needed = "".join(f'    {{ name = "{name}" }},\n' for name in sorted(names[:50]))
    lock = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n'
    lock += f'[[package]]\nname = "app"\nversion = "1.0"\nsource = {{ virtual = "." }}\ndependencies = [\n{needed}]\n\n'
    lock += f"[package.metadata]\nrequires-dist = [\n{needed}]\n\n"
    for number, (name, version) in enumerate(pins.items()):
        file = f'url = "{index}/files/{name.replace("-", "_")}-{version}'
        after = "".join(
            f'    {{ name = "{needs}" }},\n' for needs in sorted(names[50 + number * 20 : 70 + number * 20])
        )
        lock += f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ registry = "{index}/simple" }}\n'
        lock += f"dependencies = [\n{after}]\n" if after else ""
        lock += f'sdist = {{ {file}.tar.gz", hash = "{DIGEST}", size = 12345 }}\nwheels = [\n'
        lock += f'    {{ {file}-py3-none-any.whl", hash = "{DIGEST}", size = 12345 }},\n]\n\n'
    (folder / "lock" / "uv.lock").write_text(lock)


# The contest.


def tool(name: str) -> str | None:
    beside = SCRIPTS / name
    return str(beside) if beside.exists() else shutil.which(name)


def contests(folder: Path, server: str, pysentry: str | None) -> dict[str, dict[str, list[str]]]:
    """By contest the commands, ours first."""
    lockgate = tool("lockgate") or sys.exit("lockgate is not installed")
    sarif = ["--no-progress", "--sarif", str(folder / "ours.sarif")]
    pins, lock = str(folder / "pins"), str(folder / "lock")
    of_pins = {"lockgate": [lockgate, "check", "audit", pins, *sarif]}
    of_lock = {"lockgate": [lockgate, "check", "audit", lock, *sarif]}
    requirements = str(folder / "pins" / "requirements.txt")
    if tool("pip-audit"):
        options = ["--no-deps", "--disable-pip", "-r", requirements, "-f", "json", "-o", str(folder / "pip-audit.json")]
        of_pins["pip-audit"] = [
            sys.executable,
            "-c",
            PIP_AUDIT,
            server,
            *options,
            "--cache-dir",
            str(folder / "pip-audit"),
        ]
    if uv := tool("uv"):
        of_lock["uv audit"] = [
            uv,
            "audit",
            "--frozen",
            "--project",
            lock,
            "--service-url",
            server,
            "--output-format",
            "sarif",
        ]
    if pysentry := pysentry or tool("pysentry-rs"):
        common = [
            "--sources",
            "osv",
            "--service-url",
            f"{server}/v1",
            "--no-maintenance-check",
            "--format",
            "sarif",
            "--no-config",
        ]
        common += ["-o", str(folder / "pysentry.sarif"), "--cache-dir", str(folder / "pysentry")]
        of_pins["pysentry-rs"] = [pysentry, *common, "--no-resolver", "--requirements-files", requirements, "--", pins]
        of_lock["pysentry-rs"] = [pysentry, *common, lock]
    api = ["--advisories", "osv-api"]
    of_api = {"lockgate, OSV's API, first": [lockgate, "check", "audit", pins, *sarif, *api]}
    return {"1,000 pins": of_pins, "uv.lock of 1,000": of_lock, "1,000 pins by the API": of_api}


def timed(command: list[str], environ: dict[str, str], before: Callable[[], None]) -> tuple[float, int]:
    before()
    started = time.perf_counter()
    done = subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return (time.perf_counter() - started) * 1000, done.returncode


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds")
    parser.add_argument("--pysentry", help="the program, where it is not beside this Python")
    parser.add_argument("--serve", metavar="PINS", help=argparse.SUPPRESS)
    options = parser.parse_args()
    source = Path(os.environ.get("LOCKGATE_ADVISORIES") or sys.exit("LOCKGATE_ADVISORIES must name OSV's zip"))
    if options.serve:
        asyncio.run(serve(options.latency, Answers(source, json.loads(Path(options.serve).read_text()))))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pins = chosen(source)
        (folder / "pins.json").write_text(json.dumps(pins))
        command = [sys.executable, __file__, "--serve", str(folder / "pins.json"), "--latency", str(options.latency)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            try:
                port = child.stdout.readline().strip() if child.stdout else ""
                contest(folder, source, f"http://127.0.0.1:{port}", pins, options)
            finally:
                child.kill()


def contest(folder: Path, source: Path, server: str, pins: dict[str, str], options: argparse.Namespace) -> None:
    write_project(folder, pins, server)
    environ = {
        key: value for key, value in os.environ.items() if key not in ("LOCKGATE_ADVISORIES", "PYTHONDONTWRITEBYTECODE")
    }
    environ |= {"XDG_DATA_HOME": str(folder / "data"), "UV_CACHE_DIR": str(folder / "uv"), "LOCKGATE_OSV_API": server}
    environ |= {
        "UV_DEFAULT_INDEX": f"{server}/simple",
        "NO_PROXY": "127.0.0.1",
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    lockgate = tool("lockgate") or ""
    synced = [timed([lockgate, "advisories", "sync", "--from", str(source)], environ, lambda: None) for _ in range(3)]
    print(f"cold index: {statistics.median(taken for taken, _ in synced):,.0f} ms\n")
    for title, commands in contests(folder, server, options.pysentry).items():
        first = {peer: timed(command, environ, lambda: None) for peer, command in commands.items()}
        for peer in [peer for peer, (_, code) in first.items() if code > 1]:
            print(f"({peer} is left out: it ended with exit code {first[peer][1]}, so that its time says nothing)")
            del commands[peer]
        taken: dict[str, list[float]] = {peer: [] for peer in commands}
        for _ in range(options.runs):
            for peer, command in commands.items():
                taken[peer].append(timed(command, environ, before(folder, title))[0])
        ours = statistics.median(next(iter(taken.values())))
        print(f"{title}, {options.latency:g} ms latency")
        for peer, all_taken in taken.items():
            median = statistics.median(all_taken)
            told = f"{median:8,.0f} ms ({min(all_taken):,.0f} to {max(all_taken):,.0f})"
            print(
                f"  {peer:<28}{told}  exit {first[peer][1]}{'' if peer == 'lockgate' else f'  {median / ours:.2f} times'}"
            )
        print()


def before(folder: Path, title: str) -> Callable[[], None]:
    """The API is timed as it is asked for the first time: nothing is kept of what it said, the prefilter is."""

    def forget() -> None:
        shutil.rmtree(folder / "cache" / "lockgate" / "osv-api", ignore_errors=True)

    return forget if title.endswith("API") else lambda: None


if __name__ == "__main__":
    main()
