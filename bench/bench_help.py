"""How long the command line takes to its first word, against an idle Python.

CPU seconds of child processes, the best of ten; the ratio is from one run.
Run: .venv/bin/python bench/bench_help.py
"""

from __future__ import annotations

import compileall
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import publisher

PACKAGE = str(Path(publisher.__file__).parent)
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "publisher --help": ["-m", "publisher", "--help"],
    "publisher send --help": ["-m", "publisher", "send", "--help"],
}


def cpu(arguments: Sequence[str]) -> float:
    def used() -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return children.ru_utime + children.ru_stime

    def once() -> float:
        before = used()
        command = [sys.executable, *arguments]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        return used() - before

    return min(once() for _ in range(10))


def main() -> None:
    compileall.compile_dir(PACKAGE, quiet=1)  # as an installed package is
    print("command line: CPU time to the first word")
    baseline = 0.0
    for name, arguments in COMMANDS.items():
        took = cpu(arguments)
        baseline = baseline or took
        print(f"  {name:<46} {took * 1000:6.0f} ms  {took / baseline:.1f}x")


if __name__ == "__main__":
    main()
