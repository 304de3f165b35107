# ruff: noqa: E501  a complaint stands whole on the line of what caused it
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.schedule.cron import WEEKDAYS, Misread, read_cron
from publisher.schedule.phrases import DAY_NAMES, FORMS, ORDINALS, rhythm

READ = [
    ("Fri 08:00", "every Friday at 08:00", ["0 8 * * fri"]),
    ("friday at 8:00", "every Friday at 08:00", ["0 8 * * fri"]),
    ("every day 09:00", "every day at 09:00", ["0 9 * * *"]),
    ("daily at 7:30", "every day at 07:30", ["30 7 * * *"]),
    ("weekdays 7:30", "every weekday at 07:30", ["30 7 * * mon,tue,wed,thu,fri"]),
    ("weekends 10:00", "every Saturday and Sunday at 10:00", ["0 10 * * sat,sun"]),
    ("mon, wed, and fri at 8:00", "every Monday, Wednesday and Friday at 08:00", ["0 8 * * mon,wed,fri"]),
    ("Mon and Thu at 18:30, 8:00", "every Monday and Thursday at 08:00 and 18:30", ["0 8 * * mon,thu", "30 18 * * mon,thu"]),
    ("first monday of the month 09:00", "on the first Monday of the month at 09:00", ["0 9 * * mon#1"]),
    ("1st and 3rd tue of the month 09:00", "on the first and third Tuesday of the month at 09:00", ["0 9 * * tue#1,tue#3"]),
    ("last friday of the month at 17:00", "on the last Friday of the month at 17:00", ["0 17 * * 5L"]),
    ("last sunday of the month at 17:00", "on the last Sunday of the month at 17:00", ["0 17 * * 0L"]),
    ("on the 1st and 15th at 08:00", "on the 1st and 15th of the month at 08:00", ["0 8 1,15 * *"]),
    ("last day of the month 23:59", "on the last day of the month at 23:59", ["59 23 L * *"]),
    ("every hour", "every hour", ["0 * * * *"]),
    ("every 2 hours", "every 2 hours", ["0 0,2,4,6,8,10,12,14,16,18,20,22 * * *"]),
    ("every 15 minutes", "every 15 minutes", ["*/15 * * * *"]),
    ("cron 0 8 * * fri", "at 08:00 on Friday", ["0 8 * * fri"]),
    ("cron 0 8 * * sat-mon", "at 08:00 on Saturday, Sunday, and Monday", ["0 8 * * sat,sun,mon"]),
    ("cron 0 8 1 JAN *", "at 08:00 on January 1", ["0 8 1 jan *"]),
    ("at 2026-12-24 18:00", "once, on 24 December 2026 at 18:00", []),
]  # fmt: skip

MISREAD = [
    ("", 0, "says nothing about when", f"Try: {'; '.join(FORMS)}"),
    ("fridya 08:00", 0, 'cannot read "fridya" here', "Did you mean friday?"),
    ("Fri", 3, "no time of day is given", "Try: Fri 09:00"),
    ("Fri 8pm", 4, '"8pm" is not a time of day', "Try: 20:00"),
    ("Fri 12am", 4, '"12am" is not a time of day', "Try: 00:00"),
    ("daily at 7", 9, '"7" is not a time of day', "Try: 07:00"),
    ("Fri 25:00", 4, '"25:00" is not a time of day', "Try: 09:00"),
    ("Fri 08:00 Europe/Rome", 10, "the time zone has a line of its own", "Try: timezone: Europe/Rome"),
    ("08:00", 0, "no day is given", "Try: every day 08:00"),
    ("Fri 08:00 and", 13, "a time is missing here", "Try: 09:00"),
    ("mon and", 7, "a day is missing here", f"Try: {'; '.join(FORMS)}"),
    ("every 5 hours", 6, "5 hours do not divide the day evenly", "Try: every 4 hours"),
    ("every 45 minutes", 6, "45 minutes do not divide the hour evenly", "Try: every 30 minutes"),
    ("every 2 weeks on friday", 8, "hours or minutes are expected here", "Try: every 2 hours; for days and weeks name them: every day 09:00"),
    ("32nd 08:00", 0, '"32nd" is not a day of the month', "Try: 1st, 15th or last"),
    ("6th monday 08:00", 0, "a month has no 6th Monday", f"Try: {'; '.join(FORMS)}"),
    ("first monday of june 08:00", 16, "only months are known here", "Try: of the month"),
    ("2026-12-24 18:00", 0, "a date has a key of its own", "Try: at: 2026-12-24 18:00"),
    ("at 2026-02-30 10:00", 3, '"2026-02-30 10:00" is not a date and a time', "Try: 2026-12-24 18:00"),
    ("at tomorrow", 3, '"tomorrow" is not a date and a time', "Try: 2026-12-24 18:00"),
    ("cron 0 8 * * 5", 13, 'the weekday "5" must be a name: some programs count from Sunday, some from Monday', "Try: fri"),
    ("cron 0 8 * * 1-5", 13, 'the weekday "1-5" must be a name: some programs count from Sunday, some from Monday', "Try: mon-fri"),
    ("cron 0 8 * * 0,7", 13, 'the weekday "0" must be a name: some programs count from Sunday, some from Monday', "Try: sun"),
    ("cron 0 8 * * frday", 13, '"frday" is not a weekday', "Try: mon-fri"),
    ("cron 0 8 * *", 5, "a cron line has five fields, not 4", 'Try: "0 8 * * fri" (minute hour day month weekday)'),
    ("cron 60 8 * * fri", 5, '"60" is not a minute', "Try: 0 to 59"),
    ("cron 0 8,24 * * fri", 9, '"24" is not an hour', "Try: 0 to 23"),
    ("cron */0 8 * * fri", 5, '"/0" is not a step', "Try: */15"),
    ("cron 0 8 * foo fri", 11, '"foo" is not a month', "Try: 1 to 12"),
    ("cron 0 8 31 2 *", 5, "is not a cron line: Bad day-of-month", 'Try: "0 8 * * fri" (minute hour day month weekday)'),
]  # fmt: skip


@pytest.mark.parametrize(("phrase", "words", "crons"), READ)
def test_a_phrase_is_read(phrase: str, words: str, crons: list[str]) -> None:
    found = rhythm(phrase)
    assert (found.words, list(found.crons)) == (words, crons)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_that_errors_show_is_read(form: str) -> None:
    assert rhythm(form).crons


@pytest.mark.parametrize(("phrase", "offset", "message", "hint"), MISREAD)
def test_what_cannot_be_read_is_told_at_its_character(
    phrase: str, offset: int, message: str, hint: str
) -> None:
    with pytest.raises(Misread) as caught:
        rhythm(phrase)
    assert (caught.value.offset, caught.value.message, caught.value.hint) == (
        offset,
        message,
        hint,
    )


times = st.lists(
    st.builds("{}:{:02}".format, st.integers(0, 23), st.integers(0, 59)),
    min_size=1,
    max_size=3,
).map(", ".join)
day = st.sampled_from([*WEEKDAYS, *DAY_NAMES])
days = st.lists(day, min_size=1, max_size=4).map(" and ".join)
ordinals = st.lists(
    st.sampled_from([*ORDINALS, "last"]), min_size=1, max_size=3, unique=True
).map(", ".join)
dates = st.lists(st.integers(4, 20), min_size=1, max_size=4, unique=True).map(
    lambda numbers: " and ".join(f"{number}th" for number in numbers)
)
phrases = st.one_of(
    st.builds("{} {}".format, days, times),
    st.builds("every {} at {}".format, days, times),
    st.builds(
        "{} {}".format, st.sampled_from(["daily", "weekdays", "weekends"]), times
    ),
    st.builds("the {} {} of the month at {}".format, ordinals, day, times),
    st.builds("on the {} at {}".format, dates, times),
    st.builds("every {} minutes".format, st.sampled_from([5, 10, 15, 30])),
    st.builds("every {} hours".format, st.sampled_from([2, 3, 4, 6, 8, 12])),
)


@settings(deadline=None)
@given(phrases)
def test_the_words_for_a_phrase_are_a_phrase_of_the_same_meaning(phrase: str) -> None:
    found = rhythm(phrase)
    assert rhythm(found.words) == found
    assert rhythm(phrase.upper()) == found


@settings(deadline=None)
@given(phrases)
def test_every_phrase_makes_good_crons(phrase: str) -> None:
    from datetime import UTC, datetime

    from cronsim import CronSim

    for cron in rhythm(phrase).crons:
        next(CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)))


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_other_text_is_refused_within_itself(text: str) -> None:
    for read in (rhythm, read_cron):
        try:
            read(text)
        except Misread as error:
            offset = error.offset
        else:
            offset = 0
        assert 0 <= offset <= len(text)
