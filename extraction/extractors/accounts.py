"""Account, card and wallet hints: XX1234, ending 4321, masked IBANs, 尾号1234. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from extraction.extractors.phrases import Hit
from extraction.reading import Direction

_MASK = "xX*•●∙·#…✱＊х"
# Digits behind a mask: "XX1234", "**** **** 1234", "...4321", "4111-XXXX-XXXX-1234".
# Possessive quantifiers: a long run of mask characters is walked once.
_MASKED = re.compile(
    rf"(?:(?<=[Aa]/[Cc])|(?<=[Aa]cct)|(?<=\b[Aa][Cc])|(?<=[\u3400-\u9fff])|(?<![\w/{_MASK}]))"
    rf"(?:[A-Z]{{2}}(?:\d{{2}}[ ]?|(?=[{_MASK}]{{2}})))?"
    rf"(?:#?\d{{1,6}}+[ -]?)?(?:[{_MASK}]{{1,20}}+[ '-]?+|\.{{2,12}}+[ ]?+){{1,8}}+"
    rf"(\d{{2,10}})(?![A-Za-z0-9%#]|\*\w|[.,]\d(?!\d{{3}}-|\d?[-/]\d))"
)
# … of which nothing stands in a text without this.
_MASK_AND_DIGIT = re.compile(rf"[{_MASK}.](?:(?<!\.)[ '-]?|(?<=\.\.) ?)\d")
_IBAN = re.compile(r"[A-Z](?<!\w.)[A-Z]\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?!\w)")
# "DE12 5001 0517 **** **34 12", "NL**RABO****1234": an IBAN with a part hidden.
_MASKED_IBAN = re.compile(
    r"[A-Z](?<!\w.)[A-Z][\d*xX•]{2}(?=[\dA-Z xX]{0,26}[*xX•]{2})"
    r"(?: ?[\dA-Z*xX•]{4}){2,7}(?: ?[\d*xX•]{1,4})?(?!\w)"
)
# "VISA1234", "СЧЁТ4321": a card's or account's kind and its last digits in one word.
_GLUED = re.compile(
    r"(?<![^\W\d_])(?:VISA|MIR|МИР|MAESTRO|MASTERCARD|MC|ECMC|CHEQ|CHQ|SAVE|SAV|CRED|СЧ[ЕЁ]Т|КАРТА)"
    r"[-*]?(\d{4})(?!\d)"
    # "Visa - 9854": a brand may stand apart.
    r"|(?<![^\W\d_])(?:VISA|MASTERCARD|MAESTRO|AMEX|RUPAY|MADA|МИР)[ ](?:[-–][ ])?"
    r"(\d{4})(?!\d|[.,]\d)",
    re.IGNORECASE,
)
# "工商银行(4410)", "Harbor Bank - 4410": a bank or a card and its last digits.
_BRACKETED = re.compile(r"(?:[行卡드][(（]|\b(?:Bank|BANK) ?[-–] ?)(\d{4})(?![\w.,-]\d|\d)")
_NAMED_OWN = re.compile(r"(?: [^\W\d]\w{1,15}){1,4} \((\d{4})\)")
# The last letters of those kinds and four digits: without them there is none.
_GLUED_END = re.compile(r"[ADRTXYCQEVOadrtxycqevoРТАртар](?:[-*]| (?:[-–] )?)?\d{4}(?![\d])")
# "Credit Card EXB 7712": the bank's letters before the digits.
_NAMED_KIND = re.compile(r" [A-Z]{2,8} (\d{4})(?![\w]|[.,/]\d)")
_HIDDEN = re.compile(r"[xX*•#]{4}")
_LINK = re.compile(
    r"[\s:#.\-'\"(\[~]{0,4}(?:(?:no|nr|nro|num|number|numero|n[o°º]|№|id|ending|in|with|is|con|em|"
    r"en|de|mit|number:|sou|sob)[\s.:#]{0,3}){0,2}[\s:#.\-(\[*]{0,3}(?:nn(?=\d))?"
)
_DIGITS = re.compile(
    # Norwegian accounts are written 1234.56.78901.
    r"(?:\d{2,6}[ -]?[xX*•#]{2,12}[ -]?)?(\d{4}\.\d\d\.\d{5}|\d[\d -]{2,24}\d|\d{3})"
    r"(?![A-Za-z0-9]|[.,:/]\d)"
)
_LONG = re.compile(r"\d{3,20}$")


class FoundAccount(NamedTuple):
    """Digits of an account and the span that shows them."""

    digits: str
    start: int
    end: int
    weight: float


def find_accounts(text: str, folded: str, hits: list[Hit], blocked: set[int]) -> list[FoundAccount]:
    """Account hints, best first. `blocked` are positions of amounts and dates, which are no
    account numbers."""
    found = [*_masked_ibans(text)]
    hidden = [(item.start, item.end) for item in found]
    found += [
        item
        for item in (*_masked(text, blocked), *_labelled(text, folded, hits, blocked))
        if not any(start <= item.start < end for start, end in hidden)
    ]
    found += [*_ibans(text), *_glued(text, blocked), *_own_in_brackets(text, hits, blocked)]
    own = [hit.end for hit in hits if hit.kind == "own"]
    other = [hit.end for hit in hits if hit.kind == "party"]
    scored = [
        FoundAccount(item.digits, item.start, item.end, _weight(item, text, own, other))
        for item in found
    ]
    return sorted(scored, key=lambda item: (-item.weight, item.start))


def _weight(item: FoundAccount, text: str, own: list[int], other: list[int]) -> float:
    weight = item.weight - item.start / 4000
    if any(0 <= item.start - end <= 32 and "\n" not in text[end : item.start] for end in own):
        weight += 1.0
    if any(0 <= item.start - end <= 14 for end in other):
        weight -= 0.6
    return weight


# The words before the account at the other end of the money, and before one's own.
_ENDS = {Direction.DEBIT: ("to", "from"), Direction.CREDIT: ("from", "to")}


def own_first(
    accounts: list[FoundAccount], hits: list[Hit], direction: Direction | None
) -> list[FoundAccount]:
    """The accounts with those last that money went to, or came from, and one's own first where
    one is named so: "To: ANN, account 9910 From: 4402"."""
    if len(accounts) < 2 or direction not in _ENDS:
        return accounts
    far, near = _ENDS[direction]
    words = [hit for hit in hits if hit.kind == "merchant"]
    other = [hit.end for hit in words if hit.name == far]
    # "for" and "towards" introduce names as "to" does, but no account of one's own
    own = [
        hit.end for hit in words if hit.name == near and (near == "from" or hit.phrase.text == near)
    ]
    return sorted(
        accounts,
        key=lambda item: (
            any(0 <= item.start - end <= _NEAR for end in other),
            not any(0 <= item.start - end <= _WITH_ITS_WORD for end in own),
        ),
    )


# How far an account stands at most from the word that says whose it is.
_NEAR = 4
_WITH_ITS_WORD = 6  # "from A/c X4432"


# Between "to" and the digits: whose account it is, and that it is one.
_WHOSE = re.compile(
    r"[\s:]*(?:(?:your|my|ur) )?(?:(?:bank |savings |current )?(?:a/c|ac|acct|account))?"
    r"[\s.:]*(?:no\.?|number|ending(?: in| with)?)?[\s:]*",
    re.IGNORECASE,
)
_SIDES = {"from": Direction.DEBIT, "frm": Direction.DEBIT, "to": Direction.CREDIT}


def side_of(text: str, accounts: list[FoundAccount], hits: list[Hit]) -> Direction | None:
    """Which way the money went for the only account that is named: out of it where it stands
    behind "from", into it behind "to"."""
    if not accounts or len({item.digits[-4:] for item in accounts}) > 1:
        return None
    sides = {
        _SIDES[hit.phrase.text]
        for hit in hits
        if hit.kind == "merchant" and hit.phrase.text in _SIDES
        for item in accounts
        if 0 <= item.start - hit.end <= _FAR and _WHOSE.fullmatch(text, hit.end, item.start)
    }
    return next(iter(sides)) if len(sides) == 1 else None


# How far an account stands from its "to" with what says whose it is.
_FAR = 32


def _masked(text: str, blocked: set[int]) -> list[FoundAccount]:
    found: list[FoundAccount] = []
    if not _MASK_AND_DIGIT.search(text):
        return found
    for match in _MASKED.finditer(text):
        is_short = len(match[1]) < 3 and not _HIDDEN.search(match[0])
        if match.start(1) in blocked or is_short:
            continue
        if match[0] == f"#{match[1]}" and text[: match.start()][-5:].lower() != "your ":
            continue  # a number of something: only a label makes it an account's
        found.append(FoundAccount(match[1], match.start(), match.end(), 1.0))
    return found


def _masked_ibans(text: str) -> list[FoundAccount]:
    found: list[FoundAccount] = []
    for match in _MASKED_IBAN.finditer(text):
        tail = re.search(r"\d{2,}$", match[0].replace(" ", ""))
        if tail:
            found.append(FoundAccount(tail[0][-4:], match.start(), match.end(), 1.0))
    return found


def _glued(text: str, blocked: set[int]) -> list[FoundAccount]:
    found = [
        FoundAccount(match[1], match.start(1), match.end(1), 0.75)
        for match in _BRACKETED.finditer(text)
    ]
    if not _GLUED_END.search(text):
        return found
    return found + [
        FoundAccount(match[1] or match[2], match.start(), match.end(), 0.75)
        for match in _GLUED.finditer(text)
        if match.end() - 1 not in blocked
    ]


def _labelled(text: str, folded: str, hits: list[Hit], blocked: set[int]) -> list[FoundAccount]:
    found: list[FoundAccount] = []
    for hit in hits:
        if hit.kind != "account":
            continue
        if hit.name == "after":
            found += _digits_left(text, hit, blocked)
            continue
        link = _LINK.match(folded, hit.end)
        position = link.end() if link else hit.end
        match = _DIGITS.match(text, position) or _NAMED_KIND.match(text, hit.end)
        if match is None or match.start(1) in blocked:
            continue
        # "card 4471 05-05-2026": the day is no part of the number.
        end = min(
            (at for at in blocked if match.start(1) < at < match.end(1)), default=match.end(1)
        )
        digits = re.sub(r"\D", "", text[match.start(1) : end])
        if len(digits) >= 3:
            weight = 1.1 if hit.name == "ending" else 0.8
            found.append(FoundAccount(digits, match.start(), end, weight))
    return found


def _own_in_brackets(text: str, hits: list[Hit], blocked: set[int]) -> list[FoundAccount]:
    """ "your Everyday Saver (7719)": an account by the bank's name for it."""
    found: list[FoundAccount] = []
    for hit in hits:
        match = _NAMED_OWN.match(text, hit.end) if hit.kind == "own" else None
        if match and match.start(1) not in blocked:
            found.append(FoundAccount(match[1], match.start(1), match.end(1), 0.9))
    return found


def _digits_left(text: str, hit: Hit, blocked: set[int]) -> list[FoundAccount]:
    """Digits that stand before their label: "1234 ile biten kartınız"."""
    left = text[max(0, hit.start - 24) : hit.start].rstrip(" '’")
    match = _LONG.search(left)
    if match is None:
        return []
    end = max(0, hit.start - 24) + len(left)
    start = end - len(match[0])
    return [] if start in blocked else [FoundAccount(match[0], start, end, 1.1)]


_SHORTEST_IBAN = 15  # Norway's (ISO 13616)


def _ibans(text: str) -> list[FoundAccount]:
    return [
        FoundAccount(re.sub(r"\D", "", match[0])[-4:], match.start(), match.end(), 0.7)
        for match in _IBAN.finditer(text)
        if sum(map(str.isdigit, match[0])) >= 10 and len(match[0]) >= _SHORTEST_IBAN
    ]
