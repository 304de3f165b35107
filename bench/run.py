"""Runs every benchmark, and keeps what they print in RESULTS.md.

Run: make bench
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"


def machine() -> str:
    """Say what this ran on, without naming it."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, {python}"
    )


def main() -> int:
    """Return 1 if a benchmark failed."""
    parts, failed = [], 0
    for file in sorted(HERE.glob("bench_*.py")):
        command = [sys.executable, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        sys.stdout.write(done.stdout)
        sys.stdout.flush()
        if done.returncode:
            failed = 1
            sys.stderr.write(done.stderr)
        parts.append(f"## {file.name}\n```\n{done.stdout.rstrip()}\n```\n")
    head = (
        "# The last run of `make bench`\n\n"
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Read the ratios: they are of one "
        "run on one machine, and the seconds of a shared machine say little.\n"
    )
    RESULTS.write_text("\n".join([head, *parts]), encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
