"""A file of the command line that goes with one email."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import Letters

if TYPE_CHECKING:
    from tests.cli.conftest import Run


def test_one_email_can_carry_a_file_of_the_command_line(
    run: Run, letters: Letters, tmp_path: Path
) -> None:
    file = tmp_path / "map.txt"
    file.write_text("north\n")
    out = run("send", "first-light", "--to", "me@example.org", "--attach", str(file))
    assert "attached: map.txt, text/plain, 0 kB" in run.err + out
    (sent,) = letters.messages()
    message = message_from_bytes(sent.read_bytes(), policy=policy.default)
    (attached,) = message.iter_attachments()
    assert attached.get_content() == "north\n"


def test_a_post_carries_no_file(run: Run, tmp_path: Path) -> None:
    run(
        *("send", "first-light", "--through", "outbox:mastodon"),
        *("--attach", str(tmp_path / "map.txt")),
        code=1,
    )
    assert "carries no attachment" in run.err
