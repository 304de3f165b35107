"""Servers that are installed once below `~/.cache` and run while a test needs them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest


def cache() -> Path:
    """Where servers are installed: `~/.cache/publisher-tests`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "publisher-tests"


def venv(name: str, requirement: str) -> Path:
    """Return the `bin` of an environment that holds the package, or skip."""
    bin_ = cache() / name / "bin"
    try:
        if not (bin_ / "python").exists():
            make = [sys.executable, "-m", "venv", str(bin_.parent)]
            subprocess.run(make, check=True, timeout=120)
        install = [str(bin_ / "python"), "-m", "pip", "install", "-q", requirement]
        subprocess.run(install, check=True, timeout=300, capture_output=True)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"{requirement} cannot be installed here: {type(error).__name__}")
    return bin_


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], port: int, *, within: float = 30, cwd: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a server until its port answers, and end it afterwards."""
    process = subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        _wait_for(process, port, within)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def _wait_for(process: subprocess.Popen[str], port: int, within: float) -> None:
    give_up = time.monotonic() + within
    while time.monotonic() < give_up:
        if process.poll() is not None:
            pytest.fail(f"the server ended at once with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"no server on port {port} after {within} s")
