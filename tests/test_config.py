# ruff: noqa: E501  a complaint stands whole on the line of what caused it
from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, ClassVar, cast

import jsonschema
import pytest

from publisher import config, files, providers, strict
from publisher.errors import ConfigError
from publisher.models import (
    Channel,
    Hashtags,
    Kind,
    Limits,
    Mailbox,
    Pace,
    Post,
    Quiet,
    Receipt,
    Site,
    TagRule,
    WarmUp,
)
from publisher.providers.outbox import Outbox


def settings(
    root: Path,
    text: str = "",
    environ: Mapping[str, str] | None = None,
    dotenv: str = "",
) -> config.Settings:
    (root / "publisher.yaml").write_text(text, "utf-8")
    (root / ".env").write_text(dotenv, "utf-8")
    return config.load(root, environ or {})


def refusal(root: Path, text: str = "", dotenv: str = "") -> str:
    with pytest.raises(ConfigError) as caught:
        settings(root, text, dotenv=dotenv)
    return str(caught.value)


# --- publisher.yaml --------------------------------------------------------------------

WHOLE = """
site:
  name: The Lantern
  url: https://lantern.example.org/
  language: it
  timezone: Europe/Rome
  postal_address: |
    The Lantern
    7 Harbour Steps
  archive_url: https://lantern.example.org/letters/{issue}/
  unsubscribe_url: https://lantern.example.org/out/{token}
sender: {name: Letters, address: letters@example.org, reply_to: hello@example.org}
articles: [articles, https://lantern.example.org/feed.xml]
lists: {weekly: Every Friday}
topics: {Sea: "The sea"}
signup:
  {lists: [weekly], through: postmark, template: once-more, words: Yes., ask_name: false,
   keep_network: true, proof_of_work: true, days: 3}
channels: {mastodon: outbox, "bluesky:work": outbox}
pace:
  mailgun: {per_second: 40, per_day: 20000}
  "smtp:new": {warm_up: {start: 10, grow: 1.5, until: 500, since: 2026-12-24}}
  smtp: {warm_up: [50, 100]}
rules:
  - {tags: [sea], through: [mastodon], hashtags: ["#Sea", Tides], content_warning: Waves}
  - {tags: [private], skip: true}
  - all_tags: [a, b]
    not_tags: [c]
    language: it
    category: Notes
    label: grief
    post_to: [bluesky]
    template: calm
    visibility: unlisted
    utm: {source: "{network}", content: post}
    window: 08:00-20:00
    spacing: 90m
hashtags: {write: {N.A.S.A.: "#NASA"}, never: [Blog]}
sensitive: [grief]
fetch: {allow_private: true, max_mb: 2.5, timeout_seconds: 3}
"""


def test_every_key_of_publisher_yaml_arrives(tmp_path: Path) -> None:
    found = settings(tmp_path, WHOLE)
    assert found == config.Settings(
        root=tmp_path,
        site=Site(
            name="The Lantern",
            url="https://lantern.example.org/",
            language="it",
            timezone="Europe/Rome",
            sender=Mailbox("letters@example.org", "Letters"),
            reply_to="hello@example.org",
            postal_address="The Lantern\n7 Harbour Steps",
            archive_url="https://lantern.example.org/letters/{issue}/",
            unsubscribe_url="https://lantern.example.org/out/{token}",
        ),
        store_url=f"sqlite:///{tmp_path}/.publisher/books.sqlite3",
        outbox=tmp_path / "outbox",
        articles=("articles", "https://lantern.example.org/feed.xml"),
        lists={"weekly": "Every Friday"},
        topics={"sea": "The sea"},
        signup=config.SignUp(
            lists=("weekly",),
            through="postmark",
            template="once-more",
            words="Yes.",
            ask_name=False,
            keep_network=True,
            proof_of_work=True,
            days=3,
        ),
        channels={"mastodon": "outbox", "bluesky:work": "outbox"},
        paces={
            "mailgun": Pace(per_second=40, per_day=20_000),
            "smtp:new": Pace(
                warm_up=WarmUp(start=10, grow=1.5, until=500, since=date(2026, 12, 24))
            ),
            "smtp": Pace(warm_up=WarmUp(caps=(50, 100))),
        },
        rules=(
            TagRule(
                tags=("sea",),
                through=("mastodon",),
                hashtags=("Sea", "Tides"),
                content_warning="Waves",
            ),
            TagRule(tags=("private",), skip=True),
            TagRule(
                all_tags=("a", "b"),
                not_tags=("c",),
                language="it",
                category="Notes",
                label="grief",
                post_to=("bluesky",),
                template="calm",
                visibility="unlisted",
                utm=(("source", "{network}"), ("content", "post")),
                closed=Quiet(time(20), time(8)),
                spacing=timedelta(minutes=90),
            ),
        ),
        hashtags=Hashtags(write={"nasa": "NASA"}, never=frozenset({"blog"})),
        sensitive=("grief",),
        fetch=config.Fetch(allow_private=True, max_bytes=2_500_000, timeout=3.0),
        environ={},
    )


def test_an_empty_file_has_every_default_and_writes_nothing(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert (found.articles, found.site.timezone) == (("articles",), "UTC")
    assert sorted(one.name for one in tmp_path.iterdir()) == [".env", "publisher.yaml"]


def test_one_place_of_articles_needs_no_brackets(tmp_path: Path) -> None:
    assert settings(tmp_path, "articles: posts").articles == ("posts",)


def test_a_folder_without_the_file_is_no_publisher_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path, {})
    assert "is not a publisher folder" in str(caught.value)
    assert caught.value.hint == "Try: publisher init"
    assert len(config.problems(tmp_path, {})) == 1


WRONG = [
    ("site: {timezone: Europe/Rom}", '1:18: unknown time zone "Europe/Rom". Did you mean Europe/Rome?'),
    ("site: {timezone: Europe}", '1:18: unknown time zone "Europe". '),
    ("site: {timezone: ../../etc/passwd}", '1:18: unknown time zone "../../etc/passwd". Try: Europe/Rome'),
    ("site: {language: italian}", '1:18: "italian" is not a language tag. Try: it'),
    ("site: {language: en_GB}", '1:18: "en_GB" is not a language tag. Try: en-GB'),
    ("site: {url: lantern.example.org}", '1:13: "lantern.example.org" is not a web address. Try: https://lantern.example.org'),
    ("site: {url: 'javascript:alert(1)'}", '1:13: "javascript:alert(1)" is not a web address. Try: https://example.org/'),
    ("site: {archive_url: https://example.org/a/}", "1:21: the web address must contain {issue}. Try: https://example.org/a/{issue}"),
    ("site: {unsubscribe_url: https://example.org/u}", "1:25: the web address must contain {token}. Try: https://example.org/u/{token}"),
    ("site: {name: \"a\\nBcc: b@example.org\"}", "1:14: must be a single line. Try: write it on one line"),
    ("sender: {address: letters}", '1:19: "letters" is not an email address. Try: letters@example.org'),
    ("sender: {address: Ada <ada@example.org>}", '1:19: "Ada <ada@example.org>" is not an email address. Try: only the part in < >; the name has a line of its own'),
    ("lists: {Weekly Letter: x}", '1:9: "Weekly Letter" is not a name. Try: weekly-letter'),
    ("channels: {mastodon: outbx}", "1:22: channels.mastodon must be outbox. Did you mean outbox?"),
    ("channels: {Masto Don: outbox}", '1:12: "Masto Don" is not a channel. Try: mastodon, or mastodon:work'),
    ("rules: [{tags: [a]}]", "1:9: the rule changes nothing. Try: skip: true"),
    ("rules: [{utm: {source: '{x}'}}]", "1:24: {x} is not known here. Try: {article}, {campaign}, {channel}, {network}"),
    ("rules: [{window: 8-99}]", '1:18: "8-99" is no part of a day. Try: "08:00-20:00"'),
    ("rules: [{spacing: soon}]", '1:19: "soon" is no span of time. Try: 30m, 2h or 1d'),
    ("hashtags: {write: {a: b c}}", '1:11: a: "b c" is no hashtag. Try: letters and digits, without spaces'),
    ("fetch: {max_mb: 0}", "1:17: fetch.max_mb must be more than 0. Try: 1"),
    ("pace: {mailgun: {per_second: 0}}", "1:30: mailgun.per_second must be more than 0. Try: 1"),
    ("pace: {mailgun: {per_minute: 1}}", '1:18: unknown key "per_minute". Known keys: per_second, per_day, warm_up'),
    ("pace: {mailgun: {warm_up: {strt: 5}}}", '1:28: unknown key "strt". Did you mean start?'),
    ("pace: {mailgun: {warm_up: {grow: 1}}}", "1:34: warm_up.grow must be more than 1. Try: 2"),
    ("pace: {mailgun: {warm_up: {since: tomorrow}}}", '1:35: "tomorrow" is not a day. Try: 2026-12-24'),
    ("pace: {mailgun: {warm_up: [0]}}", "1:27: "),
    ("pace: {Mail Gun: {per_day: 1}}", '1:8: "Mail Gun" is not a channel. Try: mastodon, or mastodon:work'),
    ("ste: {name: x}", '1:1: unknown key "ste". Did you mean site?'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_setting_is_told_with_its_place(
    tmp_path: Path, text: str, line: str
) -> None:
    assert refusal(tmp_path, text).startswith(f"publisher.yaml:{line}")


def test_doctor_gets_every_problem(tmp_path: Path) -> None:
    text = "site: {timezone: x, language: '?'}\nfoo: 1"
    refusal(tmp_path, text)
    assert [one.where for one in config.problems(tmp_path, {})] == [
        "publisher.yaml:1:18",
        "publisher.yaml:1:31",
        "publisher.yaml:2:1",
    ]


def test_a_binary_publisher_yaml_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "publisher.yaml").write_bytes(b"\x00\x01")
    with pytest.raises(ConfigError, match=r"^publisher.yaml: is not a text file"):
        config.load(tmp_path, {})


def test_the_shipped_sample_is_right_and_keeps_the_schema() -> None:
    root = files.shipped("publisher.yaml").parent
    found = config.load(root, {})
    assert found.site.name == "The Lantern"
    assert set(found.lists) == {"weekly", "settimanale", "arabic"}
    data = strict.load(files.read_text(root / "publisher.yaml"), where="x")
    schema = config.settings_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(data, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**data, "unknown": 1}, schema)


def test_the_page_about_the_settings_names_each_and_its_example_is_right() -> None:
    page = files.read_text(files.shipped("docs", "configuration.md"))
    example = page.split("```yaml\n")[1].split("```")[0]
    jsonschema.validate(strict.load(example, where="x"), config.settings_schema())
    definitions = config.settings_schema()["$defs"]
    for part, model in (("site", "Site"), ("sender", "Sender"), ("fetch", "Fetching")):
        for key in definitions[model]["properties"]:
            assert f"| `{part}.{key}` |" in page
    for key in (
        *config.settings_schema()["properties"],
        *definitions["Rule"]["properties"],
        *definitions["Pace"]["properties"],
        *(f"warm_up.{key}" for key in definitions["WarmUp"]["properties"]),
    ):
        assert f"`{key}" in page


# --- .env and the environment -----------------------------------------------------------


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    dotenv = "PUBLISHER_OUTBOX=inside\nSMTP_HOST='a$b'  # a comment\nexport A=1\n"
    found = settings(tmp_path, "", {"PUBLISHER_OUTBOX": "/out"}, dotenv)
    assert found.outbox == Path("/out")
    assert found.environ == {"PUBLISHER_OUTBOX": "/out", "SMTP_HOST": "a$b", "A": "1"}


def test_a_mounted_file_wins_over_the_value_in_dotenv(tmp_path: Path) -> None:
    (tmp_path / "mounted").write_text("a-secret-of-a-container\n")
    environ = {"PUBLISHER_SECRET_FILE": str(tmp_path / "mounted")}
    found = settings(tmp_path, "", environ, "PUBLISHER_SECRET=a-secret-of-the-file\n")
    assert found.secret == "a-secret-of-a-container"


def test_a_mounted_file_that_is_missing_is_told(tmp_path: Path) -> None:
    found = settings(tmp_path, "", {"PUBLISHER_SECRET_FILE": "/nowhere/x"})
    with pytest.raises(ConfigError, match="PUBLISHER_SECRET_FILE names /nowhere/x"):
        _ = found.secret


@pytest.mark.parametrize(
    "line", ["JUST_A_NAME", "A='never closed hunter2", "= hunter2"]
)
def test_a_bad_line_of_dotenv_is_told_and_never_shown(
    tmp_path: Path, line: str
) -> None:
    said = refusal(tmp_path, "", f"GOOD=1\n\n{line}\n")
    assert said == (
        ".env:3: is not a NAME=value line. Try: put the value in single quotes"
    )


def test_a_secret_is_made_once_and_only_when_asked_for(tmp_path: Path) -> None:
    found = settings(tmp_path)
    path = tmp_path / ".publisher" / "secret"
    assert not path.exists()
    assert len(found.secret) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert settings(tmp_path).secret == found.secret


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="16 characters or more"):
        _ = settings(tmp_path, "", {"PUBLISHER_SECRET": "short"}).secret


def test_settings_never_show_the_environment(tmp_path: Path) -> None:
    assert "hunter2" not in repr(settings(tmp_path, "", {"SMTP_PASSWORD": "hunter2"}))


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("sqlite:///books.db", "sqlite:///{root}/books.db"),
        ("sqlite:////var/books.db", "sqlite:////var/books.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
    ],
)
def test_a_relative_store_lies_in_the_folder(
    tmp_path: Path, given: str, url: str
) -> None:
    found = settings(tmp_path, "", {"PUBLISHER_STORE": given})
    assert found.store_url == url.format(root=tmp_path)


def test_a_store_that_is_no_url_is_refused(tmp_path: Path) -> None:
    assert "is not a database URL" in refusal(tmp_path, "", "PUBLISHER_STORE=books.db")


# --- channels ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Pigeon:
    """A network with a token."""

    token: providers.Secret
    speed: int = 3

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(length=20)

    def send(self, message: Post) -> Receipt:
        return Receipt(message.key)

    @staticmethod
    def payload(post: Post) -> dict[str, Any]:
        return {"coo": post.text}


@dataclass(frozen=True)
class Drum:
    """A network whose settings all have defaults."""

    beat: str = "slow"

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(length=5)


class Gallery:
    """The real rules about settings, with two invented providers."""

    settings_of = staticmethod(providers.settings_of)
    from_environ = staticmethod(providers.from_environ)

    @staticmethod
    def known() -> dict[str, type[Any]]:
        return {"drum": Drum, "outbox": Outbox, "pigeon": Pigeon}


TOKEN = {"PIGEON_TOKEN": "t0p-secret"}


def opened(
    root: Path, name: str, environ: Mapping[str, str] | None = None, text: str = ""
) -> Channel:
    return config.channel(name, settings(root, text, environ), Gallery())


def test_what_the_environment_configures_is_real(tmp_path: Path) -> None:
    found = opened(tmp_path, "pigeon", {**TOKEN, "PIGEON_SPEED": "9"})
    assert found == Channel(
        "pigeon",
        "pigeon",
        "post",
        Pigeon.limits,
        Pigeon(providers.Secret("t0p-secret"), 9),
    )


def test_an_account_has_settings_of_its_own(tmp_path: Path) -> None:
    found = opened(tmp_path, "pigeon:work", {"PIGEON_WORK_TOKEN": "w"})
    assert (found.name, found.network, found.is_outbox) == (
        "pigeon:work",
        "pigeon",
        False,
    )
    with pytest.raises(
        ConfigError, match="channel pigeon:work needs PIGEON_WORK_TOKEN"
    ):
        opened(tmp_path, "pigeon:work", TOKEN)


@pytest.mark.parametrize("name", ["pigeon", "drum", "pigeon:work"])
def test_nothing_configured_means_the_outbox(tmp_path: Path, name: str) -> None:
    found = opened(tmp_path, name, {"PATH": "/bin", "PIGEON_TOKEN": " ", "HOME": "/x"})
    assert (found.name, found.is_outbox) == (f"outbox:{name}", True)


def test_the_outbox_shapes_messages_as_the_network_that_it_stands_for(
    tmp_path: Path,
) -> None:
    found = opened(tmp_path, "pigeon")
    assert (found.network, found.kind, found.limits) == (
        "pigeon",
        "post",
        Pigeon.limits,
    )
    outbox = cast("Outbox", found.provider)
    assert outbox.folder == tmp_path / "outbox"
    assert outbox.payload is not None
    assert outbox.payload(Post(key="k", text="hi")) == {"coo": "hi"}


def test_a_redirect_beats_the_environment(tmp_path: Path) -> None:
    text = "channels: {pigeon: outbox}"
    assert opened(tmp_path, "pigeon", TOKEN, text).is_outbox
    environ = {"PIGEON_WORK_TOKEN": "w"}
    assert opened(tmp_path, "pigeon:work", environ, text).is_outbox


def test_a_redirect_of_one_account_leaves_the_others(tmp_path: Path) -> None:
    text = 'channels: {"pigeon:work": outbox}'
    environ = {**TOKEN, "PIGEON_WORK_TOKEN": "w"}
    assert opened(tmp_path, "pigeon:work", environ, text).name == "outbox:pigeon:work"
    assert not opened(tmp_path, "pigeon", environ, text).is_outbox


def test_a_redirect_of_a_provider_that_is_none_is_refused(tmp_path: Path) -> None:
    # Silently taken, it would let the real channel send.
    with pytest.raises(ConfigError) as caught:
        opened(tmp_path, "pigeon", TOKEN, "channels:\n  pidgeon: outbox")
    assert str(caught.value) == (
        'publisher.yaml:2:3: there is no provider "pidgeon". Did you mean pigeon?'
    )


@pytest.mark.parametrize(
    "environ",
    [{"DRUM_BEAT": "fast"}, {"PIGEON_WORK_TOKEN": "w"}, {"DRUM_BEAT_FILE": "/run/x"}],
)
def test_a_channel_without_settings_is_refused_where_others_have_them(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(tmp_path, "pigeon", environ)
    assert str(caught.value) == (
        "channel pigeon needs PIGEON_TOKEN in .env. Try: put it there, or send it to "
        "the outbox: channels: {pigeon: outbox} in publisher.yaml"
    )


def test_defaults_alone_do_not_configure_a_provider(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="channel drum needs DRUM_BEAT in"):
        opened(tmp_path, "drum", TOKEN)
    assert not opened(tmp_path, "drum", {"DRUM_BEAT": "fast"}).is_outbox


def test_an_unknown_provider_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'"pigon"\. Did you mean pigeon\?'):
        opened(tmp_path, "pigon")


def test_the_outbox_can_be_named(tmp_path: Path) -> None:
    assert opened(tmp_path, "outbox", TOKEN).name == "outbox"
    assert opened(tmp_path, "outbox:pigeon", TOKEN).network == "pigeon"
    with pytest.raises(ConfigError, match="there is no provider"):
        opened(tmp_path, "outbox:nothing", TOKEN)


def test_no_secret_is_in_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(tmp_path, "drum", TOKEN)
    assert "t0p-secret" not in str(caught.value)
