# ruff: noqa: E501  a complaint stands whole on the line of what caused it
from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from publisher import files, schedule, strict
from publisher.errors import ConfigError
from publisher.models import Campaign, EmailPart, PostPart, Selection
from publisher.schedule import sequence
from publisher.schedule.phrases import FORMS

POSTS = "posts: [{through: mastodon}]\n"


def folder(root: Path, **texts: str) -> Path:
    place = root / "schedules"
    place.mkdir()
    for name, text in texts.items():
        (place / f"{name}.yaml").write_text(text, "utf-8")
    return place


def test_every_key_of_a_schedule_arrives(tmp_path: Path) -> None:
    text = """
when: Fri 08:00
timezone: Europe/Rome
enabled: false
if_missed: ask
grace: 1h30m
articles:
  only: [a, b]
  tags: [python]
  not_tags: [draft]
  language: it
  since: 2026-01-31
  at_least: 3
  at_most: 12
  order: oldest
email: {template: letter, list: weekly, through: smtp:work, subject: "{{ articles[0].title }}"}
posts:
  - {template: short, through: [mastodon, bluesky], tags: [sea], at_most: 2}
  - {through: mastodon:work}
"""
    found, errors = schedule.campaigns(folder(tmp_path, friday=text))
    assert errors == []
    assert found == [
        Campaign(
            name="friday",
            when="Fri 08:00",
            timezone="Europe/Rome",
            enabled=False,
            if_missed="ask",
            grace=timedelta(minutes=90),
            articles=Selection(
                only=("a", "b"),
                tags=("python",),
                not_tags=("draft",),
                language="it",
                since="2026-01-31",
                at_least=3,
                at_most=12,
                order="oldest",
            ),
            email=EmailPart(
                template="letter",
                list="weekly",
                through="smtp:work",
                subject="{{ articles[0].title }}",
            ),
            posts=(
                PostPart(
                    template="short",
                    through=("mastodon", "bluesky"),
                    by_rules=True,
                    tags=("sea",),
                    at_most=2,
                ),
                PostPart(through=("mastodon:work",), by_rules=True),
            ),
            source="schedules/friday.yaml",
        )
    ]


def test_what_is_left_out_has_defaults(tmp_path: Path) -> None:
    place = folder(tmp_path, by_hand=POSTS)
    found, _ = schedule.campaigns(place, timezone="Asia/Kolkata")
    assert found == [
        Campaign(
            name="by_hand",
            timezone="Asia/Kolkata",
            posts=(PostPart(through=("mastodon",), by_rules=True),),
            source="schedules/by_hand.yaml",
        )
    ]


@pytest.mark.parametrize(
    ("line", "when"),
    [
        ("when: weekdays 7:30", "weekdays 7:30"),
        ("every: day 09:00", "every day 09:00"),
        ('cron: "0 8 * * fri"', "cron 0 8 * * fri"),
        ("cron: 0 8 * * fri", "cron 0 8 * * fri"),
        ("at: 2026-12-24 18:00", "at 2026-12-24 18:00"),
    ],
)
def test_there_are_four_ways_to_say_when(tmp_path: Path, line: str, when: str) -> None:
    found, errors = schedule.campaigns(folder(tmp_path, x=f"{line}\n{POSTS}"))
    assert (errors, [one.when for one in found]) == ([], [when])


WRONG = [
    ("when: fridya 08:00", '1:7: cannot read "fridya" here. Did you mean friday?'),
    ('when: "Fri 8pm"', '1:12: "8pm" is not a time of day. Try: 20:00'),
    ("when: 10:30", "1:7: no day is given. Try: every day 10:30"),
    ("when: 5", '1:7: when must be a text. Try: put it in quotes: "5"'),
    ("when:", "1:6: when has no value. Try: write a value, or remove the line"),
    ("every: dya 09:00", '1:8: cannot read "dya" here. Did you mean day?'),
    ('cron: "0 8 * * 5"', '1:16: the weekday "5" must be a name: some programs count from Sunday, some from Monday. Try: fri'),
    ("cron: 0 25 * * fri", '1:9: "25" is not an hour. Try: 0 to 23'),
    ("at: tomorrow", '1:5: "tomorrow" is not a date and a time. Try: 2026-12-24 18:00'),
    ("timezone: Europe/Rom", '1:11: unknown time zone "Europe/Rom". Did you mean Europe/Rome?'),
    ("if_missed: snd", "1:12: if_missed must be skip, send or ask. Did you mean send?"),
    ("enabled: no", "1:10: enabled must be true or false. Try: false"),
    ("grace: 2 fortnights", '1:8: "2 fortnights" is not a span of time. Try: 2h; or 30m, 1d'),
    ("grace: 0m", "1:8: must be a minute or more. Try: 2h"),
    ("articles: {tags: python}", "1:18: articles.tags must be a list of texts. Try: [python]"),
    ("articles: {since: yesterday}", '1:19: cannot read "yesterday". Try: last issue, always or 2026-01-31'),
    ("articles: {at_least: 4, at_most: 2}", "1:11: at_least 4 is more than at_most 2. Try: at_least: 2"),
    ("articles: {at_most: 0}", "1:21: articles.at_most must be 1 or more. Try: 1"),
    ("articles: {order: newst}", "1:19: articles.order must be newest, oldest or title. Did you mean newest?"),
    ("email: {template: digest}", '1:8: email.list is missing. Try: add a line "list: …"'),
    ("email: {list: weekly, templat: x}", '1:23: unknown key "templat". Did you mean template?'),
    ("email: {list: Weekly Letter}", '1:15: "Weekly Letter" is not a name. Try: weekly-letter'),
    ("email: {list: weekly, template: ../x}", '1:33: "../x" is not a name. Try: x'),
    ("email: {list: weekly, through: []}", "1:32: must be a channel, or several. Try: postmark; [postmark, smtp:backup]; or {postmark: 70, mailgun: 30}"),
    ("email: {list: weekly, through: [smtp, smtp]}", "1:32: smtp stands here twice. Try: each channel once, the one to begin with first"),
    ("email: {list: weekly, through: {smtp: 70, mailgun: 20}}", "1:32: the shares make 90 percent, not 100. Try: shares that make 100, such as {postmark: 70, mailgun: 30}"),
    ("email: {list: weekly, through: {smtp: much}}", "1:32: the share of smtp must be a whole number of percent. Try: {postmark: 70, mailgun: 30}"),
    ("email: {list: weekly, through: [smtp, Mail Gun]}", '1:32: "Mail Gun" is not a channel. Try: postmark, or smtp:backup'),
    ("email: {list: weekly, test: {subjects: [One, One]}}", "1:29: a test needs two or more variants, no two of them alike. Try: another subject or template"),
    ("email: {list: weekly, test: {share: 50}}", '1:29: a test is of subjects or of templates. Try: subjects: ["One", "Another"]'),
    ("email: {list: weekly, test: {templates: [a, b], winner: clicks}}", '1:29: no winner is named "clicks" without a person. Try: by hand, and publisher winner NAME --by clicks'),
    ("email: {list: weekly, through: {a: 50, b: 50}, test: {templates: [a, b]}}", "1:8: a test and shares would part the readers twice. Try: through: [first, then]"),
    ("hold: soon", '1:7: "soon" is not a span of time. Try: 10m; or 30m, 1h'),
    ("posts: [{through: []}]", "1:19: posts.through must not be empty. Try: write a value, or remove the line"),
    ("posts: [{through: Mastodon}]", '1:19: "Mastodon" is not a channel. Try: mastodon, or mastodon:work'),
    ("name: x", '1:1: unknown key "name". Known keys: when, every, cron, at, timezone, enabled, if_missed, grace, since, hold, budget, articles, email, posts'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_schedule_is_told_with_its_place(
    tmp_path: Path, text: str, line: str
) -> None:
    rest = "" if text.startswith("posts") else POSTS
    found, errors = schedule.campaigns(folder(tmp_path, a=f"{text}\n{rest}"))
    assert (found, [str(one) for one in errors]) == ([], [f"schedules/a.yaml:{line}"])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            f"when: Fri 08:00\nat: 2026-12-24 18:00\n{POSTS}",
            "when and at both say when",
        ),
        ("when: Fri 08:00\n", "sends nothing"),
        ("", "sends nothing"),
    ],
)
def test_a_schedule_means_one_thing(tmp_path: Path, text: str, line: str) -> None:
    _, errors = schedule.campaigns(folder(tmp_path, a=text))
    assert [one.message for one in errors] == [line]
    assert errors[0].where == "schedules/a.yaml:1:1"


def test_one_wrong_file_leaves_the_others(tmp_path: Path) -> None:
    place = folder(tmp_path, a="when: x", b=POSTS)
    (place / "c.yaml").write_bytes(b"\xff\x00")
    (place / "My Letter.yaml").write_text(POSTS)
    (place / "b.yml").write_text(POSTS)
    (place / ".hidden.yaml").write_text("x")
    (place / "notes.txt").write_text("x")
    found, errors = schedule.campaigns(place)
    assert [one.name for one in found] == ["b"]
    assert [one.where for one in errors] == [
        "schedules/My Letter.yaml",
        "schedules/a.yaml:1:7",
        "schedules/b.yml",
        "schedules/c.yaml",
    ]


def test_a_folder_without_schedules_has_none(tmp_path: Path) -> None:
    assert schedule.campaigns(tmp_path / "schedules") == ([], [])


def test_one_file_can_be_read_alone(tmp_path: Path) -> None:
    place = folder(tmp_path, a=POSTS, b="when: x")
    assert schedule.read(place / "a.yaml").name == "a"
    with pytest.raises(ConfigError, match=r"b\.yaml:1:7"):
        schedule.read(place / "b.yaml")


def test_the_shipped_schedules_are_right_and_keep_the_schema() -> None:
    place = files.shipped("schedules")
    found, errors = schedule.campaigns(place)
    assert errors == []
    assert [(one.name, schedule.in_words(one)) for one in found] == [
        (
            "arabic-letter",
            "on the first Monday of the month at 09:00, Europe/Rome",
        ),
        ("settimanale", "every Friday at 08:30, Europe/Rome"),
        ("weekly-digest", "every Friday at 08:00, Europe/Rome"),
    ]
    schema = schedule.schedule_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    for path in place.iterdir():
        jsonschema.validate(strict.load(files.read_text(path), where="x"), schema)


@pytest.mark.parametrize(
    "data", [{"wehn": "x"}, {"posts": [{"through": 1}]}, {"email": {}}]
)
def test_the_schema_refuses_what_the_loader_refuses(data: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schedule.schedule_schema())


def test_the_page_about_schedules_names_every_key_and_every_form() -> None:
    page = files.read_text(files.shipped("docs", "schedules.md"))
    schema = schedule.schedule_schema()
    parts = {"Articles": "articles.", "Email": "email.", "Post": "posts[]."}
    for part, start in parts.items():
        for key in schema["$defs"][part]["properties"]:
            assert f"| `{start}{key}` |" in page
    for text in (*schema["properties"], *FORMS, *sequence.FORMS):
        assert f"`{text}" in page


def test_the_example_of_the_page_is_right(tmp_path: Path) -> None:
    page = files.read_text(files.shipped("docs", "schedules.md"))
    first, second, *_ = [part.split("```")[0] for part in page.split("```yaml\n")[1:]]
    found, errors = schedule.campaigns(folder(tmp_path, friday=first, welcome=second))
    assert errors == []
    assert [bool(one.delay) for one in found] == [False, True]


def test_the_schema_takes_one_channel_without_brackets() -> None:
    data = {"posts": [{"through": "mastodon"}]}
    jsonschema.validate(data, schedule.schedule_schema())


@pytest.mark.parametrize(
    ("through", "part"),
    [
        ("smtp", EmailPart(list="weekly", through="smtp")),
        (
            "[postmark, 'smtp:backup']",
            EmailPart(list="weekly", through="postmark", instead=("smtp:backup",)),
        ),
        (
            "{postmark: 70, mailgun: 30}",
            EmailPart(
                list="weekly", through="postmark", instead=("mailgun",), shares=(70, 30)
            ),
        ),
    ],
)
def test_an_email_goes_through_one_channel_or_several(
    tmp_path: Path, through: str, part: EmailPart
) -> None:
    text = f"email: {{list: weekly, through: {through}}}\n"
    found, errors = schedule.campaigns(folder(tmp_path, a=text))
    assert errors == []
    assert found[0].email == part
