from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from responses import RequestsMock
from responses.matchers import header_matcher, json_params_matcher

from publisher.errors import ConfigError, Refused, Rejected, Unavailable, Uncertain
from publisher.models import Card, Identity, Json, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.linkedin import LinkedIn
from publisher.providers.linkedin.little import little, plain
from publisher.testing import ProviderContract
from publisher.units import links

BASE = "https://api.linkedin.com"
PAGE, MEMBER = "urn:li:organization:7", "urn:li:person:AbC"
LINK = "https://example.org/tides_(1)?a=1&b=2"
POST = Post(
    key="weekly/7/linkedin/tides",
    text=f"Tides (and ferries)\n\n{LINK}\n\n#Ferries",
    language="de",
    hashtags=("Ferries",),
    card=Card(url=LINK, title="Tides (and ferries)", description="Of the sea."),
    created=datetime(2026, 11, 23, 12, tzinfo=UTC),
)
PICTURE = Media(content=b"\x89PNG", media_type="image/png", alt="A ferry")
NAME = "urn:li:share:99"
TAKEN = {"x-restli-id": NAME}
# Every key that the document of the Posts API has for a post that is made.
KNOWN = {
    *("author", "commentary", "content", "distribution", "isReshareDisabledByAuthor"),
    *("lifecycleState", "visibility"),
}


@pytest.fixture
def page() -> LinkedIn:
    return LinkedIn(Secret("t0ken"), PAGE)


@pytest.fixture
def member() -> LinkedIn:
    return LinkedIn(Secret("t0ken"), MEMBER)


@pytest.fixture
def web() -> Any:
    with RequestsMock() as mock:
        yield mock


class TestContract(ProviderContract):
    provider = LinkedIn(Secret("t0ken"), PAGE)
    message = POST
    secrets = ("t0ken",)

    # It answers by a header, so that no body has to be read.
    test_an_answer_that_cannot_be_read_leaves_it_open = None  # type: ignore[assignment]


# --- little text ---------------------------------------------------------------------


def read(text: str) -> str:
    """Read little text as its document says, sign by sign; a bare sign cuts it."""
    shown, at = "", 0
    while at < len(text):
        if text[at] == "\\":
            shown, at = shown + text[at + 1], at + 2
        elif template := re.compile(r"\{hashtag\|\\#\|(.*?)(?<!\\)\}").match(text, at):
            shown += "#" + re.sub(r"\\(.)", r"\1", template[1])
            at = template.end()
        elif text[at] in "|{}@[]()<>#*_~":
            return shown  # as LinkedIn does, without a word
        else:
            shown, at = shown + text[at], at + 1
    return shown


signs = st.text(
    st.sampled_from("\\|{}@[]()<>#*_~ ab\n1é") | st.characters(codec="utf-8")
)
pieces = signs | st.sampled_from([LINK, "#Salt", "#a_b", "{hashtag|\\#|x}", "@[a](b)"])


@given(st.lists(pieces, max_size=8).map(" ".join))
@example("Harbour (old) cuts here")
@example(f"{LINK}#Salt #Salt")
@settings(max_examples=1000)
def test_nothing_is_cut_and_everything_comes_back(text: str) -> None:
    written = little(text, ("Salt", "a_b"))
    assert read(written) == text
    assert plain(written) == text


def test_ten_thousand_texts_come_back_with_links_and_hashtags() -> None:
    import random

    chance = random.Random(7)  # noqa: S311  the same texts each time
    parts = ["(", ")", "[", "]", "_", "*", "~", "|", "{", "}", "<", ">", "@", "\\", "#"]
    words = [*parts, "salt", "é", "海", "\n", "a_b", "C#", "#1"]
    for number in range(10_000):
        said = [chance.choice(words) for _ in range(chance.randrange(30))]
        url = f"https://example.org/{number}_(x)/~a?b=[{number}]&c=*"
        text = f"{' '.join(said)} {url} #Salt{number}"
        written = little(text, (f"Salt{number}",))
        assert read(written) == text
        found = [link.url for link in links(read(written))]
        assert url.rstrip("*") in [one.rstrip("*") for one in found]
        assert rf"{{hashtag|\#|Salt{number}}}" in written


def test_only_the_post_s_own_hashtags_are_made_ones() -> None:
    assert little("#Salt #Sea C#", ("Salt",)) == r"{hashtag|\#|Salt} \#Sea C\#"


# --- posting -------------------------------------------------------------------------


def test_a_page_posts_with_its_card_and_version(
    page: LinkedIn, web: RequestsMock
) -> None:
    headers = {
        "Authorization": "Bearer t0ken",
        "LinkedIn-Version": "202607",
        "X-Restli-Protocol-Version": "2.0.0",
    }
    match = [header_matcher(headers)]
    web.post(f"{BASE}/rest/posts", status=201, headers=TAKEN, match=match)
    receipt = page.send(POST)
    assert receipt == Receipt(NAME, f"https://www.linkedin.com/feed/update/{NAME}/")
    body = sent(web)
    assert body["author"] == PAGE
    assert body["visibility"] == "PUBLIC"
    assert body["content"] == {
        "article": {
            "source": LINK,
            "title": "Tides (and ferries)",
            "description": "Of the sea.",
        }
    }
    assert read(body["commentary"]) == POST.text


def sent(web: RequestsMock, at: int = -1) -> Json:
    body: Json = json.loads(web.calls[at].request.body or b"")
    return body


@given(
    text=st.text(max_size=300),
    title=st.text(max_size=600),
    hashtags=st.lists(st.from_regex(r"\w+", fullmatch=True), max_size=3),
    visibility=st.sampled_from(["", "public", "unlisted", "private"]),
    pictures=st.integers(0, 3),
)
@settings(max_examples=200)
def test_every_post_has_the_form_of_the_document(
    text: str, title: str, hashtags: list[str], visibility: str, pictures: int
) -> None:
    post = replace(
        POST,
        text=text,
        hashtags=tuple(hashtags),
        visibility=visibility,
        card=Card(url=LINK, title=title),
        media=(PICTURE,) * pictures,
    )
    made = LinkedIn.payload(post)
    assert set(made) <= KNOWN
    assert made["visibility"] in {"PUBLIC", "CONNECTIONS"}
    assert made["lifecycleState"] == "PUBLISHED"
    assert read(made["commentary"]) == text
    assert ("article" in made.get("content", {})) is (pictures == 0)


def upload(web: RequestsMock, number: int, *, is_page: bool) -> None:
    place = f"https://www.linkedin.com/dms-uploads/{number}"
    value = {"uploadUrl": place, "image": f"urn:li:image:{number}"}
    web.post(f"{BASE}/rest/images?action=initializeUpload", json={"value": value})
    web.put(place, status=201, match=[header_matcher({"Content-Type": "image/png"})])
    if is_page:
        path = f"{BASE}/rest/images/urn%3Ali%3Aimage%3A{number}"
        web.get(path, json={"status": "AVAILABLE"})


def test_the_card_s_picture_is_sent_along(page: LinkedIn, web: RequestsMock) -> None:
    upload(web, 1, is_page=True)
    web.post(f"{BASE}/rest/posts", status=201, headers=TAKEN)
    page.send(replace(POST, thumbnail=PICTURE))
    assert sent(web)["content"]["article"]["thumbnail"] == "urn:li:image:1"


def test_pictures_keep_what_they_show(member: LinkedIn, web: RequestsMock) -> None:
    upload(web, 1, is_page=False)
    upload(web, 2, is_page=False)
    web.post(f"{BASE}/rest/posts", status=201, headers=TAKEN)
    member.send(replace(POST, media=(PICTURE, replace(PICTURE, alt="A lamp"))))
    assert sent(web)["content"] == {
        "multiImage": {
            "images": [
                {"id": "urn:li:image:1", "altText": "A ferry"},
                {"id": "urn:li:image:2", "altText": "A lamp"},
            ]
        }
    }


def test_one_picture_stands_alone(member: LinkedIn, web: RequestsMock) -> None:
    upload(web, 1, is_page=False)
    web.post(f"{BASE}/rest/posts", status=201, headers=TAKEN)
    member.send(replace(POST, media=(PICTURE,)))
    media = {"id": "urn:li:image:1", "altText": "A ferry"}
    assert sent(web)["content"] == {"media": media}


def test_a_failed_upload_is_never_uncertain(page: LinkedIn, web: RequestsMock) -> None:
    web.post(f"{BASE}/rest/images?action=initializeUpload", status=500)
    with pytest.raises(Unavailable):
        page.send(replace(POST, media=(PICTURE,)))


def test_a_stranger_s_host_does_not_see_the_token(
    member: LinkedIn, web: RequestsMock
) -> None:
    value = {"uploadUrl": "https://uploads.example/1", "image": "urn:li:image:1"}
    web.post(f"{BASE}/rest/images?action=initializeUpload", json={"value": value})
    web.put("https://uploads.example/1", status=201)
    web.post(f"{BASE}/rest/posts", status=201, headers=TAKEN)
    member.send(replace(POST, media=(PICTURE,)))
    assert "Authorization" not in web.calls[1].request.headers


def test_an_outdated_version_is_told_in_a_line(
    page: LinkedIn, web: RequestsMock
) -> None:
    web.post(f"{BASE}/rest/posts", status=426, json={"code": "NONEXISTENT_VERSION"})
    with pytest.raises(Refused, match=r"no longer speaks version 202607") as caught:
        page.send(POST)
    assert "LINKEDIN_VERSION" in caught.value.hint


@pytest.mark.parametrize(
    ("version", "ends"),
    [("202511", date(2026, 11, 15)), ("202607", date(2027, 7, 15)), ("latest", None)],
)
def test_a_version_lives_for_a_year(version: str, ends: date | None) -> None:
    assert LinkedIn(Secret("t"), PAGE, version=version).version_ends() == ends


def test_an_answer_without_a_name_is_uncertain(
    page: LinkedIn, web: RequestsMock
) -> None:
    web.post(f"{BASE}/rest/posts", status=201)
    with pytest.raises(Uncertain):
        page.send(POST)


def test_an_author_that_is_neither_is_refused() -> None:
    with pytest.raises(ConfigError, match="LINKEDIN_AUTHOR"):
        LinkedIn(Secret("t"), "ferry")


# --- what is unknown, changed, taken back --------------------------------------------


def shown(web: RequestsMock, **more: Any) -> None:
    one = {
        "id": NAME,
        "createdAt": int(datetime(2026, 11, 23, 12, 1, tzinfo=UTC).timestamp() * 1000),
        "commentary": little(POST.text, POST.hashtags),
        **more,
    }
    web.get(f"{BASE}/rest/posts", json={"elements": [one]})


def test_a_page_is_asked_before_a_repeat(page: LinkedIn, web: RequestsMock) -> None:
    shown(web)
    found = page.find(POST)
    assert found
    assert found.id == NAME


@pytest.mark.parametrize(
    "more",
    [
        {"commentary": "Something else"},
        {"createdAt": 1_700_000_000_000},
    ],
)
def test_another_post_is_not_taken_for_it(
    page: LinkedIn, web: RequestsMock, more: Json
) -> None:
    shown(web, **more)
    assert page.find(POST) is None


def test_the_same_card_since_then_is_it(page: LinkedIn, web: RequestsMock) -> None:
    shown(web, commentary="edited by hand", content={"article": {"source": LINK}})
    assert page.find(POST)


def test_a_member_s_posts_cannot_be_read(member: LinkedIn) -> None:
    with pytest.raises(Uncertain, match="member"):
        member.find(POST)


def test_an_edit_changes_the_words(page: LinkedIn, web: RequestsMock) -> None:
    words = {"patch": {"$set": {"commentary": little(POST.text, POST.hashtags)}}}
    match = [
        json_params_matcher(words),
        header_matcher({"X-RestLi-Method": "PARTIAL_UPDATE"}),
    ]
    web.post(f"{BASE}/rest/posts/urn%3Ali%3Ashare%3A99", status=204, match=match)
    assert page.edit(NAME, POST).id == NAME


@pytest.mark.parametrize("status", [204, 404])
def test_what_is_gone_is_taken_back(
    page: LinkedIn, web: RequestsMock, status: int
) -> None:
    web.delete(f"{BASE}/rest/posts/urn%3Ali%3Ashare%3A99", status=status)
    page.delete(NAME)


def test_a_post_that_is_gone_cannot_be_changed(
    page: LinkedIn, web: RequestsMock
) -> None:
    web.post(f"{BASE}/rest/posts/urn%3Ali%3Ashare%3A99", status=404)
    with pytest.raises(Rejected):
        page.edit(NAME, POST)


# --- whose token it is ---------------------------------------------------------------


def test_a_member_is_who_the_token_is(member: LinkedIn, web: RequestsMock) -> None:
    web.get(f"{BASE}/v2/userinfo", json={"sub": "AbC", "name": "The Ferry"})
    assert member.verify() == Identity(name="The Ferry")


def test_another_member_s_token_is_not_connected(
    member: LinkedIn, web: RequestsMock
) -> None:
    web.get(f"{BASE}/v2/userinfo", json={"sub": "Xyz"})
    with pytest.raises(Refused, match="another member"):
        member.verify()


def test_a_page_needs_a_role(page: LinkedIn, web: RequestsMock) -> None:
    role = {"organization": PAGE, "role": "ADMINISTRATOR"}
    web.get(f"{BASE}/rest/organizationAcls", json={"elements": [role]})
    found = page.verify()
    assert (found.name, found.remarks) == ("page 7", ("role: ADMINISTRATOR",))


def test_a_token_without_a_role_is_not_connected(
    page: LinkedIn, web: RequestsMock
) -> None:
    role = {"organization": "urn:li:organization:8", "role": "ADMINISTRATOR"}
    web.get(f"{BASE}/rest/organizationAcls", json={"elements": [role]})
    with pytest.raises(Refused, match="no role"):
        page.verify()


def test_a_token_of_the_wrong_kind_is_not_connected(
    page: LinkedIn, web: RequestsMock
) -> None:
    web.get(f"{BASE}/rest/organizationAcls", status=403, json={"message": "scope"})
    with pytest.raises(Refused):
        page.verify()
