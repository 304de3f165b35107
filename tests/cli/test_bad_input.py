"""What a newcomer gets wrong: each is answered with its place and a way out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.conftest import Letters

SETTINGS, WEEKLY = "publisher.yaml", "schedules/weekly.yaml"
PLAN = ("plan", "weekly")
WAY_OUT = re.compile(r"Try: \S|Try one of: \S|Did you mean \S")


@dataclass(frozen=True)
class Bad:
    """One mistake: a file changed (or made), a command, and how it is answered.

    `old` is replaced by `new` in `file`; without it `new` is the whole file.
    """

    says: str
    args: tuple[str, ...] = PLAN
    where: str = ""
    file: str = ""
    old: str = ""
    new: str | bytes = ""
    code: int = 1


def settings(old: str, new: str, where: str, says: str) -> Bad:
    return Bad(says, where=f"{SETTINGS}:{where}", file=SETTINGS, old=old, new=new)


def weekly(old: str, new: str, where: str, says: str) -> Bad:
    return Bad(says, where=f"{WEEKLY}:{where}", file=WEEKLY, old=old, new=new)


def article(text: str | bytes, where: str, says: str) -> Bad:
    file = "articles/bad.md"
    return Bad(says, ("articles",), where=f"{file}{where}", file=file, new=text)


def asked(args: str, says: str, code: int = 1) -> Bad:
    return Bad(says, tuple(args.split(" ")), code=code)


BAD = {
    # publisher.yaml
    "wrong time zone": settings("Europe/Rome", "Europe/Rom", "4:13", "Europe/Rom"),
    "unknown key": settings("sender:", "sendr:", "7:1", 'unknown key "sendr"'),
    "unknown key inside": settings("  url:", "  ulr:", "3:3", 'unknown key "ulr"'),
    "key twice": settings("rules:", "site: {}\nrules:", "9:1", "stands twice"),
    "tab": settings("  url:", "\turl:", "3:1", "tab"),
    "broken YAML": settings("[storm],", "[storm,", "10:", ""),
    "no value": settings("  name: The Lantern", "  name:", "2:", "has no value"),
    "no address": settings("letters@example.org", "letters", "7:", "not an email"),
    "no web address": settings("https://lantern.example.org/\n", "x y\n", "3:8", "x y"),
    "no {issue}": settings("{issue}", "issue", "6:16", "must contain {issue}"),
    "a list with spaces": settings("{weekly:", "{the weekly:", "8:9", "not a name"),
    "text for a flag": settings(
        "content_warning: storm damage", "skip: maybe", "10:", "skip must be true"
    ),
    "number for text": settings("The Lantern\n", "7\n", "2:9", "must be a text"),
    "wrong provider in a rule": settings(
        "content_warning: storm damage", "through: [mastodno]", "10:31", "mastodno"
    ),
    "wrong redirect": settings(
        "rules:", "channels: {mx: outbox}\nrules:", "9:12", "mx"
    ),
    "redirect elsewhere": settings(
        "rules:", "channels: {mastodon: smtp}\nrules:", "9:22", "must be outbox"
    ),
    "only a text": Bad("must be", file=SETTINGS, new="hello", where=f"{SETTINGS}:1:1"),
    "not UTF-8": Bad("UTF-8", file=SETTINGS, new=b"site: \xff", where=f"{SETTINGS}:1"),
    # schedules
    "wrong day": weekly("Fri", "Fry", "1:7", '"Fry"'),
    "wrong hour": weekly("08:00", "25:00", "1:11", "25:00"),
    "weekday by number": weekly("Fri 08:00", "cron 0 8 * * 5", "1:", "5"),
    "no list of that name": weekly("weekly}", "weekyl}", "4:33", 'no list "weekyl"'),
    "no provider of that name": weekly("mastodon", "mastodno", "5:44", "mastodno"),
    "no zone of that name": weekly("Europe/Rome", "Rome", "2:11", '"Rome"'),
    "wrong since": weekly("last issue", "last isue", "3:19", "last isue"),
    "negative count": weekly("at_most: 8", "at_most: -1", "3:40", "at_most"),
    "wrong if_missed": weekly("when:", "if_missed: sned\nwhen:", "1:12", "if_missed"),
    "wrong grace": weekly("when:", "grace: soon\nwhen:", "1:8", '"soon"'),
    "two ways to say when": weekly("when:", "every: day 09:00\nwhen:", "1:1", "both"),
    "no name for a schedule": Bad(
        "file name",
        ("schedules",),
        "schedules/My letter.yaml",
        "schedules/My letter.yaml",
    ),
    "nothing to send in it": Bad(
        "sends nothing", where=f"{WEEKLY}:1:1", file=WEEKLY, new="when: Fri 08:00\n"
    ),
    "no template of that name": Bad(
        "digset", where="", file=WEEKLY, old="digest", new="digset"
    ),
    # .env
    "no assignment": Bad("NAME=value", file=".env", new="A=1\nhello\n", where=".env:2"),
    "half a channel": Bad(
        "MASTODON_TOKEN", file=".env", new="MASTODON_URL=https://m.example.org\n"
    ),
    "no number": Bad(
        "SMTP_PORT",
        ("plan", "weekly", "--through", "smtp"),
        ".env",
        ".env",
        "",
        "SMTP_HOST=localhost\nSMTP_PORT=many\n",
    ),
    "no database": Bad(
        "PUBLISHER_STORE", file=".env", new="PUBLISHER_STORE=x\n", where=".env"
    ),
    "a secret to guess": Bad(
        "PUBLISHER_SECRET",
        ("doctor",),
        ".env",
        ".env",
        "",
        "PUBLISHER_SECRET=hunter2\n",
    ),
    # articles
    "empty": article("", ":1", "is empty"),
    "binary": article(b"\x00\x01\x02\xff" * 99, "", "not a text"),
    "broken front matter": article("---\ntitle: [\n---\n\nText.\n", ":", ""),
    "front matter twice": article(
        "---\ntitle: A\ntitle: B\n---\n\nx\n", ":3:1", "twice"
    ),
    # templates
    "unknown name": Bad(
        "artciles",
        ("check", "weekly"),
        "templates/email/digest.html.j2:1",
        "templates/email/digest.html.j2",
        new="{{ artciles }}\n",
    ),
    # the command line
    "no such command": asked("shcedules", "shcedules", 2),
    "no such option": asked("plan weekly --trough x", "--trough", 2),
    "nothing named": asked("plan", "Missing argument", 2),
    "no such campaign": asked("plan wekly", "wekly"),
    "no such article": asked("plan articles/nosuch.md", "no such file"),
    "a folder for an article": asked("plan articles/", "holds 2 articles"),
    "no such channel": asked("plan weekly --through mastodno", "mastodno"),
    "no such list": asked("plan weekly --list wekly", "wekly"),
    "no such template": asked("plan weekly --template diges", "diges"),
    "no address to test": asked("plan weekly --to ana", "not an email address"),
    "a test in public": asked(
        "plan weekly --through mastodon --to a@b.example", "public"
    ),
    "a test and a list": asked(
        "plan weekly --to a@b.example --list weekly", "not to both"
    ),
    "nobody for a letter": Bad(
        "who should get first-light",
        ("plan", "first-light", "--through", "smtp"),
        file=".env",
        new="SMTP_HOST=localhost\n",
    ),
    "no plan in the file": asked(
        "send weekly --plan publisher.yaml", "not a saved plan"
    ),
    "no such plan": asked("send weekly --plan nosuch.json", "no such file"),
    "no such issue": asked("status weekly/9", "weekly/9"),
    "too many runs": asked("schedules -n 1000", "1000", 2),
    "no such port": asked("preview --port 99999", "99999", 2),
    "JSON without an end": asked("run --json", "--once", 2),
    "a nameless article": asked("new article ", "title", 2),
    "a nameless schedule": asked("new schedule !", "name", 2),
    "a schedule for no list": asked("new schedule x --list wekly", "wekly"),
    "nobody": asked("subscribers add ana", "not an email address"),
    "a reader of no list": asked("subscribers add a@b.example --list wekly", "wekly"),
    "no such readers": asked("subscribers import nosuch.csv", "no such file"),
    "a folder of readers": asked("subscribers import articles", "is a folder"),
    "not readers": asked("subscribers import publisher.yaml", "publisher.yaml"),
    "a campaign explained": asked("explain weekly", "is a campaign"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_mistake_is_answered_in_a_line_with_its_place_and_a_way_out(
    bad: Bad, run: Run, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(letters.root)
    spoil(bad, letters)
    out = run(*bad.args, code=bad.code)
    said = out + run.err
    line = next(one for one in said.splitlines() if one.startswith("error"))
    assert re.match(rf"error[: ]+{re.escape(bad.where)}", line), said
    assert bad.says in line, said
    assert WAY_OUT.search(line), said
    assert "Traceback" not in said
    assert not (letters.root / ".publisher").exists() or bad.args[0] == "subscribers"


def spoil(bad: Bad, letters: Letters) -> None:
    if not bad.file:
        return
    path = letters.root / bad.file
    if bad.old:
        text = path.read_text()
        assert text.count(bad.old) >= 1
        assert isinstance(bad.new, str)
        path.write_text(text.replace(bad.old, bad.new, 1))
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bad.new if isinstance(bad.new, bytes) else bad.new.encode())
