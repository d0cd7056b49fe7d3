"""Rules of tasks in words, in the reader's language; none that quick add makes is told in code."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation

from organizer.quick_add import understand
from organizer.rule_text import read_rule
from organizer.wording import rule_words

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("rule", "english", "german"),
    [
        ("FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Friday",
         "jeden Monat am letzten Freitag"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=3TU", "every 2 months on the third Tuesday",
         "alle 2 Monate am dritten Dienstag"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "every 2 weeks on Tuesday",
         "alle 2 Wochen am Dienstag"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1",
         "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1"),
    ],
)  # fmt: skip
def test_which_days(rule: str, english: str, german: str) -> None:
    for language, words in (("en", english), ("de", german)):
        with translation.override(language):
            assert rule_words(read_rule(rule)) == words


@pytest.mark.parametrize(
    "typed",
    ["x every last friday", "x jeden 2. Montag", "x every 31st", "x every 29 feb",
     "x every quarter", "x jeden 30.", "x täglich", "x every second tuesday",
     "x every weekday", "x every! 3 days"],
)  # fmt: skip
def test_what_quick_add_makes_has_words(typed: str) -> None:
    rule = understand(typed, TODAY).repeat
    assert rule is not None
    with translation.override("en"):
        assert "FREQ" not in rule_words(rule)
