"""Times the pins check of a repository with 200 workflows, 50 Dockerfiles and 100 requirements files, beside zizmor alone.

    python bench/pins.py --runs 15

The repository is the same in every run: workflows of 60 lines, Dockerfiles of 30, requirements of 40 lines, half of them with
hashes, and something to find in one of ten files. Runs alternate; of each command the time on the clock is told and the processor
time of it and its children, of which zizmor's is taken off: it has as many threads as there are processors.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

SCRIPTS = Path(sysconfig.get_path("scripts"))
WORKFLOWS, DOCKERFILES, REQUIREMENTS = 200, 50, 100
ODD = 10  # one file in so many has something to find

WORKFLOW = """\
name: {name}
on:
  push:
    branches: [main]
  pull_request:
permissions: {{}}
concurrency:
  group: {name}-${{{{ github.ref }}}}
  cancel-in-progress: true
jobs:
  test:
    name: Test
    runs-on: ${{{{ matrix.os }}}}
    timeout-minutes: 20
    permissions:
      contents: read # to check it out
    strategy:
      fail-fast: false
      matrix:
        os: [ubuntu-24.04, windows-2025]
        python: ["3.11", "3.12", "3.13"]
    steps:
      - name: Check out
        uses: actions/checkout@{checkout}
        with:
          persist-credentials: false
      - name: Set up Python
        uses: actions/setup-python@{setup} # v5.6.0
        with:
          python-version: ${{{{ matrix.python }}}}
      - name: Install
        run: |
          python -m pip install --require-hashes --requirement requirements/r{number}.txt
          python -m pip install --no-deps --editable .
      - name: Test
        shell: bash
        run: |
          set -euo pipefail
          if [ "$RUNNER_OS" = Linux ]; then
            python -m pytest -n auto --junit-xml "reports/$PYTHON.xml"
          else
            python -m pytest
          fi
          {command}
        env:
          PYTHON: ${{{{ matrix.python }}}}
  build:
    name: Build
    needs: test
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    permissions:
      contents: read # to check it out
    steps:
      - name: Check out
        uses: actions/checkout@{setup} # v4.2.2
        with:
          persist-credentials: false
      - name: Build
        run: |
          uv build --wheel --out-dir dist
          ls -l dist
"""
DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG PYTHON=3.12
FROM python:${{PYTHON}}@sha256:{digest} AS base
ENV PYTHONUNBUFFERED=1 \\
    PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends \\
      build-essential \\
      libpq-dev \\
    && rm -rf /var/lib/apt/lists/*

FROM base AS builder
COPY requirements/r{number}.txt requirements.txt
RUN --mount=type=cache,target=/cache \\
    python -m venv /venv && \\
    /venv/bin/pip install --require-hashes -r requirements.txt
COPY . .
RUN /venv/bin/pip install --no-deps .

FROM {image} AS runtime
COPY --from=builder /venv /venv
COPY --from=builder /app /app
ENV PATH=/venv/bin:$PATH
RUN {command}
USER nobody
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "print()"]
ENTRYPOINT ["python", "-m", "app"]
CMD ["--port", "8000"]
"""


def write_repository(root: Path) -> None:
    """Write the files and make them a repository of Git."""
    chance = random.Random(7)  # noqa: S311 - the same in every run

    def digits(length: int) -> str:
        return f"{chance.getrandbits(length * 4):0{length}x}"

    for number in range(WORKFLOWS):
        odd = number % ODD == 0
        checkout = "v4" if odd else f"{digits(40)} # v4.2.2"
        command = "pip install tool" if odd else "echo done"
        text = WORKFLOW.format(
            name=f"w{number}", checkout=checkout, setup=digits(40), number=number % 100, command=command
        )
        _write(root / f".github/workflows/w{number}.yml", text)
    for number in range(DOCKERFILES):
        odd = number % ODD == 0
        image = "python:3.12-slim" if odd else f"python:3.12-slim@sha256:{digits(64)}"
        command = "curl -fsSL https://get.example/x | sh" if odd else "adduser --system app"
        text = DOCKERFILE.format(digest=digits(64), image=image, number=number, command=command)
        _write(root / f"services/s{number}/Dockerfile", text)
    for number in range(REQUIREMENTS):
        lines = [f"package-{line}=={line}.{number}" for line in range(40)]
        if number % 2:
            lines = [f"{line} --hash=sha256:{digits(64)}" for line in lines]
        if number % ODD == 0:
            lines[7] = "package-7>=7"
        _write(root / f"requirements/r{number}.txt", "\n".join(lines) + "\n")
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=root, check=True)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Milliseconds on the clock, and of processor time of the command and its children."""
    started = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    taken = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        sys.exit(f"{command[0]} ended with {child.returncode}")
    return taken * 1000, (used.ru_utime + used.ru_stime) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as private:
        root = Path(private)
        write_repository(root)
        files = [f"./.github/workflows/w{number}.yml" for number in range(WORKFLOWS)]
        options = [
            "--no-config",
            "--offline",
            "--no-progress",
            "--no-exit-codes",
            "--format=json-v1",
            "--persona=auditor",
        ]
        commands = {
            "lockgate check pins": [str(SCRIPTS / "lockgate"), "check", "pins", "--offline", "--no-progress", "."],
            "zizmor": [str(SCRIPTS / "zizmor"), *options, *files],
        }
        for command in commands.values():
            timed(command, root)  # what is kept from run to run
        taken = [[timed(command, root) for command in commands.values()] for _ in range(runs)]
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, {runs} runs; medians in ms: clock, processor")
    for number, name in enumerate(commands):
        print(
            f"{name:20} {_median(run[number][0] for run in taken):6.0f} {_median(run[number][1] for run in taken):6.0f}"
        )
    beyond = [_median(ours[kind] - peer[kind] for ours, peer in taken) for kind in (0, 1)]
    print(f"{'beyond zizmor':20} {beyond[0]:6.0f} {beyond[1]:6.0f}")


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    main()
