"""Times index checks: 1,000 projects at a package index on the loopback device that adds latency to each answer.

`python bench/simple_api.py [MILLISECONDS]`. The index is a process of its own; each of its answers has 60 releases.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time

from lockgate.advisories.asked import ask

PROJECTS = 1_000
RELEASES = 60
HASH = "ab" * 32


def _answer() -> bytes:
    versions = [f"1.{number}" for number in range(RELEASES)]
    files = [
        {
            "filename": f"demo-{version}-py3-none-any.whl",
            "url": f"https://index.example/files/demo-{version}-py3-none-any.whl",
            "hashes": {"sha256": HASH},
            "core-metadata": {"sha256": HASH},
            "requires-python": ">=3.8",
            "size": 12345,
            "upload-time": "2024-01-01T00:00:00.000000Z",
            "yanked": False,
        }
        for version in versions
    ]
    return json.dumps({"meta": {"api-version": "1.4"}, "name": "demo", "files": files, "versions": versions}).encode()


async def serve(milliseconds: float, max_age: int) -> None:
    """Answer until we are ended; the port is the first line of standard output."""
    body = _answer()
    head = f'ETag: "1"\r\nCache-Control: max-age={max_age}\r\n'.encode()
    whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.pypi.simple.v1+json\r\n%bContent-Length: %d\r\n\r\n%b"
    full, unchanged = whole % (head, len(body), body), b"HTTP/1.1 304 Not Modified\r\n%b\r\n" % head

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                asked = await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(milliseconds / 1000)
                writer.write(unchanged if b"if-none-match" in asked.lower() else full)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def measure(milliseconds: float, max_age: int) -> list[float]:
    """Seconds of a first run and of a second one, which has what the first one kept."""
    command = [sys.executable, __file__, "serve", str(milliseconds), str(max_age)]
    wanted = {f"p{number}": frozenset([f"1.{number % RELEASES}"]) for number in range(PROJECTS)}
    taken = []
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server, tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        assert server.stdout  # noqa: S101 - it is a pipe
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/simple"
        try:
            for _ in range(2):
                started = time.perf_counter()
                answers = ask([url], wanted)
                taken.append(time.perf_counter() - started)
                if any(isinstance(answer, str) for answer in answers.values()):
                    raise SystemExit("the index gave no answer")
        finally:
            server.terminate()
    return taken


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(float(sys.argv[2]), int(sys.argv[3])))
    added = float(sys.argv[1]) if len(sys.argv) > 1 else 40.0
    (first, fresh), (_, anew) = measure(added, 600), measure(added, 0)
    print(
        f"{added:g} ms added: first {first:.2f} s, kept and fresh {fresh * 1000:.0f} ms, asked for anew (304) {anew:.2f} s"
    )
