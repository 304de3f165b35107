"""What SpamAssassin says of the shipped letters, offline."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from publisher import mime

if TYPE_CHECKING:
    from tests.browser.conftest import Letter

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def spamassassin() -> str:
    found = shutil.which("spamassassin")
    if found is None:
        pytest.skip("spamassassin is not installed (Debian: spamassassin)")
    return found


@pytest.mark.parametrize("template", ["digest", "letter"])
@pytest.mark.parametrize("language", ["en", "it", "ar"])
def test_no_letter_looks_like_spam(
    letter: Letter, spamassassin: str, template: str, language: str
) -> None:
    message = mime.encode(letter(template, language))
    done = subprocess.run(
        [spamassassin, "--local", "--test-mode"],
        input=message,
        capture_output=True,
        check=True,
    )
    said = done.stdout.decode("utf-8", "replace")
    found = re.search(r"X-Spam-Status: \w+, score=(-?[\d.]+)", said)
    assert found, said[:2000]
    rules = re.findall(r"^ *(-?\d+\.\d) (\w+)", said, re.MULTILINE)
    print(template, language, found[1], rules)
    assert float(found[1]) < 1.0, rules
