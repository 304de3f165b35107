from __future__ import annotations

import json
import logging
import tomllib
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Literal

import pytest

from publisher.errors import ConfigError
from publisher.providers import (
    Providers,
    Secret,
    Setting,
    from_environ,
    is_configured,
    known,
    settings_of,
)


@dataclass(frozen=True)
class Pigeon:
    token: Secret
    url: str = field(metadata={"doc": "where the loft stands"})
    port: int = 587
    security: Literal["tls", "none"] = "tls"
    loud: bool = False
    weight: float | None = None
    clock: Any = field(default=None, metadata={"setting": False})


ENVIRON = {"PIGEON_TOKEN": "coo", "PIGEON_URL": "https://example.org"}


def test_fields_are_settings() -> None:
    assert settings_of(Pigeon)[:3] == [
        Setting("token", "PIGEON_TOKEN", True, True, type=Secret),
        Setting("url", "PIGEON_URL", False, True, doc="where the loft stands"),
        Setting("port", "PIGEON_PORT", False, False, default=587, type=int),
    ]
    assert [one.name for one in settings_of(Pigeon)][-1] == "weight"


def test_an_account_stands_in_the_name_of_the_setting() -> None:
    keys = [one.key for one in settings_of(Pigeon, "pigeon", "my-work")]
    assert keys[0] == "PIGEON_MY_WORK_TOKEN"


def test_a_provider_is_made_from_the_environment() -> None:
    environ = {
        **ENVIRON,
        "PIGEON_PORT": "25",
        "PIGEON_LOUD": "Yes",
        "PIGEON_WEIGHT": "1.5",
        "PIGEON_SECURITY": "none",
    }
    assert from_environ(Pigeon, "pigeon", "", environ) == Pigeon(
        Secret("coo"), "https://example.org", 25, "none", loud=True, weight=1.5
    )


def test_empty_is_missing_and_what_is_missing_is_named() -> None:
    assert not is_configured(Pigeon, "pigeon", "", {**ENVIRON, "PIGEON_URL": " "})
    with pytest.raises(ConfigError) as caught:
        from_environ(Pigeon, "pigeon", "work", ENVIRON)
    assert caught.value.message == (
        "channel pigeon:work needs PIGEON_WORK_TOKEN and PIGEON_WORK_URL in .env"
    )


def test_extra_fields_come_from_the_caller() -> None:
    pigeon = from_environ(
        Pigeon, "pigeon", "", {"PIGEON_TOKEN": "coo"}, extra={"url": "https://x.org"}
    )
    assert pigeon.url == "https://x.org"


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file\n")
    environ = {**ENVIRON, "PIGEON_TOKEN_FILE": str(tmp_path / "token")}
    del environ["PIGEON_TOKEN"]
    assert is_configured(Pigeon, "pigeon", "", environ)
    pigeon = from_environ(Pigeon, "pigeon", "", environ)
    assert pigeon.token.reveal() == "from a file"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    environ = {"PIGEON_TOKEN_FILE": str(tmp_path / "gone"), "PIGEON_URL": "x"}
    with pytest.raises(ConfigError, match=r"PIGEON_TOKEN_FILE names .*gone"):
        from_environ(Pigeon, "pigeon", "", environ)


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("PIGEON_PORT", "smtp", "PIGEON_PORT must be a number"),
        ("PIGEON_SECURITY", "ssl", "PIGEON_SECURITY must be one of tls, none"),
        ("PIGEON_LOUD", "maybe", "PIGEON_LOUD must be one of"),
    ],
)
def test_a_wrong_value_is_named_and_not_shown(
    key: str, value: str, complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        from_environ(Pigeon, "pigeon", "", {**ENVIRON, key: value})


def test_a_secret_hides_in_logs_and_works_in_addresses(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pigeon = Pigeon(Secret("hunter2"), "https://example.org")
    logging.getLogger("x").warning("sent by %s with %s", pigeon, pigeon.token)
    shown = f"{pigeon}{pigeon!r}{[pigeon.token]}{pigeon.token!s}{caplog.text}"
    assert "hunter2" not in shown
    assert f"Bearer {pigeon.token}" == "Bearer hunter2"
    assert json.dumps(pigeon.token) == '"hunter2"'
    assert type(pigeon.token.reveal()) is str


def test_every_shipped_provider_is_known_and_has_documented_settings() -> None:
    providers = known()
    assert {"outbox", "smtp", "mastodon", "bluesky", "webhook"} <= set(providers)
    for name in ("smtp", "mastodon", "bluesky", "webhook"):
        assert providers[name].kind in {"email", "post"}
        assert [one.name for one in settings_of(providers[name]) if not one.doc] == []


def test_every_file_of_the_gallery_has_its_line_and_documents_its_settings() -> None:
    root = Path(__file__).resolve().parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    lines = project["entry-points"]["publisher.providers"]
    shelf = root / "publisher" / "providers"
    files = {one.stem for one in shelf.glob("[!_]*.py")}
    files |= {one.parent.name for one in shelf.glob("*/__init__.py")}
    assert {*lines} == files
    for name, value in lines.items():
        cls = EntryPoint(name, value, "publisher.providers").load()
        assert cls.kind in {"email", "post"}
        assert [one.name for one in settings_of(cls, name) if not one.doc] == []


def test_a_broken_plugin_is_named_and_harms_nobody_else() -> None:
    broken = EntryPoint("broken", "no_such_module:Broken", "publisher.providers")
    providers = Providers({"broken": broken})
    assert "broken" in providers
    assert len(providers) == 1
    with pytest.raises(ConfigError, match="'broken' is installed but cannot be loaded"):
        providers["broken"]
