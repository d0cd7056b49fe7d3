"""A strict reader of calendars, made from RFC 5545 alone and from none of our own code: it refuses
what a strict library would."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

LINE: Final = re.compile(
    r'(?P<name>[A-Z0-9-]+)(?P<params>(?:;[A-Z0-9-]+=(?:"[^"\x00-\x1f]*"|[^";:,\x00-\x1f]*))*):'
    r"(?P<value>[^\x00-\x08\x0a-\x1f\x7f]*)"
)
TEXT: Final = re.compile(r"(?:[^\\,;]|\\[\\,;nN])*")
UTC_TIME: Final = re.compile(r"\d{8}T\d{6}Z")
LOCAL_TIME: Final = re.compile(r"\d{8}T\d{6}")
DAY: Final = re.compile(r"\d{8}")
OFFSET: Final = re.compile(r"[+-]\d{4}(?:\d{2})?")
TEXTS: Final = {"SUMMARY", "DESCRIPTION", "CATEGORIES", "NAME", "X-WR-CALNAME", "TZNAME"}
ONCE: Final = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "SEQUENCE", "STATUS",
               "LAST-MODIFIED", "URL", "PRIORITY", "TRANSP", "TZID"}  # fmt: skip
NEEDED: Final = {
    "VCALENDAR": {"VERSION", "PRODID"}, "VEVENT": {"UID", "DTSTAMP", "DTSTART"},
    "VTIMEZONE": {"TZID"}, "STANDARD": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
    "DAYLIGHT": {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"},
}  # fmt: skip
INSIDE: Final = {"VCALENDAR": "", "VEVENT": "VCALENDAR", "VTIMEZONE": "VCALENDAR",
                 "STANDARD": "VTIMEZONE", "DAYLIGHT": "VTIMEZONE"}  # fmt: skip


@dataclass
class Part:
    name: str
    values: dict[str, str] = field(default_factory=dict)
    params: dict[str, dict[str, str]] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    def all(self, name: str) -> list[Part]:
        return [part for part in self.parts if part.name == name]


def read(text: str) -> Part:
    """The calendar. Raises AssertionError with the fault."""
    assert text.endswith("\r\n"), "the last line does not end"
    assert "\n" not in text.replace("\r\n", ""), "a line ends without a carriage return"
    physical = text.split("\r\n")[:-1]
    assert all(0 < len(line.encode()) <= 75 for line in physical), "a line is too long, or empty"
    stack: list[Part] = []
    whole = None
    for line in text.replace("\r\n ", "").split("\r\n")[:-1]:
        found = LINE.fullmatch(line)
        assert found, f"not a content line: {line!r}"
        name, value = found["name"], found["value"]
        if name == "BEGIN":
            assert INSIDE[value] == (stack[-1].name if stack else ""), f"{value} in a wrong place"
            assert whole is None, "something follows the calendar"
            stack.append(Part(value))
        elif name == "END":
            part = stack.pop()
            assert part.name == value, f"{part.name} ended by {value}"
            missing = NEEDED[value] - part.values.keys()
            assert not missing, f"{value} lacks {missing}"
            if stack:
                stack[-1].parts.append(part)
            else:
                whole = part
        else:
            take(
                stack[-1],
                name,
                dict(p.split("=", 1) for p in found["params"][1:].split(";") if p),
                value,
            )
    assert whole is not None, "no calendar"
    check_whole(whole)
    return whole


def take(part: Part, name: str, params: dict[str, str], value: str) -> None:
    assert not (name in ONCE and name in part.values), f"{name} twice in {part.name}"
    part.values[name], part.params[name] = value, params
    if name in TEXTS:
        assert TEXT.fullmatch(value), f"{name} is not escaped: {value}"
    if name in ("DTSTAMP", "LAST-MODIFIED"):
        assert UTC_TIME.fullmatch(value), f"{name} is not in UTC"
    if name in ("TZOFFSETFROM", "TZOFFSETTO"):
        assert OFFSET.fullmatch(value)
    if name == "SEQUENCE":
        assert value.isdigit()
    if name in ("DTSTART", "DTEND"):
        form = DAY if params.get("VALUE") == "DATE" else LOCAL_TIME
        assert form.fullmatch(value) or (UTC_TIME.fullmatch(value) and not params), value


def check_whole(whole: Part) -> None:
    uids = [event.values["UID"] for event in whole.all("VEVENT")]
    assert len(uids) == len(set(uids)), "a UID twice"
    zones = {zone.values["TZID"] for zone in whole.all("VTIMEZONE")}
    for event in whole.all("VEVENT"):
        zone = event.params["DTSTART"].get("TZID")
        assert zone is None or zone in zones, f"no VTIMEZONE for {zone}"
        if "DTEND" in event.values:
            assert event.values["DTEND"] > event.values["DTSTART"], "it ends before it begins"
            assert event.params["DTEND"] == event.params["DTSTART"], "DTEND is of another kind"
        assert event.values.get("STATUS", "CONFIRMED") in {"CONFIRMED", "CANCELLED", "TENTATIVE"}
    assert all(zone.parts for zone in whole.all("VTIMEZONE")), "a zone without observances"
