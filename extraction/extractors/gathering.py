"""From a document to what the grammar found in it, and from that to a candidate. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

from extraction.document import Document
from extraction.extractors import amounts as money_reader
from extraction.extractors.accounts import find_accounts, own_first
from extraction.extractors.amounts import Amount
from extraction.extractors.choosing import main_amount
from extraction.extractors.contradicting import questioned
from extraction.extractors.currencies import stated_currency
from extraction.extractors.dates import (
    MONTH_FIRST,
    FoundDate,
    find_dates,
    find_times,
    settle,
)
from extraction.extractors.events import Decision, heard_of
from extraction.extractors.filling import Filler
from extraction.extractors.findings import Findings
from extraction.extractors.masking import mask
from extraction.extractors.phrases import Hit
from extraction.extractors.places import countries_of, native_languages
from extraction.extractors.references import find_references
from extraction.extractors.roles import MAIN_ROLES, assign_roles
from extraction.extractors.scanning import scan
from extraction.extractors.segments import split_sentences
from extraction.extractors.shapes import as_signed
from extraction.reading import Candidate, Direction, Event, Reason


def gather(document: Document) -> Findings:
    """One pass over the document."""
    times = find_times(document)
    dates = find_dates(document, times)
    spans = [(item.start, item.end) for item in dates]
    spans += [(item.start, item.end) for item in times]
    amounts = money_reader.find_amounts(document, spans)
    masked = mask(document.folded, amounts)
    native = native_languages(item.codes for item in amounts)
    hits, words, languages = scan(masked, document.normalized, document.language_hint, native)
    equal = languages[: 2 if _read_alike(hits, languages) else 1]
    countries = countries_of(document, words, equal)
    amounts = money_reader.resolve(amounts, document.normalized, countries, document.home_currency)
    roles = assign_roles(masked, amounts, hits)
    hits = [
        hit
        for hit in hits
        if not _tells_of_balance(hit, roles) and not _another_code(hit, document.folded)
    ]
    hits = _without_names(hits, document.normalized)
    stated = stated_currency(document.folded, document.normalized)
    amounts, roles = _bare_amounts(amounts, roles, countries, stated)
    money_spans = [(item.start, item.end) for item in amounts if item.codes or item.shaped]
    blocked = {place for start, end in (*money_spans, *spans) for place in range(start, end)}
    return Findings(
        masked=masked,
        hits=hits,
        languages=languages,
        countries=countries,
        segments=split_sentences(document.normalized),
        amounts=amounts,
        roles=roles,
        dates=dates,
        times=times,
        accounts=find_accounts(document.normalized, document.folded, hits, blocked),
        references=find_references(document.normalized, hits, blocked),
    )


def _read_alike(hits: list[Hit], languages: list[str]) -> bool:
    """Whether the two likeliest languages explain as much of the message: Danish and Norwegian
    often do, and their crowns are not worth the same."""
    if len(languages) < 2:
        return False
    told = [sum(hit.end - hit.start for hit in hits if hit.phrase.language == code)
            for code in languages[:2]]  # fmt: skip
    return bool(told[0]) and 0.9 * told[0] <= told[1] <= told[0] / 0.9


_OTHER_CODES = re.compile(
    r"\b(?:booking|branch|merchant|promo|coupon|reference|sort|swift|ifsc|zip"
    r"|postal|error|country|area|order|trip|discount)\s$"
)


def _another_code(hit: Hit, folded: str) -> bool:
    """ "Booking code A-123": no code to type in."""
    if hit.name != "one_time_code":
        return False
    token = folded.startswith("token", hit.start) and _ELECTRICITY.search(folded) is not None
    return token or bool(_OTHER_CODES.search(folded, 0, hit.start))


def _without_names(hits: list[Hit], text: str) -> list[Hit]:
    """Hits without those that are a shop's name: "hjá BÓNUS SELFOSS" offers no bonus."""
    if text.isupper():
        return hits
    ends = {hit.end for hit in hits if hit.kind == "merchant" and hit.name in ("at", "to", "from")}
    return [
        hit
        for hit in hits
        if hit.start - 1 not in ends
        or hit.kind not in ("event", "weak", "label")
        or not _is_name_word(text, hit)
    ]


def _is_name_word(text: str, hit: Hit) -> bool:
    word = text[hit.start : hit.end]
    if word == "Dr":
        return text[hit.end : hit.end + 2].strip(". ").isupper()  # a doctor, not a debit
    return len(word) > 3 and word.isalpha() and word.isupper()


# A token that is typed into a prepaid meter.
_ELECTRICITY = re.compile(r"\b(?:kwh|meter|units|pln|listrik|electricity)\b")


def _tells_of_balance(hit: Hit, roles: dict[Amount, str]) -> bool:
    """ "Bal: 34,120.00 CR": what stands beside a balance says which way the account is."""
    return hit.kind == "event" and any(
        role in ("balance", "available") and hit.start == amount.start
        for amount, role in roles.items()
    )


def _bare_amounts(
    amounts: list[Amount],
    roles: dict[Amount, str],
    countries: dict[str, float],
    stated: str | None,
) -> tuple[list[Amount], dict[Amount, str]]:
    """Give bare numbers that a label claims the message's own currency, which is `stated` or
    inferred; drop the other bare numbers unless they are written like money."""
    currency = stated or money_reader.common_currency(amounts, countries)
    kept: list[Amount] = []
    kept_roles: dict[Amount, str] = {}
    for amount in amounts:
        role = roles.get(amount)
        if not amount.codes:
            if role is None and not amount.shaped:
                continue
            if currency is not None:
                codes = (currency,) if stated else ()
                amount = amount._replace(codes=codes)
                amount = money_reader.with_currency(amount, currency, inferred=not stated)
        kept.append(amount)
        if role is not None:
            kept_roles[amount] = role
    return kept, kept_roles


def fee_is_beside(found: Findings) -> bool:
    """Whether a fee is told beside an amount of its own: the fee is not what happened."""
    roles = [found.roles.get(item, "amount") for item in found.amounts if item.codes]
    return "fee" in roles and any(role in MAIN_ROLES for role in roles)


def candidate(document: Document, found: Findings, decision: Decision) -> Candidate:
    """The candidate of a booking decision; without an amount where the message names none."""
    main, reasons = main_amount(document, found, decision)
    filler = Filler(document)
    made = Candidate(
        event=decision.event,
        direction=decision.direction,
        amount=filler.money(main) if main else None,
        event_evidence=filler.phrase(decision.hit),
        reasons=(*decision.reasons, *reasons),
    )
    made = as_signed(_with_amounts(made, filler, found, main), main)
    position = decision.hit.start if decision.hit else main.start if main else 0
    made = _with_date(made, document, filler, found, position, main)
    accounts = own_first(found.accounts, found.hits, made.direction)
    made = filler.with_identity(made, accounts, found.references)
    titled = main is not None and position < document.subject_end <= main.start
    place = main.start if main is not None and titled else position
    walls = _walls(document, found, (*_FIRM, "stop"))
    firm = [start for start, _ in _walls(document, found, _FIRM)]
    bounds = found.segments.bounds(place)
    told = heard_of(found.hits, found.segments)
    span = (main.start, main.end) if main else (0, 0)
    made = filler.with_party(made, told, walls, bounds, firm, span)
    late = made.due_date is not None or _lies_ahead(document, made)
    if late and made.event in _PAID_LATER:
        made = made.marked(Reason.MIXED_EVENTS)
    made = questioned(made, found, document.normalized)
    return replace(made, confidence=_confidence(made, decision))


# A value date may lie this many days ahead of the message.
_VALUE_DAYS = 4


def _lies_ahead(document: Document, made: Candidate) -> bool:
    """Whether the day it is said to happen is yet to come."""
    day, received = made.occurred_on, document.received_at
    if day is None or day.inferred or received is None:
        return False
    return (day.value - received.date()).days > _VALUE_DAYS


# With a date by which it is due, one of these has perhaps not happened yet.
_PAID_LATER = {Event.PURCHASE, Event.HOLD, Event.FEE, Event.TRANSFER_OUT}


def _walls(document: Document, found: Findings, kinds: tuple[str, ...]) -> list[tuple[int, int]]:
    """Spans that no name runs into; `kinds` are those of the phrases among them."""
    spans = [(item.start, item.end) for item in found.amounts if item.codes or item.shaped]
    spans += [(item.start, item.end) for item in found.dates]
    spans += [(item.start, item.end) for item in found.times]
    spans += [(item.start, item.end) for item in found.accounts]
    spans += [(item.start, item.end) for item in found.references]
    spans += [
        (hit.start, hit.end)
        for hit in found.hits
        if (hit.kind in kinds and not _part_of_name(hit, document)) or _is_next_label(hit, document)
    ]
    return sorted(spans)


def _is_next_label(hit: Hit, document: Document) -> bool:
    """ "ANN B. Concept: cinema", "ANN B. Sender Bank IFSC: X": the label of what comes next is no
    part of the name."""
    text = document.normalized
    return (
        hit.kind == "merchant"
        and hit.name in ("label", "memo")
        and (text[hit.end : hit.end + 1] == ":" or _begins_label(text, hit))
    )


_LABEL_REST = re.compile(r"(?: [A-Z]\w{1,12}){1,2} ?:")


def _begins_label(text: str, hit: Hit) -> bool:
    titled = text[hit.start].isupper() and not text[hit.start : hit.end].isupper()
    return titled and _LABEL_REST.match(text, hit.end) is not None


_FIRM = ("reference", "label", "account", "ignore")

_NAME_WORDS = frozenset(
    ["and", "of", "in", "to", "for", "on", "by", "at", "with", "from", "is", "via"]
)


def _part_of_name(hit: Hit, document: Document) -> bool:
    """ "SUPERTIENDA LA 80", "Amazon.in", "GREEN CREDIT UNION": a word written as part of the name
    beside it, unless the whole message is in capitals."""
    text = document.normalized
    word = text[hit.start : hit.end]
    if text[hit.start - 1 : hit.start] in ("*", "@", "&") or (
        text[hit.start - 1 : hit.start] in (".", "'")
        and text[hit.start - 2 : hit.start - 1].isalnum()
    ):
        return hit.kind == "stop" and hit.end - hit.start <= 3
    if not word[0].isupper() or text.isupper():
        return False
    if hit.kind == "stop" and (hit.start == 0 or text[hit.start - 2 : hit.start] == ". "):
        return False  # its capital begins the sentence
    if hit.kind == "stop" and hit.phrase.language != "en":
        return True
    if word.isupper() and word.lower() in _NAME_WORDS:
        return True
    return hit.kind != "ignore" and _between_capitals(text, hit)


def _between_capitals(text: str, hit: Hit) -> bool:
    """Whether a hit in capitals has words in capitals on both sides, or ends the name."""
    word = text[hit.start : hit.end]
    if not (word.isupper() and word.replace(" ", "").isalpha() and len(word) > 3):
        return False
    before = text[max(0, hit.start - 4) : hit.start]
    if not (before.endswith(" ") and before[:-1].isupper() and before[:-1].isalpha()):
        return False
    after = text[hit.end : hit.end + 4]
    return after[:1] in ("", "\n", ".", ",") or (
        after[:1] == " "
        and not after[1:2].isdigit()
        and after[1:3] not in ("no", "No", "NO", "XX", "xx")
        and after[1:2].isalpha()
    )


_FIELD_OF_ROLE = {
    "balance": "balance", "available": "available_limit", "fee": "fee", "tax": "tax", "tip": "tip",
}  # fmt: skip


def _with_amounts(
    made: Candidate, filler: Filler, found: Findings, main: Amount | None
) -> Candidate:
    """Balance, limit, fee, tax, tip and the amount in another currency."""
    fields: dict[str, object] = {}
    for item in found.amounts:
        name = _FIELD_OF_ROLE.get(found.roles.get(item, ""))
        if name and name not in fields and item is not main and item.money is not None:
            fields[name] = filler.money(item)
    for item in found.amounts:
        role = found.roles.get(item, "original")
        if (
            item.money is not None
            and main is not None
            and main.money is not None
            and item.codes
            and role in ("original", *MAIN_ROLES)
            and item.money.currency != main.money.currency
        ):
            fields.setdefault("original_amount", filler.money(item))
    return replace(made, **fields)  # type: ignore[arg-type]


def month_comes_first(found: Findings, currency: str | None) -> bool:
    """Whether 05/04 is the fourth of May: by the country, else by currency and language."""
    top = max(found.countries, key=lambda key: found.countries[key], default="")
    if found.countries.get(top, 0.0) < 2.0 and currency is not None:
        return currency in ("USD", "PHP") and found.languages[:1] != ["es"]
    return top in MONTH_FIRST


def _with_date(
    made: Candidate,
    document: Document,
    filler: Filler,
    found: Findings,
    position: int,
    main: Amount | None,
) -> Candidate:
    received = document.received_at.date() if document.received_at else None
    stated = made.balance or made.available_limit or made.amount  # the account's own currency
    month_first = month_comes_first(found, stated.value.currency if stated else None)
    labels = [hit for hit in found.hits if hit.kind == "date"]
    best: tuple[float, FoundDate, date, bool] | None = None
    for item in found.dates:
        day, guessed = settle(item, received, month_first=month_first)
        if day is None:
            continue
        near = [hit for hit in labels if 0 <= item.start - hit.end <= 14]
        label = max(near, key=lambda hit: hit.end, default=None)
        if label is not None and label.name == "due":
            made = replace(made, due_date=filler.day(item, day))
            continue
        weight = _date_weight(
            item, day, received, found, {position, main.start if main else position}
        )
        weight += 3.0 if label is not None else 0.0
        if best is None or weight > best[0]:
            best = (weight, item, day, guessed)
    return filler.with_day(made, best[1:] if best else None, found.times)


def _date_weight(
    item: FoundDate,
    day: date,
    received: date | None,
    found: Findings,
    centres: set[int],
) -> float:
    weight = -item.start / 3000 - (1.0 if item.short and item.ambiguous else 0.0)
    if any(found.segments.index(item.start) == found.segments.index(place) for place in centres):
        weight += 1.5
    if any(0 <= time.start - item.end <= 8 for time in found.times):
        weight += 0.8
    if received is not None:
        days = (received - day).days
        weight += 2.0 if -1 <= days <= 7 else -2.0 if days < -1 or days > 120 else 0.0
    return weight


# How much each doubt takes from the confidence; a blocking reason stops booking anyway.
_PENALTIES = {
    Reason.AMBIGUOUS_CURRENCY: 0.15,
    Reason.NO_CURRENCY: 0.2,
    Reason.TWO_AMOUNTS: 0.3,
    Reason.MIXED_EVENTS: 0.3,
    Reason.WEAK_EVENT: 0.35,
    Reason.DIRECTION_UNCLEAR: 0.35,
    Reason.AMBIGUOUS_DATE: 0.06,
    Reason.NO_ACCOUNT: 0.06,
}


def _confidence(made: Candidate, decision: Decision) -> float:
    score = 0.9 if decision.strong else 0.6
    score -= sum(_PENALTIES.get(reason, 0.1) for reason in set(made.reasons))
    for present in (made.account_hint, made.balance, made.reference, made.merchant):
        score += 0.03 if present is not None else 0.0
    if made.account_hint is None and made.balance is None and made.reference is None:
        score -= 0.08
    if made.direction is Direction.CREDIT and made.account_hint is None:
        score -= 0.03
    return float(max(Decimal(0), min(Decimal("0.99"), Decimal(str(round(score, 3))))))
