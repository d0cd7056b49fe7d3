"""Tasks as people type them, in two languages. Today is Wednesday, 27 May 2026."""

from __future__ import annotations

from datetime import date, time

import pytest

from organizer.quick_add import understand

WEDNESDAY = date(2026, 5, 27)


@pytest.mark.parametrize(
    ("typed", "title", "due_on"),
    [
        ("call mum", "call mum", None),
        ("call mum tomorrow", "call mum", date(2026, 5, 28)),
        ("Mama anrufen morgen", "Mama anrufen", date(2026, 5, 28)),
        ("dentist 2026-06-03 at noon", "dentist at noon", date(2026, 6, 3)),
        ("Zahnarzt am 3.6.2026", "Zahnarzt", date(2026, 6, 3)),
        ("taxes 2026-02-30", "taxes 2026-02-30", None),
        ("taxes 31.4.2026", "taxes 31.4.2026", None),
        ("in 2 weeks renew passport", "renew passport", date(2026, 6, 10)),
        ("Pass verlängern in 3 Tagen", "Pass verlängern", date(2026, 5, 30)),
        ("in 1 month cancel gym", "cancel gym", date(2026, 6, 27)),
        ("walk on friday", "walk", date(2026, 5, 29)),
        ("walk Wednesday", "walk", date(2026, 6, 3)),
        ("Treffen am Montag", "Treffen", date(2026, 6, 1)),
        ("submit report by friday", "submit report", date(2026, 5, 29)),
        ("Bericht bis Freitag abgeben", "Bericht abgeben", date(2026, 5, 29)),
        ("pay tax by 31 July", "pay tax", date(2026, 7, 31)),
        ("Steuer bis zum 31. Juli", "Steuer", date(2026, 7, 31)),
        ("Steuer spätestens am 31.7.", "Steuer", date(2026, 7, 31)),
        ("pay next friday", "pay", date(2026, 5, 29)),
        ("nächsten Montag Arzt", "Arzt", date(2026, 6, 1)),
        ("in zwei Wochen Zahnarzt", "Zahnarzt", date(2026, 6, 10)),
        ("30. Nov. zahlen", "zahlen", date(2026, 11, 30)),
        ("pay Nov 30", "pay", date(2026, 11, 30)),
        ("prepare the weekly report friday", "prepare the weekly report", date(2026, 5, 29)),
        ("read sundays book", "read sundays book", None),
        ("buy every thing", "buy every thing", None),
        ("gym on mon", "gym", date(2026, 6, 1)),
        ("gym next tue", "gym", date(2026, 6, 2)),
        ("call mum thu", "call mum", date(2026, 5, 28)),
        ("Sport am Mo", "Sport", date(2026, 6, 1)),
        ("Arzt bis Fr. anrufen", "Arzt anrufen", date(2026, 5, 29)),
        ("do taxes", "do taxes", None),
        ("plan what to do", "plan what to do", None),
        ("buy sun cream", "buy sun cream", None),
        ("gifts by 12/24", "gifts", date(2026, 12, 24)),
        ("gifts 24/12/2027", "gifts", date(2027, 12, 24)),
        ("buy 1/2 litre of milk", "buy 1/2 litre of milk", None),
        ("pay 3/4/2026", "pay 3/4/2026", None),
        ("read 13/20 pages", "read 13/20 pages", None),
        ("wash every 0 days", "wash every 0 days", None),
        ("pay every 32nd", "pay every 32nd", None),
    ],
)
def test_days(typed: str, title: str, due_on: date | None) -> None:
    draft = understand(typed, WEDNESDAY)
    assert (draft.title, draft.due_on, draft.repeat) == (title, due_on, None)


@pytest.mark.parametrize(
    ("typed", "title", "due_on", "rule"),
    [
        ("pay rent every 1st", "pay rent", date(2026, 6, 1), "FREQ=MONTHLY;BYMONTHDAY=1"),
        ("Miete zahlen jeden 1.", "Miete zahlen", date(2026, 6, 1), "FREQ=MONTHLY;BYMONTHDAY=1"),
        ("close books every 31st", "close books", date(2026, 5, 31), "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("Abschluss jeden 30.", "Abschluss", date(2026, 5, 30),
         "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
        ("bins every thursday", "bins", date(2026, 5, 28), "FREQ=WEEKLY;BYDAY=TH"),
        ("Müll jeden Mittwoch", "Müll", WEDNESDAY, "FREQ=WEEKLY;BYDAY=WE"),
        ("gym every mon & fri", "gym", date(2026, 5, 29), "FREQ=WEEKLY;BYDAY=MO,FR"),
        ("Müll jeden Do", "Müll", date(2026, 5, 28), "FREQ=WEEKLY;BYDAY=TH"),
        ("gym every monday and friday", "gym", date(2026, 5, 29), "FREQ=WEEKLY;BYDAY=MO,FR"),
        ("Sport jeden Montag, Freitag", "Sport", date(2026, 5, 29), "FREQ=WEEKLY;BYDAY=MO,FR"),
        ("stand-up every weekday", "stand-up", WEDNESDAY, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        ("water plants every 3 days", "water plants", WEDNESDAY, "FREQ=DAILY;INTERVAL=3"),
        ("call every other week", "call", WEDNESDAY, "FREQ=WEEKLY;INTERVAL=2"),
        ("Anruf jede zweite Woche", "Anruf", WEDNESDAY, "FREQ=WEEKLY;INTERVAL=2"),
        ("Blumen gießen alle 2 Wochen", "Blumen gießen", WEDNESDAY, "FREQ=WEEKLY;INTERVAL=2"),
        ("Steuer jedes Jahr", "Steuer", WEDNESDAY, "FREQ=YEARLY"),
        ("renew every year on 3 June", "renew", date(2026, 6, 3), "FREQ=YEARLY"),
        ("Miete jeden Monat am 15.", "Miete", date(2026, 6, 15), "FREQ=MONTHLY;BYMONTHDAY=15"),
        ("save monthly on the 5th", "save", date(2026, 6, 5), "FREQ=MONTHLY;BYMONTHDAY=5"),
        ("Stammtisch jeden letzten Freitag", "Stammtisch", date(2026, 5, 29),
         "FREQ=MONTHLY;BYDAY=-1FR"),
        ("meeting every 3rd tuesday", "meeting", date(2026, 6, 16), "FREQ=MONTHLY;BYDAY=3TU"),
        ("board every second tuesday of the month", "board", date(2026, 6, 9),
         "FREQ=MONTHLY;BYDAY=2TU"),
        ("bins every second tuesday", "bins", date(2026, 6, 2),
         "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"),
        ("gießen jeden 2. Tag", "gießen", WEDNESDAY, "FREQ=DAILY;INTERVAL=2"),
        ("close books every last day of the month", "close books", date(2026, 5, 31),
         "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("Vitamin D täglich", "Vitamin D", WEDNESDAY, "FREQ=DAILY"),
        ("USt vierteljährlich ab 1.7.", "USt", date(2026, 7, 1), "FREQ=MONTHLY;INTERVAL=3"),
        ("VAT every quarter", "VAT", WEDNESDAY, "FREQ=MONTHLY;INTERVAL=3"),
        ("party every 29 feb", "party", date(2028, 2, 29), "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1"),
        ("Leap every year on 29 February", "Leap", date(2028, 2, 29),
         "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1"),
    ],
)  # fmt: skip
def test_repetition(typed: str, title: str, due_on: date, rule: str) -> None:
    draft = understand(typed, WEDNESDAY)
    assert draft.repeat is not None
    assert (draft.title, draft.due_on, str(draft.repeat)) == (title, due_on, rule)
    assert not draft.by_completion


@pytest.mark.parametrize("typed", ["descale every! 3 months", "Entkalken alle! 3 Monate"])
def test_a_mark_counts_from_completion(typed: str) -> None:
    draft = understand(typed, WEDNESDAY)
    assert (draft.by_completion, str(draft.repeat)) == (True, "FREQ=MONTHLY;INTERVAL=3")
    assert draft.due_on == WEDNESDAY


@pytest.mark.parametrize(
    ("typed", "title", "due_on", "at"),
    [
        ("Treffen am Montag, 14 Uhr", "Treffen", date(2026, 6, 1), time(14)),
        ("call at 9:30 tomorrow", "call", date(2026, 5, 28), time(9, 30)),
        ("call tomorrow 5pm", "call", date(2026, 5, 28), time(17)),
        ("lunch 12am", "lunch", WEDNESDAY, time(0)),
        ("Anruf um 14 Uhr", "Anruf", WEDNESDAY, time(14)),
        ("Anruf morgen um 14:15 Uhr", "Anruf", date(2026, 5, 28), time(14, 15)),
        ("Anruf morgen um 9", "Anruf", date(2026, 5, 28), time(9)),
        ("call at 9 tomorrow", "call", date(2026, 5, 28), time(9)),
        ("meet at 9 Main Street", "meet at 9 Main Street", None, None),
        ("Preis um 9 Euro senken", "Preis um 9 Euro senken", None, None),
        ("at 24", "at 24", None, None),
        ("score 25:00", "score 25:00", None, None),
        ("take 13pm", "take 13pm", None, None),
        ("party on 3 June", "party", date(2026, 6, 3), None),
        ("party May 3rd", "party", date(2027, 5, 3), None),
        ("Feier am 3. Juni 2027", "Feier", date(2027, 6, 3), None),
        ("Feier am 3.6.", "Feier", date(2026, 6, 3), None),
    ],
)
def test_times_and_months(typed: str, title: str, due_on: date | None, at: time | None) -> None:
    draft = understand(typed, WEDNESDAY)
    assert (draft.title, draft.due_on, draft.due_time) == (title, due_on, at)


def test_one_person_is_named() -> None:
    assert understand("bins @lena tomorrow", WEDNESDAY).person == "lena"
    assert understand("ask @lena and @tom", WEDNESDAY).title == "ask @lena and @tom"
    assert understand("write lena@example.org", WEDNESDAY).person == ""


def test_tags_and_priority() -> None:
    draft = understand("pay rent every 1st #home !high #Home #geld", WEDNESDAY)
    assert (draft.title, draft.tags, draft.priority) == ("pay rent", ("home", "geld"), "high")
    assert understand("Miete !hoch", WEDNESDAY).priority == "high"
    assert understand("wow! a#b C#", WEDNESDAY).title == "wow! a#b C#"
