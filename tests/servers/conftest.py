"""The mail system that the tests of this folder share, started once for each module."""

from __future__ import annotations

import grp
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

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
