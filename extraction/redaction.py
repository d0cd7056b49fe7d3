"""Blanking what a model need not know, before a message is sent. Pure.

Every blank is as long as what it covers, so that a quote of the blanked text stands at the same
place in the message. Account numbers keep their last four digits, by which an account is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

KEPT_DIGITS: Final = 4
# An IBAN (ISO 13616), perhaps in groups of four.
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,4})?\b")
# A card number (ISO/IEC 7812) or another long number: nine digits or more, perhaps in groups.
_NUMBER = re.compile(r"(?<![\d.,])\d(?:[ -]?\d){8,29}(?![.,]?\d)")
# A date with a time, or an amount whose thousands are set apart by spaces.
_NOT_AN_ACCOUNT = re.compile(
    r"\d{4}-\d\d-\d\d(?:[ ]|$)|\d\d-\d\d-\d{4}(?:[ ]|$)|\d{1,3}(?: \d{3})+$"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_URL = re.compile(r"\bhttps?://[^\s<>\"']+", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.])\+\d[\d ().-]{6,18}\d")
# “Dear Anna Schmidt,”: the words up to the comma, in the languages of the phrase files.
_GREETING = re.compile(
    r"(?im)^[ \t]*(?:dear|hello|hi|hey|good (?:morning|afternoon|evening)|liebe[rs]?|hallo"
    r"|guten (?:tag|morgen|abend)|sehr geehrte[rs]?(?: (?:herr|frau))?|bonjour|cher|chère|hola"
    r"|estimad[oa](?:\(a\))?|querid[oa]|ol[áa]|prezad[oa]|caro|cara|gentile|ciao|beste|geachte"
    r"|szanown[ya](?: pani?e?)?|witaj|dzień dobry|уважаем(?:ый|ая)|здравствуйте|шановн(?:ий|а)"
    r"|sayın|merhaba|عزيزي|عزيزتي|שלום|प्रिय|kepada(?: yth)?|yth|halo|kính gửi|尊敬的|亲爱的)"
    r"[ .,:]*([^\n,،，:!]{2,60})"
)


def redact(text: str, *, names: Iterable[str] = ()) -> str:
    """`text` with account numbers, addresses and phone numbers blanked, and with `names` and what
    a greeting calls the reader where `names` are given."""
    for pattern in (_URL, _EMAIL):
        text = pattern.sub(lambda match: _blank(match[0]), text)
    for pattern in (_IBAN, _PHONE):
        text = pattern.sub(lambda match: _masked(match[0]), text)
    text = _NUMBER.sub(
        lambda match: match[0] if _NOT_AN_ACCOUNT.match(match[0]) else _masked(match[0]), text
    )
    wanted = [name for name in names if len(name) >= 2]
    if wanted:
        text = _GREETING.sub(_without_name, text)
        any_name = "|".join(re.escape(name) for name in sorted(wanted, key=len, reverse=True))
        text = re.sub(rf"(?i)(?<!\w)(?:{any_name})(?!\w)", lambda match: _blank(match[0]), text)
    return text


def _masked(number: str) -> str:
    """All but the last digits: “XXXX XXXX XXXX 1234”."""
    kept, out = 0, list(number)
    for position in range(len(out) - 1, -1, -1):
        if not out[position].isalnum():
            continue
        if kept < KEPT_DIGITS:
            kept += 1
        else:
            out[position] = "X"
    return "".join(out)


def _blank(text: str) -> str:
    return re.sub(r"\w", "X", text)


def _without_name(match: re.Match[str]) -> str:
    start = match.start(1) - match.start()
    return match[0][:start] + _blank(match[1])
