"""Rules and days in words for people, in the language of whoever looks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from organizer.models import RepeatBy, Task
from organizer.repeating import Freq, Repetition
from organizer.rule_text import BadRule, read_rule

KEEPS_END: Final = (-1,)


def rule_words(rule: Repetition, repeat_by: str = RepeatBy.DUE) -> str:
    """“every 2 weeks on Monday, Friday”; what has no words here is told as RFC 5545 writes it."""
    said = [_every(rule)]
    where = _where(rule)
    if where is None:
        return str(rule)
    said += [where] if where else []
    if repeat_by == RepeatBy.COMPLETION:
        said.append(gettext("after it is done"))
    if rule.until:
        said.append(gettext("until %(date)s") % {"date": date_format(rule.until, "DATE_FORMAT")})
    if rule.count:
        said.append(ngettext("once", "%(n)s times", rule.count) % {"n": rule.count})
    return " ".join(said)


def repeats(task: Task) -> str:
    """Of a stored task."""
    try:
        return rule_words(read_rule(task.rule), task.repeat_by)
    except BadRule:
        return task.rule


def day_heading(due_on: date | None, today: date) -> str:
    """Above the tasks of one day; what is past stands under one heading."""
    if due_on is None:
        return gettext("Without a day")
    if due_on < today:
        return gettext("Before today")
    if due_on == today:
        return gettext("Today")
    text = date_format(due_on, "DATE_FORMAT")
    if due_on == today + timedelta(1):
        return f"{gettext('Tomorrow')}, {text}"
    return f"{WEEKDAYS[due_on.weekday()]}, {text}"


def _every(rule: Repetition) -> str:
    n = rule.interval
    match rule.freq:
        case Freq.DAILY:
            text = ngettext("every day", "every %(n)s days", n)
        case Freq.WEEKLY:
            text = ngettext("every week", "every %(n)s weeks", n)
        case Freq.MONTHLY:
            text = ngettext("every month", "every %(n)s months", n)
        case Freq.YEARLY:
            text = ngettext("every year", "every %(n)s years", n)
    return text % {"n": n}


def _where(rule: Repetition) -> str | None:
    """Which days of its periods; "" for a plain rule, None for what has no words here."""
    if rule.is_plain:
        return ""
    month_day, set_pos = rule.by_month_day, rule.by_set_pos
    if rule.by_week_no or rule.by_year_day or (rule.by_day and (month_day or rule.by_month)):
        return None
    if rule.by_day:
        if any(nth for nth, _ in rule.by_day):
            return None if set_pos else _on_nth(rule)
        if set_pos:
            return None
        days = ", ".join(str(WEEKDAYS[day]) for _, day in rule.by_day)
        return gettext("on %(days)s") % {"days": days}
    return _on_month_day(rule) if month_day else None


def _on_nth(rule: Repetition) -> str | None:
    """On one weekday of a month, the first say."""
    if rule.freq is not Freq.MONTHLY or len(rule.by_day) != 1:
        return None
    ((nth, day),) = rule.by_day
    texts = {
        1: gettext("on the first %(day)s"), 2: gettext("on the second %(day)s"),
        3: gettext("on the third %(day)s"), 4: gettext("on the fourth %(day)s"),
        5: gettext("on the fifth %(day)s"), -1: gettext("on the last %(day)s"),
    }  # fmt: skip
    return texts[nth] % {"day": WEEKDAYS[day]} if nth in texts else None


def _on_month_day(rule: Repetition) -> str | None:
    day, set_pos = rule.by_month_day, rule.by_set_pos
    if day == KEEPS_END and not set_pos:
        text = gettext("on the last day")
    elif set_pos == KEEPS_END and day in ((28, 29), (28, 29, 30)):
        text = gettext("on day %(n)s, or the month's last") % {"n": day[-1]}
    elif len(day) == 1 and day[0] > 0 and not set_pos:
        text = gettext("on day %(n)s") % {"n": day[0]}
    else:
        return None
    if not rule.by_month:
        return text if rule.freq is Freq.MONTHLY else None
    if len(rule.by_month) > 1:
        return None
    month = gettext("of %(month)s") % {"month": MONTHS[rule.by_month[0]]}
    return f"{text} {month}"
