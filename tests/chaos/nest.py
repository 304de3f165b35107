"""Starts a sender for each line it reads, already warm, and says its number.

A process that imports everything for each of two thousand kills would spend an hour on
that alone. It has no thread, so a child of it is like a new process of its own.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from publisher import project, providers, sender  # noqa: F401  warm
from publisher.errors import PublisherError
from publisher.project import Project


def send(folder: str, through: str) -> int:
    """Send until the end, or until somebody kills us; 0 when nothing is left."""
    try:
        with Project(folder, environ=os.environ) as opened:
            plan = opened.plan("all", through=through)
            if not plan.size:
                return 0
            report = opened.send(plan)
            return 3 if report.stopped else 0
    except PublisherError as error:
        Path(folder, "error.log").write_text(f"{error}\n", "utf-8")
        return 1
    except BaseException:
        Path(folder, "error.log").write_text(traceback.format_exc(), "utf-8")
        raise


def main(folder: str, through: str) -> None:
    for _ in sys.stdin:
        number = os.fork()
        if number == 0:
            os._exit(send(folder, through))
        print(number, flush=True)
        _, status = os.waitpid(number, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
