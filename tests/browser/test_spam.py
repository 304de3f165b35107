"""What a spam filter thinks of the shipped letters: SpamAssassin's own rules, offline.

https://spamassassin.apache.org/full/4.0.x/doc/spamassassin-run.html
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.utils import formatdate
from pathlib import Path
from typing import TypeAlias

import pytest

pytestmark = pytest.mark.browser
Judged: TypeAlias = dict[str, tuple[float, str]]

# Without network (-L), without anybody's preferences (-x), learning nothing.
COMMAND = ("spamassassin", "-L", "-x", "-t", "--cf=use_bayes 0")
STATUS = re.compile(r"\w+, score=(-?[\d.]+) .*?tests=(.*?) autolearn")
HIGHEST = 1.0
CAMPAIGNS = {
    "digest.en": "weekly-digest",
    "digest.it": "settimanale",
    "letter.ar": "arabic-letter",
    "digest.ar": "arabic-digest",  # with what the letter had, too
}
ARABIC_DIGEST = """\
articles: {language: ar, memory: false}
email: {template: digest, list: arabic}
"""
# A letter in the outbox has not travelled, which two rules note without points
# (NO_RECEIVED, NO_RELAYS). That is of this test, and it also keeps all rules about
# relays silent: so each letter is judged once more with the line that a reader's server
# adds. One of the addresses for documentation would be illegal for a relay
# (RCVD_ILLEGAL_IP), again only of this test; nobody is asked about the one here.
RECEIVED = """\
Received: from mail.lantern.example.org (mail.lantern.example.org [9.9.9.9])
\tby mx.example.net (Postfix) with ESMTPS id 4Xy1Zq2Lw9z7
\tfor <reader@example.net>; {date}
"""
# What every filter must find: https://spamassassin.apache.org/gtube/
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


@pytest.fixture(scope="session")
def sent(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One message of each letter, as `publisher send` wrote it into the outbox."""
    if not shutil.which("spamassassin"):
        pytest.skip("spamassassin is not installed (Debian: spamassassin)")
    root = tmp_path_factory.mktemp("spam")
    publisher(root, "init", ".")
    (root / "schedules" / "arabic-digest.yaml").write_text(ARABIC_DIGEST, "utf-8")
    publisher(root, "subscribers", "import", "subscribers.csv")
    for campaign in CAMPAIGNS.values():
        publisher(root, "send", campaign, "--yes")
    return {
        name: min((root / "outbox" / f"{campaign}-1").rglob("*.eml")).read_bytes()
        for name, campaign in CAMPAIGNS.items()
    }


def publisher(root: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "publisher", *arguments]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def judged(sent: dict[str, bytes]) -> Judged:
    """The score of each letter, and the rules that made it."""
    line = RECEIVED.format(date=formatdate()).replace("\n", "\r\n").encode()
    received = {f"{name} received": line + message for name, message in sent.items()}
    asked = {**sent, **received, "spam": b"Subject: x\r\n\r\n" + GTUBE}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(asked, pool.map(judge, asked.values()), strict=True))


def judge(message: bytes) -> tuple[float, str]:
    done = subprocess.run(COMMAND, input=message, capture_output=True, check=True)
    said = " ".join(message_from_bytes(done.stdout)["X-Spam-Status"].split())
    found = STATUS.match(said)
    assert found, said
    return float(found[1]), found[2]


@pytest.mark.parametrize("state", ["", " received"], ids=["written", "received"])
@pytest.mark.parametrize("name", CAMPAIGNS)
def test_no_letter_looks_like_spam(judged: Judged, name: str, state: str) -> None:
    score, rules = judged[name + state]
    print(name, state, score, rules)
    assert score < HIGHEST, rules


def test_the_filter_would_find_spam(judged: Judged) -> None:
    assert judged["spam"][0] > 100
