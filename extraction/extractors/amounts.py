"""Money in a document: every number with a currency beside it, and bare amounts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from extraction.document import Document
from extraction.extractors.currencies import (
    CurrencyMark,
    currency_of,
    mark_after,
    mark_before,
    marks,
    multipliers,
)
from extraction.extractors.numbers import NUMBER, parse_number
from finance.money import InvalidMoney, Money, exponent

_GAP_BEFORE = re.compile(r"(?:\)[ \t]?(?=:))?[ \t]{0,2}:?[ \t]{0,2}[+\-]?[ ]?\*?$")
_BARE_SHAPE = re.compile(r"\d{1,3}(?:[ .,']\d{2,3})*[.,]\d{2}|\d{1,3}(?:[,.]\d{3})+|\d+[.,]\d{2}")
_MASKED_LEFT = frozenset("*xX•●#·_@")
# "TK 4321(VND)": an account and its currency.
_ACCOUNT_CURRENCY = re.compile(r"\([A-Z]{3}\)")
_MASKED_RIGHT = frozenset("*xX•●")
_STARRED = re.compile(r"(?<=\s)\*\d[\d,]*\.\d\d(?:\*(?!\w)|$)")  # "AED *7500.00*"
# "*165*S*5000 RWF": the answer of a telephone's menu begins with what was dialled.
_MENU = re.compile(r"^\*\d{2,4}\*[A-Z]\*$")
# Letters of scripts that write no spaces between words and numbers.
_SPACELESS = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
_MULTIPLIER = re.compile(
    r"[ ]?(?:(million|millones|milhoes|mil|lakhs?|lacs?|crores?|тыс|млн|juta|ribu|rb|jt|trieu"
    r"|nghin|k)(?![^\W\d_])\.?|([万萬만億亿억천千]|ล้าน))"
)


class Amount(NamedTuple):
    """A number in the text that is, or may be, money.

    `start:end` covers sign, currency and number; `codes` is what the currency mark can mean, empty
    for a bare number; `value` is settled by `resolve`.
    """

    start: int
    end: int
    number: tuple[int, int]
    token: str
    codes: tuple[str, ...]
    factor: int = 1
    sign: str = ""
    shaped: bool = True
    currency: str | None = None
    ambiguous: bool = False
    inferred: bool = False
    money: Money | None = None

    @property
    def value(self) -> Decimal | None:
        value = parse_number(self.token, self.currency or (self.codes[0] if self.codes else None))
        return None if value is None else value * self.factor


def find_amounts(document: Document, taken: Iterable[tuple[int, int]]) -> list[Amount]:
    """All numbers with a currency beside them and all bare numbers, in order; `taken` spans
    (dates, times) are left out."""
    text, folded = document.normalized, document.folded
    blocked = _positions(taken)
    found: list[Amount] = []
    last_end = 0
    for match in NUMBER.finditer(text):
        start, end = match.span()
        if start < last_end or start in blocked:
            continue
        amount = _amount_at(text, folded, start, end, last_end)
        if amount is None and " " in match[0]:
            # not grouped by spaces: the first group alone may be one ("5 000 items") or the others
            middle = start + match[0].index(" ")
            amount = _amount_at(text, folded, start, middle, last_end)
            amount = amount or _amount_at(text, folded, middle + 1, end, last_end)
        if amount is not None:
            found.append(amount)
            last_end = amount.end
    found = _without_names(text, found)
    if any(amount.codes == ("VND",) for amount in found):
        # Vietnamese banks write TK for "account"; elsewhere it is the taka.
        found = [amount for amount in found if amount.codes != ("BDT",)]
    return found


# One or two letters before a number without decimals: a currency ("R 50") or a name ("CAFE K 214").
_LETTERS_AND_NUMBER = re.compile(r"[A-Z]{1,2}[ .]?\d+")


def _without_names(text: str, found: list[Amount]) -> list[Amount]:
    """Amounts without those that are parts of names, where the message states its currency."""
    doubtful = {
        amount
        for amount in found
        if amount.codes and _LETTERS_AND_NUMBER.fullmatch(text, amount.start, amount.end)
    }
    stated = {code for amount in found if amount not in doubtful for code in amount.codes}
    return [
        amount for amount in found
        if amount not in doubtful or not stated or stated.intersection(amount.codes)
    ]  # fmt: skip


def _positions(spans: Iterable[tuple[int, int]]) -> set[int]:
    return {position for start, end in spans for position in range(start, end)}


# Inside a reference like FT26125ABX9 or FT2612534120 "Ft" is no forint.
_REFERENCE_TAIL = re.compile(r"[^\W\d_]{1,6}\d")
# Nor is R-2026-0883 a negative amount of rand, or RM/2026/12 one of ringgit.
_REFERENCE_JOINTS = frozenset("-/")


def _in_reference(text: str, start: int, end: int) -> bool:
    if start > 1 and text[start - 1] in _REFERENCE_JOINTS and text[start - 2].isalpha():
        return text[end : end + 1] in _REFERENCE_JOINTS and text[end + 1 : end + 2].isalnum()
    if not start or not text[start - 1].isalpha():
        return False
    return text[start - 2 : start] == "FT" or bool(_REFERENCE_TAIL.match(text, end))


def _amount_at(text: str, folded: str, start: int, end: int, floor: int) -> Amount | None:
    hidden = start and text[start - 1] in _MASKED_LEFT and not _STARRED.match(text, start - 1)
    if hidden and not _MENU.search(text, 0, start):
        return None
    if _ACCOUNT_CURRENCY.match(text, end):
        return None
    masked = end + 1 < len(text) and {text[end], text[end + 1]} <= _MASKED_RIGHT
    is_code = text[start] == "0" and text[start:end].isdigit() and end - start > 1
    if masked or is_code or text.startswith(("%", " %"), end) or _in_reference(text, start, end):
        return None
    gap = _GAP_BEFORE.search(text, max(floor, start - 6), start)
    mark_end = gap.start() if gap else start
    before = mark_before(folded[:start], text, mark_end) if mark_end > floor else None
    if before is None and mark_end and text[mark_end - 1] == "." and mark_end - 1 > floor:
        before = mark_before(folded, text, mark_end - 1)
        before = CurrencyMark(before.codes, before.length + 1) if before else None
    if before is not None and len(before.codes) > 1:
        before = _sharpened(before, folded, text, mark_end)
    if before is not None and _is_word(text, mark_end, before, start, end):
        before = None
    if before is None and start and text[start - 1].isalpha() and " " in text[start:end]:
        return None  # "RAMA4 530.00": the name's own number
    factor, after_number = _factor(folded, end, has_currency=before is not None)
    space = 1 if text.startswith((" ", "\t"), after_number) else 0
    after = mark_after(folded, text, after_number + space) or _dong(folded, start, after_number)
    after = after and _confirmed(after, folded, text, after_number + space)
    if before and after and after.codes[0] not in before.codes:
        # "Rs 500 USD 5": the second mark belongs to the next number
        place = after_number + space + after.length
        after = None if _NUMBER_FOLLOWS.match(text, place) else after
    elif after and before is None and text[start:end].replace(" ", "").isdigit():
        # "ref 123 456 489 EUR 40,72": a number without decimals before one that has them
        place = after_number + space + after.length
        after = None if _DECIMALS_FOLLOW.match(text, place) else after
    return _build(text, start, end, mark_end, before, after, factor, after_number, space)


def _confirmed(after: CurrencyMark, folded: str, text: str, start: int) -> CurrencyMark:
    """ "42,00 € EUR", "5 $ CAD": the code behind a sign belongs to it."""
    end = start + after.length
    apart = text.startswith(" ", end) and not text[start:end].isalpha()
    code = mark_after(folded, text, end + 1) if apart else None
    if code is None or len(code.codes) != 1 or code.codes[0] not in after.codes:
        return after
    known = not _NUMBER_FOLLOWS.match(text, end + 1 + code.length)
    return CurrencyMark(code.codes, after.length + 1 + code.length) if known else after


_GROUPED_DONG = re.compile(r"\d{1,3}(?:[.,]\d{3})+d(?!\w)")


def _dong(folded: str, start: int, end: int) -> CurrencyMark | None:
    """ "85.000d": đồng without its stroke."""
    match = _GROUPED_DONG.match(folded, start)
    return CurrencyMark(("VND",), 1) if match and match.end() == end + 1 else None


_RARE_MARKS = frozenset({"d", "gs", "g"})


def _is_word(text: str, mark_end: int, mark: CurrencyMark, start: int, end: int) -> bool:
    """ "GS25", "D1": letters and a small number in one word are a name, not money."""
    letters = text[mark_end - mark.length : mark_end].lower()
    return letters in _RARE_MARKS and mark_end == start and end - start <= 2


def _sharpened(before: CurrencyMark, folded: str, text: str, end: int) -> CurrencyMark:
    """ "CAD $275.18": the code before an ambiguous sign says which."""
    start = end - before.length
    left = start - 1 if text[start - 1 : start] == " " else start
    code = mark_before(folded, text, left) if left > 2 else None
    if code is None or len(code.codes) != 1 or code.codes[0] not in before.codes:
        return before
    return CurrencyMark(code.codes, end - left + code.length)


def _build(
    text: str,
    start: int,
    end: int,
    mark_end: int,
    before: CurrencyMark | None,
    after: CurrencyMark | None,
    factor: int,
    after_number: int,
    space: int,
) -> Amount | None:
    token = text[start:end]
    if before and after and text[mark_end - before.length : mark_end].isalpha():
        # "E:441 HUF": a letter before a number says less than what follows
        before = None if before.length == 1 else before
    if before and after and set(after.codes) & set(before.codes):
        codes = tuple(code for code in before.codes if code in after.codes)
    elif after and before and len(before.codes) > 1 and len(after.codes) == 1:
        codes = after.codes
    else:
        codes = before.codes if before else after.codes if after else ()
        after = None if before else after
    first = mark_end - before.length if before else start
    last = after_number + space + after.length if after else after_number
    sign = _sign(text, first, mark_end, start)
    if not before and sign and start and text[start - 1] in "+-":
        first = start - 1
    if not codes:
        return _bare(text, start, end, token, sign)
    if " " in token and token.count(" ") == 1 and len(token) == 7 and not after and not before:
        return None
    return Amount(first, last, (start, end), token, codes, factor, sign)


def _bare(text: str, start: int, end: int, token: str, sign: str) -> Amount | None:
    if " " in token and "." not in token and "," not in token:
        return None
    shaped = _BARE_SHAPE.fullmatch(token) is not None
    # Iranian banks leave no space: "برداشت1,500,000".
    is_glued = shaped and start and "\u0600" <= text[start - 1] <= "\u06ff"
    if start and not is_glued and (_joins(text[start - 1]) or text[start - 1] in "/_=&?"):
        return None
    if end < len(text) and (_joins(text[end]) or text[end] in "/_:@"):
        return None
    if not shaped and len(token) > 9:
        return None
    return Amount(start, end, (start, end), token, (), 1, sign, shaped)


def _joins(char: str) -> bool:
    """Whether a number beside this character is a part of a word."""
    return char.isalnum() and not _SPACELESS.match(char)


def _sign(text: str, first: int, mark_end: int, start: int) -> str:
    between = text[mark_end:start].strip(" :\t")
    if between in ("+", "-"):
        return between
    left = text[max(0, first - 2) : first]
    if left and left[-1] in "+-" and (len(left) == 1 or not left[0].isalnum()):
        return left[-1]
    return ""


def _factor(folded: str, end: int, *, has_currency: bool) -> tuple[int, int]:
    match = _MULTIPLIER.match(folded, end)
    if match is None:
        return 1, end
    word = match[1] or match[2]
    if word == "k":
        return (1000, match.end()) if has_currency and match[0][0] != " " else (1, end)
    return multipliers().get(word, 1), match.end()


_DECIMALS_FOLLOW = re.compile(r"[ ]?\d[\d ]*[.,]\d\d(?!\d|[./-]\d)")
_NUMBER_FOLLOWS = re.compile(r"[ ]?\.?[ ]?\d")


_CODE = re.compile(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])")


def resolve(
    amounts: list[Amount], text: str, countries: dict[str, float], home_currency: str | None
) -> list[Amount]:
    """Amounts with their currency and value. Ambiguous signs take the currency that the message's
    countries, its codes and its other, unambiguous amounts speak for; a bare number stays
    without."""
    weights = _style_weights(amounts) if "CA" not in countries else {}
    for code in set(_CODE.findall(text)):
        if marks().get(code.lower()) == (code,):
            weights[code] = weights.get(code, 0.0) + 1.2
    for country, weight in countries.items():
        code = currency_of(country)
        if code:
            weights[code] = weights.get(code, 0.0) + weight
    # The balboa is a dollar: which of the two an account is kept in, only its owner knows.
    weights["USD"] = max(weights.get("USD", 0.0), 0.9 * weights.get("PAB", 0.0))
    if home_currency:
        weights[home_currency] = weights.get(home_currency, 0.0) + 4.0
    for amount in amounts:
        if len(amount.codes) == 1:
            weights[amount.codes[0]] = weights.get(amount.codes[0], 0.0) + 1.0
    return [_resolved(amount, weights) for amount in amounts]


def _style_weights(amounts: list[Amount]) -> dict[str, float]:
    """What the way of writing numbers says: `$ 12.990` is no American or Mexican amount, dirhams
    with a decimal comma are Moroccan (CLDR, number formats), and some units are small money."""
    signed = [amount.token for amount in amounts if len(amount.codes) > 1]
    marks_seen = {code for amount in amounts if len(amount.codes) > 1 for code in amount.codes}
    has_comma = any(re.search(r",\d\d$", token) for token in signed)
    if {"AED", "MAD"} <= marks_seen and has_comma:
        return {"MAD": 1.0}
    if {"KWD", "IQD"} <= marks_seen:
        # Dinars by the thousand, without a fraction.
        large = any(re.fullmatch(r"\d{1,3}(?:,\d{3})+|\d{4,}", token) for token in signed)
        return {"IQD": 0.4} if large else {}
    if {"BOB", "VES"} <= marks_seen:
        return {"VES": 0.3} if has_comma else {"BOB": 0.3}
    if any(re.search(r"\.\d{3},\d\d$|^\d{1,3},\d\d$", token) for token in signed):
        return {"ARS": 1.05, "COP": 0.85, "UYU": 0.8}
    if any(re.fullmatch(r"\d{1,3}(?:\.\d{3})+", token) for token in signed):
        return {"CLP": 1.2, "COP": 0.95, "ARS": 0.7}
    if any(re.fullmatch(r"\d{2,3},\d{3}\.00|\d{1,3}(?:,\d{3}){2}(?:\.00)?", t) for t in signed):
        return {"COP": 0.3}
    return {}


# Below this share of the best currency's weight another one is out of the question.
_CLEARLY = 0.8
# Less than this for a currency is a hint that asks, and settles nothing.
_ENOUGH = 0.5


def _resolved(amount: Amount, weights: dict[str, float]) -> Amount:
    if not amount.codes:
        return amount
    codes = amount.codes
    ranked = sorted(codes, key=lambda code: -weights.get(code, 0.0))
    best = ranked[0]
    second = weights.get(ranked[1], 0.0) if len(codes) > 1 else 0.0
    first = weights.get(best, 0.0)
    ambiguous = len(codes) > 1 and (first < _ENOUGH or second >= _CLEARLY * first)
    # CLDR knows no toman; the ledger keeps rials, ten to a toman.
    factor, currency = (amount.factor * 10, "IRR") if best == "IRT" else (amount.factor, best)
    if factor != amount.factor:
        amount = amount._replace(factor=factor)
    return with_currency(amount, currency, ambiguous=ambiguous)


def common_currency(amounts: list[Amount], countries: dict[str, float]) -> str | None:
    """The currency meant by bare numbers: that of the other amounts, else of the country."""
    named = [amount.currency for amount in amounts if amount.currency]
    if named:
        return named[0]
    top = max(countries, key=lambda country: countries[country], default=None)
    return currency_of(top) if top else None


def with_currency(
    amount: Amount, currency: str, *, ambiguous: bool = False, inferred: bool = False
) -> Amount:
    """The same amount in a currency; its money is None where the number does not fit it."""
    value = parse_number(amount.token, currency)
    money = None
    if value is not None:
        try:
            money = Money.parse(_fitted(value * amount.factor, currency), currency)
        except InvalidMoney:
            money = None
    return amount._replace(currency=currency, ambiguous=ambiguous, inferred=inferred, money=money)


def _fitted(value: Decimal, currency: str) -> Decimal:
    """Banks write "JPY 1,200.00" and "INR 12.5000": zeros beyond the minor unit are no loss."""
    quantum = Decimal(1).scaleb(-exponent(currency))
    rounded = value.quantize(quantum)
    return rounded if rounded == value else value
