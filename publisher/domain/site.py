"""The public pages: whether one click ends a subscription, and what time it is.

https://www.rfc-editor.org/rfc/rfc8058
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from publisher.domain.model import Facts, Finding
from publisher.http.probe import Answer, Unanswered, probe

SUBJECT = "List-Unsubscribe"
NOBODYS = "made-up-by-publisher-doctor"  # a token that no letter has
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
LATE, WRONG = timedelta(seconds=60), timedelta(seconds=300)
OK, NOT_FOUND, NO_SUCH_METHOD, TOO_MANY = 200, 404, 405, 429
REFUSED = {400, 403, 404, 410, 422}
_SERVE = "Try: publisher serve behind that address, with every path and method"


def look(facts: Facts) -> Iterator[Finding]:
    """Look at the address that stands in every letter, and then at the clock."""
    if not facts.unsubscribe:
        hint = "Try: public_url below site: in publisher.yaml"
        if facts.has_site:
            said = "letters have no address for leaving with one click"
            yield Finding("warning", SUBJECT, said, hint)
        else:
            yield Finding("skipped", SUBJECT, "there is no publisher folder here")
        yield Finding("skipped", "Clock", "there is no site to compare it with")
        return
    answers: list[tuple[Answer, timedelta]] = []
    yield from _pages(facts, answers)
    yield _clock(answers)


def _pages(facts: Facts, answers: list[tuple[Answer, timedelta]]) -> Iterator[Finding]:
    url = facts.unsubscribe.replace("{token}", NOBODYS)
    place = facts.unsubscribe
    if not url.startswith("https://"):
        said = f"{place} is not https, so mailbox providers do not show the button"
        yield Finding("error", SUBJECT, said, "Try: an https address in publisher.yaml")
        return
    try:
        if facts.health and _asked(facts, answers, "GET", facts.health).status != OK:
            yield Finding(
                "error", SUBJECT, f"publisher does not answer at {facts.health}", _SERVE
            )
            return
        yield _judged(place, _asked(facts, answers, "POST", url), facts)
    except Unanswered as error:
        yield Finding(
            "error", SUBJECT, f"{place}: {error.message}", error.hint or _SERVE
        )


def _asked(
    facts: Facts, answers: list[tuple[Answer, timedelta]], method: str, url: str
) -> Answer:
    answer = probe(method, url, data=ONE_CLICK if method == "POST" else None)
    if answer.date:
        answers.append((answer, facts.clock() - answer.date))
    return answer


def _judged(place: str, answer: Answer, facts: Facts) -> Finding:
    """Judge the answer to one click with a token that nobody has."""
    status = answer.status
    said = f"{place} answers {status} to one click"
    if status // 100 == 2:  # noqa: PLR2004  the first digit
        said = f"{place} takes a token that no letter has"
        return Finding(
            "warning", SUBJECT, said, "Try: check that it ends subscriptions"
        )
    if status // 100 == 3:  # noqa: PLR2004  the first digit
        said = f"{place} redirects one click, which nobody follows (RFC 8058)"
        return Finding("error", SUBJECT, said, "Try: the address it redirects to")
    # Our own pages answer 404 there, and they have just been seen to be ours.
    if status == NOT_FOUND and not facts.health:
        return Finding("warning", SUBJECT, said, "Try: check that this page exists")
    if status == TOO_MANY:
        return Finding("warning", SUBJECT, said, "Try: again in some minutes")
    if status == NO_SUCH_METHOD or status not in REFUSED:
        hint = "Try: let POST through, without a login"
        return Finding("error", SUBJECT, said, hint)
    if facts.health and status != NOT_FOUND:
        said = f"something before publisher answers {status} to one click"
        return Finding("error", SUBJECT, said, "Try: let POST through to publisher")
    return Finding("ok", SUBJECT, f"{place} answers, and refuses a made-up token")


def _clock(answers: list[tuple[Answer, timedelta]]) -> Finding:
    if not answers:
        return Finding("skipped", "Clock", "no answer said what time it is")
    off = answers[0][1]
    seconds = abs(off.total_seconds())
    way = "ahead of" if off > timedelta(0) else "behind"
    said = f"this machine is {seconds:.0f} s {way} the site"
    hint = "Try: turn on NTP here, or there"
    if abs(off) > WRONG:
        return Finding("error", "Clock", said, hint)
    if abs(off) > LATE:
        return Finding("warning", "Clock", said, hint)
    return Finding("ok", "Clock", "this machine and the site have the same time")
