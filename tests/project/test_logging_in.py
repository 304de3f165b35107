"""Logging in through a browser, and tokens that are renewed and never lost."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import responses
from requests import PreparedRequest

from publisher import providers
from publisher.errors import ConfigError, ProviderError, Refused
from publisher.http.oauth import challenge
from publisher.models import Channel, Identity, Kind, Limits, Login, Post, Receipt
from publisher.project import Project, logging_in
from publisher.providers import Secret
from tests.conftest import Letters

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOKENS = "https://net.example/token"
MINE = ".publisher/tokens/fake.json"


@dataclass(frozen=True)
class Fake:
    """A network with logins."""

    token: Secret
    client_id: str = ""
    client_secret: Secret = field(default=Secret(""))

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(length=280, images=4)
    login: ClassVar[Login] = Login(
        authorize="https://net.example/authorize",
        token=TOKENS,
        scopes=("read", "write"),
    )

    def send(self, post: Post) -> Receipt:
        return Receipt(post.key)

    def verify(self) -> Identity:
        return Identity(name=f"@{self.token.reveal()}")


class Tokens:
    """The network's token endpoint: each code and refresh token works once."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.challenge = ""
        self.refresh = "refresh-1"
        self.broken = 0
        self.seconds = 7200

    def __call__(self, request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        body = request.body if isinstance(request.body, str) else ""
        asked = {name: values[0] for name, values in parse_qs(body).items()}
        self.asked.append(asked)
        if self.broken:
            self.broken -= 1
            return 503, {}, ""
        if not self._is_right(asked):
            return 400, {}, json.dumps({"error": "invalid_grant"})
        number = int(self.refresh[-1]) + 1
        self.refresh = f"refresh-{number}"
        said = {
            "access_token": f"access-{number}",
            "refresh_token": self.refresh,
            "expires_in": self.seconds,
        }
        return 200, {}, json.dumps(said)

    def _is_right(self, asked: dict[str, str]) -> bool:
        if asked["grant_type"] == "refresh_token":
            return asked["refresh_token"] == self.refresh
        return (
            asked["code"] == "the-code"
            and challenge(asked["code_verifier"]) == self.challenge
        )


@pytest.fixture
def tokens() -> Iterator[Tokens]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        found = Tokens()
        mock.add_callback(responses.POST, TOKENS, callback=found)
        mock.add_passthru("http://127.0.0.1")
        yield found


@pytest.fixture
def folder(letters: Letters, monkeypatch: pytest.MonkeyPatch) -> Letters:
    real = providers.known()
    known = {**{name: real[name] for name in ("outbox", "mastodon")}, "fake": Fake}
    monkeypatch.setattr(providers, "known", lambda: known)
    letters.write(".env", "FAKE_CLIENT_ID=our-app\n")
    letters.write(
        "schedules/weekly.yaml", "articles: {since: always}\nposts: [{through: fake}]\n"
    )
    return letters


def opened(letters: Letters, now: datetime = NOW) -> Project:
    return Project(letters.root, environ={}, clock=lambda: now)


def log_in(letters: Letters, tokens: Tokens, **changes: str) -> Any:
    """Be the browser: go where we are told, and come back with the code."""

    def browse(address: str) -> None:
        asked = {
            name: one[0] for name, one in parse_qs(urlsplit(address).query).items()
        }
        tokens.challenge = asked["code_challenge"]
        back = {"state": asked["state"], "code": "the-code", **changes}
        url = f"{asked['redirect_uri']}?{urlencode(back)}"
        threading.Thread(target=visit, args=(url,), daemon=True).start()

    with opened(letters) as project:
        return logging_in.log_in(project, "fake", port=0, show=browse)


def query_of(address: str) -> dict[str, str]:
    return {name: one[0] for name, one in parse_qs(urlsplit(address).query).items()}


def token_of(channel: Channel) -> str:
    assert isinstance(channel.provider, Fake)
    return channel.provider.token.reveal()


def visit(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_login_keeps_its_token_where_only_its_owner_can_read_it(
    folder: Letters, tokens: Tokens
) -> None:
    log_in(folder, tokens)
    path = folder.root / MINE
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert path.with_name(".gitignore").read_text() == "*\n"
    with opened(folder) as project:
        assert token_of(project.channel("fake")) == "access-2"
        found = project.identify("fake")
        assert found
        assert found.name == "@access-2"
        assert found.expires_at == NOW + timedelta(hours=2)


def test_another_answer_than_ours_changes_nothing(
    folder: Letters, tokens: Tokens
) -> None:
    statuses = []

    def browse(address: str) -> None:
        asked = {
            name: one[0] for name, one in parse_qs(urlsplit(address).query).items()
        }
        tokens.challenge = asked["code_challenge"]
        back = asked["redirect_uri"]

        def visits() -> None:
            statuses.append(visit(f"{back}?code=the-code&state=forged"))
            statuses.append(visit(back.replace("/callback", "/")))
            statuses.append(visit(f"{back}?code=the-code&state={asked['state']}"))

        threading.Thread(target=visits, daemon=True).start()

    with opened(folder) as project:
        logging_in.log_in(project, "fake", port=0, show=browse)
    assert statuses[:2] == [400, 404]


def test_who_says_no_is_told_so(folder: Letters, tokens: Tokens) -> None:
    with pytest.raises(Refused, match="fake says no: not today"):
        log_in(folder, tokens, error="access_denied", error_description="not today")
    assert not (folder.root / MINE).exists()


def test_nobody_comes_back(folder: Letters) -> None:
    with (
        opened(folder) as project,
        pytest.raises(ConfigError, match="nobody came back"),
    ):
        logging_in.log_in(
            project, "fake", port=0, show=lambda _: None, stop=lambda: True
        )


def test_where_the_browser_is_elsewhere_its_address_is_brought(
    folder: Letters, tokens: Tokens
) -> None:
    def ask(address: str) -> str:
        asked = {
            name: one[0] for name, one in parse_qs(urlsplit(address).query).items()
        }
        tokens.challenge = asked["code_challenge"]
        assert asked["redirect_uri"] == "https://example.org/back"
        return f"https://example.org/back?code=the-code&state={asked['state']}"

    with opened(folder) as project:
        logging_in.log_in_by_hand(
            project, "fake", redirect="https://example.org/back", ask=ask
        )
        assert project.identify("fake")


@pytest.mark.parametrize(
    ("dotenv", "said"),
    [
        ("", "the login of fake needs FAKE_CLIENT_ID in .env"),
        ("FAKE_CLIENT_ID=a", ""),
    ],
)
def test_an_app_is_needed(folder: Letters, dotenv: str, said: str) -> None:
    folder.write(".env", dotenv)
    with opened(folder) as project:
        if said:
            with pytest.raises(ConfigError, match=said):
                logging_in.LoggingIn(project, "fake", "http://127.0.0.1:1/callback")
        with pytest.raises(ConfigError, match="mastodon has no login in a browser"):
            logging_in.LoggingIn(project, "mastodon", "")


def test_a_token_is_renewed_in_time_and_used(folder: Letters, tokens: Tokens) -> None:
    log_in(folder, tokens)
    later = NOW + timedelta(minutes=105)
    with opened(folder, later) as project:
        channel = logging_in.fresh(project, "fake")
        assert token_of(channel) == "access-3"
        assert logging_in.fresh(project, "fake") == channel
    assert [one["grant_type"] for one in tokens.asked] == [
        "authorization_code",
        "refresh_token",
    ]
    with opened(folder, later) as project:
        assert token_of(project.channel("fake")) == "access-3"


def test_a_failed_renewal_never_wipes_a_token_that_works(
    folder: Letters, tokens: Tokens
) -> None:
    log_in(folder, tokens)
    before = (folder.root / MINE).read_text()
    tokens.broken = 1
    later = NOW + timedelta(minutes=105)
    with opened(folder, later) as project:
        assert token_of(logging_in.fresh(project, "fake")) == "access-2"
        assert (folder.root / MINE).read_text() == before
        assert token_of(logging_in.fresh(project, "fake")) == "access-3"


def test_when_it_is_over_and_cannot_be_renewed_it_is_told(
    folder: Letters, tokens: Tokens
) -> None:
    log_in(folder, tokens)
    tokens.refresh = "refresh-9"
    over = NOW + timedelta(hours=3)
    with opened(folder, over) as project, pytest.raises(ProviderError) as caught:
        logging_in.fresh(project, "fake")
    assert "invalid_grant" in str(caught.value)
    assert "publisher channels login fake" in str(caught.value)
    assert (folder.root / MINE).exists()


def test_a_campaign_renews_its_token_before_it_posts(
    folder: Letters, tokens: Tokens
) -> None:
    log_in(folder, tokens)
    with opened(folder, NOW + timedelta(hours=3)) as project:
        report = project.send(project.plan("weekly"))
    assert not report.stopped
    assert tokens.asked[-1]["grant_type"] == "refresh_token"


def test_what_env_says_wins(folder: Letters, tokens: Tokens) -> None:
    folder.write(".env", "FAKE_CLIENT_ID=our-app\nFAKE_TOKEN=by-hand\n")
    login = log_in(folder, tokens)
    assert login.is_hidden
    with opened(folder) as project:
        assert token_of(project.channel("fake")) == "by-hand"


def test_a_broken_file_of_tokens_is_told(folder: Letters) -> None:
    folder.write(MINE, "{}")
    with opened(folder) as project, pytest.raises(ConfigError, match=r"fake\.json"):
        _ = project.settings


def test_channels_show_the_token_s_age_and_end(folder: Letters, tokens: Tokens) -> None:
    log_in(folder, tokens)
    with opened(folder) as project:
        assert project.accounts() == [
            {
                "name": "fake",
                "state": "ready",
                "kind": "post",
                "can": ["test"],
                "limits": "280 characters, 4 pictures",
                "token_since": NOW.isoformat(),
                "token_until": (NOW + timedelta(hours=2)).isoformat(),
                "version_until": None,
            }
        ]


def test_nothing_of_a_token_is_shown(folder: Letters, tokens: Tokens) -> None:
    log_in(folder, tokens)
    with opened(folder) as project:
        assert "access-2" not in repr(project.settings)
        assert "access-2" not in repr(project.settings.grants)
