"""The exports of other programs, with the columns that they have."""

from __future__ import annotations

import io

import pytest

from publisher.store.imports import Person
from publisher.store.imports.sheets import Sheet, Sheets, table

MAILCHIMP = (
    "Email Address,First Name,Last Name,Address,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,"
    "CONFIRM_TIME,CONFIRM_IP,TIMEZONE,CC,LAST_CHANGED,LEID,EUID,NOTES,TAGS"
)


def people(text: str, name: str = "readers.csv") -> tuple[str, list[Person]]:
    """Return the program that a file is an export of, and who is in it."""
    sheets = Sheets()
    lines = io.StringIO(text, newline="")
    rows = table(lines, text, Sheet(name, name, {}, sheets))
    found = [columns.person(cells) for _, columns, cells in rows]
    return sheets.columns[0].program, found


def test_mailchimp() -> None:
    row = (
        "ana@example.org,Ana,Marsh,1 Harbour Road,4,2023-04-21 11:16:57,,"
        '2023-04-22 10:00:00,,Europe/Rome,IT,,77,e1,,"""Art, modern"",""Food"""'
    )
    program, (ana,) = people(f"{MAILCHIMP}\n{row}\n", "subscribed_members_export_1.csv")
    assert program == "Mailchimp"
    assert ana == Person(
        "ana@example.org",
        "Ana Marsh",
        created="2023-04-21T11:16:57.000000+00:00",
        attributes={
            "Address": "1 Harbour Road",
            "MEMBER_RATING": "4",
            "CONFIRM_TIME": "2023-04-22 10:00:00",
            "CC": "IT",
            "LEID": "77",
            "EUID": "e1",
            "tags": "Art, modern, Food",
        },
        tags=("Art, modern", "Food"),
        timezone="Europe/Rome",
    )


@pytest.mark.parametrize(
    ("name", "extra", "cell", "expected"),
    [
        ("readers.csv", "UNSUB_TIME", "2018-07-23 12:19:27", (False, True, "")),
        ("readers.csv", "CLEAN_TIME", "2020-03-23", (False, False, "cleaned")),
        ("readers.csv", "UNSUB_TIME", "", (False, False, "")),
        ("unsubscribed_members_export_1.csv", "UNSUB_TIME", "", (False, True, "")),
        ("cleaned_members_export_1.csv", "CLEAN_TIME", "", (False, False, "cleaned")),
        ("nonsubscribed_members_export_1.csv", "X", "", (True, False, "")),
    ],
)
def test_mailchimp_says_who_left_by_a_time_or_by_the_name_of_the_file(
    name: str, extra: str, cell: str, expected: tuple[bool, bool, str]
) -> None:
    text = f"Email Address,LEID,{extra}\nana@example.org,7,{cell}\n"
    program, (ana,) = people(text, name)
    assert program == "Mailchimp"
    gone = ana.gone.removeprefix("imported as ")
    assert (ana.is_pending, ana.has_left, gone) == expected


def test_substack() -> None:
    text = (
        "email,active_subscription,expiry,plan,email_disabled,created_at,"
        "first_payment_at\n"
        "ana@example.org,false,,other,false,2018-08-27T15:06:27.713Z,\n"
        "bo@example.org,true,2026-12-01T00:00:00.000Z,monthly,true,2024-02-01,\n"
        "x1@deletion-request.substack.com,false,,,false,2024-02-01,\n"
    )
    program, (ana, bo, nobody) = people(text)
    assert program == "Substack"
    assert (ana.has_left, ana.created) == (False, "2018-08-27T15:06:27.000000+00:00")
    assert ana.attributes == {"active_subscription": "false", "plan": "other"}
    assert bo.has_left
    assert nobody.skip == "asked to be deleted"


def test_the_other_table_of_substack() -> None:
    text = (
        "Email,Name,Subscription type,Activity,Subscription date,Revenue\n"
        "ana@example.org,Ana,Free,3,2024-02-01,0\n"
    )
    program, (ana,) = people(text)
    assert (program, ana.name) == ("Substack", "Ana")
    assert ana.created == "2024-02-01T00:00:00.000000+00:00"


def test_ghost() -> None:
    text = (
        "id,email,name,note,subscribed_to_emails,complimentary_plan,"
        "stripe_customer_id,created_at,deleted_at,labels,tiers\n"
        'm1,ana@example.org,Ana,VIP,true,false,,2024-01-15T10:00:00.000Z,,"a,b",\n'
        "m2,bo@example.org,Bo,,false,false,,2024-01-15T10:00:00.000Z,,,\n"
        "m3,cy@example.org,Cy,,true,false,,2024-01-15T10:00:00.000Z,2025-01-01,,\n"
    )
    program, (ana, bo, cy) = people(text)
    assert program == "Ghost"
    assert not ana.has_left
    assert (ana.attributes["tags"], ana.attributes["note"]) == ("a, b", "VIP")
    assert ana.tags == ("a", "b")
    assert bo.has_left
    assert cy.has_left


@pytest.mark.parametrize("email", ["email_address", "email"])
@pytest.mark.parametrize("kind", ["type", "subscriber_type"])
def test_buttondown(email: str, kind: str) -> None:
    if (email, kind) == ("email", "type"):
        kind = "subscriber_type"
    text = (
        f"{email},notes,metadata,tags,referrer_url,{kind},creation_date\n"
        'ana@example.org,hi,"{""city"": ""Rome"", ""n"": 2}",art,,premium,2024-02-02\n'
        "bo@example.org,,,,,unactivated,2024-02-02\n"
        "cy@example.org,,,,,removed,2024-02-02\n"
        "di@example.org,,,,,spammy,2024-02-02\n"
    )
    program, (ana, bo, cy, di) = people(text)
    assert program == "Buttondown"
    assert ana.attributes == {
        "notes": "hi",
        "city": "Rome",
        "n": "2",
        "tags": "art",
        kind: "premium",
    }
    assert ana.created == "2024-02-02T00:00:00.000000+00:00"
    assert (bo.is_pending, cy.has_left, di.gone) == (True, True, "imported as spammy")


def test_kit() -> None:
    text = (
        "first_name,email_address,state,created_at,tags,shoe\n"
        'Maja,maja@example.org,active,2025-03-03,"art, food",38\n'
        "Nils,nils@example.org,inactive,2025-03-03,,\n"
        "Otto,otto@example.org,cancelled,2025-03-03,,\n"
        "Pia,pia@example.org,bounced,2025-03-03,,\n"
        "Quin,quin@example.org,complained,2025-03-03,,\n"
    )
    program, (maja, nils, otto, pia, quin) = people(text)
    assert program == "Kit"
    assert (maja.name, maja.attributes) == ("Maja", {"tags": "art, food", "shoe": "38"})
    assert (nils.is_pending, nils.has_left, otto.has_left) == (True, False, True)
    assert (pia.gone, quin.gone) == ("imported as bounced", "imported as complained")


def test_listmonk() -> None:
    text = (
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        'u1,ana@example.org,Ana,"{""city"": ""Rome"", ""vip"": true}",enabled,'
        "2024-02-02 10:00:00.123456 +0000 UTC,2024-02-02 10:00:00 +0000 UTC\n"
        "u2,bo@example.org,Bo,{},disabled,,\n"
        "u3,cy@example.org,Cy,{},blocklisted,,\n"
    )
    program, (ana, bo, cy) = people(text)
    assert program == "listmonk"
    assert ana.created == "2024-02-02T10:00:00.000000+00:00"
    assert ana.attributes == {
        "uuid": "u1",
        "city": "Rome",
        "vip": "true",
        "updated_at": "2024-02-02 10:00:00 +0000 UTC",
    }
    assert (bo.has_left, cy.gone) == (True, "imported as blocklisted")


def test_beehiiv() -> None:
    text = (
        "email,First Name,Last Name,status,tier,created_at,stripe_customer_id,"
        "unsubscribed_at\n"
        "ana@example.org, Ana ,,active,free,2023-03-24 10:23:10 UTC,,\n"
        "bo@example.org,,,inactive,free,2023-03-24 10:23:10 UTC,,\n"
        "cy@example.org,,,pending,free,2023-03-24 10:23:10 UTC,,\n"
        "di@example.org,,,active,free,,,2024-03-13 11:33:53 UTC\n"
    )
    program, (ana, bo, cy, di) = people(text)
    assert program == "beehiiv"
    assert (ana.name, ana.created) == ("Ana", "2023-03-24T10:23:10.000000+00:00")
    assert ana.attributes == {"tier": "free"}
    assert (bo.has_left, cy.is_pending, di.has_left) == (True, True, True)


def test_where_somebody_lives_is_no_consent() -> None:
    text = "email,State,type\nana@example.org,CA,business\n"
    program, (ana,) = people(text)
    assert program == ""
    assert ana == Person(
        "ana@example.org", attributes={"State": "CA", "type": "business"}
    )


def test_the_worst_that_is_said_counts() -> None:
    text = "email,status,unsubscribed,bounced\nana@example.org,active,yes,yes\n"
    _, (ana,) = people(text)
    assert (ana.has_left, ana.gone) == (True, "imported as bounced")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-01-31", "2026-01-31T00:00:00.000000+00:00"),
        ("2026-01-31T10:00:00+02:00", "2026-01-31T08:00:00.000000+00:00"),
        ("2026-01-31 10:00", "2026-01-31T10:00:00.000000+00:00"),
        ("31/01/2026", ""),
        ("0001-01-01T00:00:00+14:00", ""),
        ("soon", ""),
    ],
)
def test_a_time_that_cannot_be_read_is_kept_as_it_is(cell: str, expected: str) -> None:
    _, (ana,) = people(f"email,created_at\nana@example.org,{cell}\n")
    assert ana.created == expected
    assert ana.attributes == ({} if expected else {"created_at": cell})


@pytest.mark.parametrize("head", ["timezone", "time_zone", "Time Zone", "TZ"])
@pytest.mark.parametrize(
    ("cell", "zone"),
    [("Europe/Rome", "Europe/Rome"), ("asia/kolkata ", "Asia/Kolkata"), ("", "")],
)
def test_a_zone_of_the_iana_database_is_when_a_reader_lives(
    head: str, cell: str, zone: str
) -> None:
    _, (ana,) = people(f"email,{head}\nana@example.org,{cell}\n")
    assert (ana.timezone, ana.attributes) == (zone, {})


def test_what_is_no_zone_is_kept_as_it_is() -> None:
    _, (ana,) = people("email,TZ\nana@example.org,(GMT+01:00) Rome\n")
    assert (ana.timezone, ana.attributes) == ("", {"TZ": "(GMT+01:00) Rome"})
