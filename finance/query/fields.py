"""What each field of a query means, as a condition of the database.

A field reads a term and gives a Q. A value that it cannot read raises QueryError with what it
takes; `FIELDS` is also what the help shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance.attachments import kept_of
from finance.categories import descendants
from finance.matching.reading import told_by_mail
from finance.merchants.reading import called
from finance.models import (
    Category,
    CategoryKind,
    FinancialAccount,
    Merchant,
    Split,
    Tag,
    Tagging,
    TransactionState,
    Transfer,
)
from finance.money import exponent
from finance.months import first_of, month_end
from finance.query.parsing import QueryError, Term
from finance.querysets import today

Reader = Callable[[Term], Q]
NOTHING: Final = Q(pk__in=())
_LOOKUPS: Final = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_LARGEST: Final = Decimal(2**62)


@dataclass(frozen=True, slots=True)
class Field:
    """`example` is shown as help."""

    read: Reader
    example: str
    help: str | Promise


def _equal(term: Term) -> None:
    """Raises QueryError for an operator that compares sizes."""
    if term.operator not in (":", "="):
        message = _("“%(field)s” takes “:”, as in %(example)s.")
        example = FIELDS[term.field].example
        raise QueryError(message % {"field": term.field, "example": example}, term.position)


def _wrong(term: Term) -> QueryError:
    message = _("“%(value)s” is nothing that “%(field)s” knows: try %(example)s.")
    values = {"value": term.value, "field": term.field, "example": FIELDS[term.field].example}
    return QueryError(message % values, term.position)


# --- Sizes and days -----------------------------------------------------------------------------


def _amount(term: Term) -> Q:
    """The size, whichever way it went; in every currency that the ledger has."""
    low, dots, high = term.value.partition("..")
    if dots:
        return _size(term, ">=", low) & _size(term, "<=", high)
    if term.operator in _LOOKUPS:
        return _size(term, term.operator, term.value)
    equal = _size(term, ">=", term.value) & _size(term, "<=", term.value)
    return ~equal if term.operator == "!=" else equal


def amount_of(term: Term) -> Q:
    """What a number that stands by itself may mean: "249" is 249.00 to 249.99, "-2.50" that went
    out."""
    if not _NUMBER.fullmatch(term.value):
        return NOTHING
    text = term.value.lstrip("-")
    size, found = Decimal(text.replace(",", ".")), NOTHING
    for currency in _currencies():
        first = size.scaleb(exponent(currency))
        last = (size + 1).scaleb(exponent(currency)) - 1 if text.isdecimal() else first
        if first != first.to_integral_value():
            continue
        # Ranges, for the index by amount: beside a search for text, a scan would be slow.
        amounts = Q(amount_minor__range=(-int(last), -int(first)))
        if text == term.value:
            amounts |= Q(amount_minor__range=(int(first), int(last)))
        found |= Q(currency=currency) & amounts
    return found


def _currencies() -> Iterable[str]:
    """Those that the ledger has."""
    rows = FinancialAccount.objects.order_by().values_list("currency", flat=True)
    return rows.distinct()


_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(?:[.,][0-9]{1,3})?")


def _size(term: Term, operator: str, text: str) -> Q:
    try:
        value = abs(Decimal(text.replace(",", ".")))
    except InvalidOperation as error:
        raise _wrong(term) from error
    if not value.is_finite():
        raise _wrong(term)
    found = NOTHING
    for currency in _currencies():
        scaled = min(value, _LARGEST).scaleb(exponent(currency))
        up = operator in (">=", "<")
        minor = int(min(scaled.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR), _LARGEST))
        lookup, mirrored = _LOOKUPS[operator], _LOOKUPS[operator.translate(_MIRROR)]
        positive = Q(amount_minor__gte=0) & Q(**{f"amount_minor__{lookup}": minor})
        negative = Q(amount_minor__lt=0) & Q(**{f"amount_minor__{mirrored}": -minor})
        found |= Q(currency=currency) & (positive | negative)
    return found


_MIRROR = str.maketrans("<>", "><")


def _date(term: Term) -> Q:
    low, dots, high = term.value.partition("..")
    if dots:
        return Q(booked_on__gte=_days(term, low)[0], booked_on__lte=_days(term, high)[1])
    first, last = _days(term, term.value)
    match term.operator:
        case ">":
            return Q(booked_on__gt=last)
        case ">=":
            return Q(booked_on__gte=first)
        case "<":
            return Q(booked_on__lt=first)
        case "<=":
            return Q(booked_on__lte=last)
        case "!=":
            return ~Q(booked_on__range=(first, last))
    return Q(booked_on__range=(first, last))


def _days(term: Term, text: str) -> tuple[date, date]:
    """The first and the last day of 2026, 2026-05, 2026-05-03, today, last-month …"""
    now = today()
    if found := re.fullmatch(r"last-(\d{1,4})-days", text):
        return now - timedelta(int(found[1]) - 1), now
    named = {
        "today": (now, now),
        "yesterday": (now - timedelta(1),) * 2,
        "this-month": (first_of(now), month_end(now)),
        "last-month": (first_of(first_of(now) - timedelta(1)), first_of(now) - timedelta(1)),
        "this-year": (date(now.year, 1, 1), date(now.year, 12, 31)),
        "last-year": (date(now.year - 1, 1, 1), date(now.year - 1, 12, 31)),
    }
    if text in named:
        return named[text]
    try:
        if re.fullmatch(r"\d{4}", text):
            return date(int(text), 1, 1), date(int(text), 12, 31)
        if re.fullmatch(r"\d{4}-\d{2}", text):
            first = date.fromisoformat(f"{text}-01")
            return first, month_end(first)
        day = date.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise _wrong(term) from error
    return day, day


# --- Names --------------------------------------------------------------------------------------


def _account(term: Term) -> Q:
    _equal(term)
    named = Q(name__icontains=term.value) | Q(institution__icontains=term.value)
    if term.value.isdigit():
        named |= Q(last_digits__endswith=term.value)
    return Q(account__in=FinancialAccount.objects.filter(named))


def _category(term: Term) -> Q:
    """By a part of its name, with all below it; "none" for what has no category."""
    _equal(term)
    splits = Split.objects.filter(transaction=OuterRef("pk"))
    if term.value == "none":
        return Q(Exists(splits.filter(category__isnull=True)))
    wanted = term.value.casefold()
    # Default categories are named in the reader's language, which the database does not know.
    found = {each.pk for each in Category.objects.all() if wanted in each.label.casefold()}
    within = {pk for each in found for pk in descendants(each)}
    return Q(Exists(splits.filter(category__in=within))) if within else NOTHING


def _merchant(term: Term) -> Q:
    """By a part of its name, or of how messages write it; "none" for what has no merchant."""
    _equal(term)
    if term.value == "none":
        return Q(merchant="")
    named = called(Merchant.objects.filter(merged_into=None), term.value).values("name")
    return Q(merchant__icontains=term.value) | Q(merchant__in=named)


def _text_of(column: str) -> Reader:
    def read(term: Term) -> Q:
        _equal(term)
        return Q(**{f"{column}__icontains": term.value})

    return read


def _code_of(column: str, known: frozenset[str] = frozenset()) -> Reader:
    def read(term: Term) -> Q:
        _equal(term)
        value = term.value.lower() if column != "currency" else term.value.upper()
        if known and value not in known:
            raise _wrong(term)
        return Q(**{column: value})

    return read


# --- Kinds --------------------------------------------------------------------------------------


def _in_transfer() -> Q:
    legs = Transfer.objects.filter(Q(outflow=OuterRef("pk")) | Q(inflow=OuterRef("pk")))
    splits = Split.objects.filter(transaction=OuterRef("pk"), category__kind=CategoryKind.TRANSFER)
    return Q(Exists(legs)) | Q(Exists(splits))


def _is_split() -> Q:
    return Q(Exists(Split.objects.filter(transaction=OuterRef("pk"), position__gt=0)))


def _choice(choices: dict[str, Callable[[], Q]]) -> Reader:
    def read(term: Term) -> Q:
        _equal(term)
        make = choices.get(term.value.lower())
        if make is None:
            message = _("“%(field)s” knows %(choices)s.")
            known = ", ".join(choices)
            raise QueryError(message % {"field": term.field, "choices": known}, term.position)
        return make()

    return read


def _tag(term: Term) -> Q:
    """By its whole name; "none" for what has no tag."""
    _equal(term)
    carried = Tagging.objects.filter(transaction=OuterRef("pk"))
    if term.value == "none":
        return ~Q(Exists(carried))
    tags = Tag.objects.filter(name__iexact=term.value)
    return Q(pk__in=Tagging.objects.filter(tag__in=tags).values("transaction_id"))


_IS: Final[dict[str, Callable[[], Q]]] = {
    "in": lambda: Q(amount_minor__gt=0),
    "out": lambda: Q(amount_minor__lt=0),
    "transfer": _in_transfer,
    "split": _is_split,
    "proposed": lambda: Q(state=TransactionState.PROPOSED),
    "posted": lambda: Q(state=TransactionState.POSTED),
    "void": lambda: Q(state=TransactionState.VOID),
    "pending": lambda: Q(state=TransactionState.PROPOSED),
    "once": lambda: Q(is_one_time=True),
    "foreign": lambda: Q(original_minor__isnull=False),
}
_HAS: Final[dict[str, Callable[[], Q]]] = {
    "note": lambda: ~Q(notes=""),
    "merchant": lambda: ~Q(merchant=""),
    "attachment": lambda: Q(Exists(kept_of(OuterRef("pk")))),
    "category": lambda: (
        ~Q(Exists(Split.objects.filter(transaction=OuterRef("pk"), category__isnull=True)))
    ),
    "evidence": told_by_mail,
    "split": _is_split,
    "tag": lambda: Q(Exists(Tagging.objects.filter(transaction=OuterRef("pk")))),
    "time": lambda: Q(occurred_at__isnull=False),
}

FIELDS: Final[dict[str, Field]] = {
    "amount": Field(_amount, "amount>=50, amount:10..20", gettext_lazy("How much, in or out")),
    "date": Field(_date, "date:2026-05, date:last-month", gettext_lazy("When it was booked")),
    "account": Field(_account, "account:giro", gettext_lazy("Account, bank or last digits")),
    "category": Field(_category, "category:food", gettext_lazy("Category, with those below it")),
    "tag": Field(_tag, 'tag:holiday, tag:"to refund"', gettext_lazy("Tag")),
    "merchant": Field(_merchant, 'merchant:"corner shop"', gettext_lazy("Merchant")),
    "note": Field(_text_of("notes"), "note:gift", gettext_lazy("Your note")),
    "description": Field(_text_of("description"), "description:rent", gettext_lazy("Description")),
    "currency": Field(_code_of("currency"), "currency:EUR", gettext_lazy("Currency")),
    "event": Field(_code_of("event"), "event:refund", gettext_lazy("What happened")),
    "source": Field(_code_of("source_kind"), "source:email", gettext_lazy("Where it came from")),
    "state": Field(
        _code_of("state", frozenset(TransactionState.values)), "state:posted", gettext_lazy("State")
    ),
    "is": Field(_choice(_IS), "is:out, is:transfer", gettext_lazy("What kind it is")),
    "has": Field(_choice(_HAS), "has:note, has:attachment", gettext_lazy("What it has")),
}


def read_term(term: Term) -> Q:
    """The condition of a term with a field. Raises QueryError."""
    field = FIELDS.get(term.field)
    if field is None:
        message = _("There is no field “%(field)s”: %(fields)s. Put a text with a colon in quotes.")
        values: dict[str, Any] = {"field": term.field, "fields": ", ".join(FIELDS)}
        raise QueryError(message % values, term.position)
    return field.read(term)
