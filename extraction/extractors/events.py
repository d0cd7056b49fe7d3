"""Which event a message reports, from the phrases found in it. Pure.

Precision first: a phrase that speaks against a booking (declined, will be, is due, offer, code)
wins over one that speaks for it unless the message clearly reports both.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from extraction.extractors.phrases import Hit
from extraction.extractors.segments import Segments
from extraction.reading import Direction, Event, Reason

_GENERIC = {"debit": Direction.DEBIT, "credit": Direction.CREDIT}
_BOOKED = {event.value for event in Event if event.books} | {
    *_GENERIC, "own_transfer", "card_bill_paid", "bill_paid",
}  # fmt: skip
NEVER = {
    "one_time_code", "declined", "scheduled", "due", "statement", "balance", "notice", "order",
    "promotion", "request", "other",
}  # fmt: skip
# What wins when several unbookable events are named, first to last.
_NEVER_ORDER = [
    "declined", "scheduled", "request", "due", "statement", "promotion", "notice", "order",
    "balance", "other",
]  # fmt: skip
# Against a booking phrase that comes later in the message.
_EARLIER_WINS = {"scheduled", "request", "due", "statement", "promotion", "declined", "order"}
# Against a booking phrase of the same sentence.
_SAME_SENTENCE_WINS = {"scheduled", "request", "due", "promotion", "notice", "declined"}
_BESIDES = {"due", "statement", "order", "balance"}
# Heard even inside a longer booking phrase.
_KEPT_INSIDE = {"declined", "scheduled", "request", "one_time_code", "due"}
# Against a booking phrase in the body, when the subject names them.
_TITLE_WINS = {"notice", "balance"}

_REFINED_DEBIT = {
    "withdrawal": Event.WITHDRAWAL, "fee": Event.FEE, "card_payment": Event.CARD_PAYMENT,
    "purchase": Event.PURCHASE, "transfer": Event.TRANSFER_OUT, "own_transfer": Event.TRANSFER_OUT,
}  # fmt: skip
_REFINED_CREDIT = {
    "refund": Event.REFUND, "salary": Event.SALARY, "interest": Event.INTEREST,
    "deposit": Event.DEPOSIT, "transfer": Event.TRANSFER_IN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """The event, which way the money went, the phrase that told, and doubts."""

    event: Event
    direction: Direction | None
    hit: Hit | None
    strong: bool
    reasons: tuple[Reason, ...] = ()
    others: tuple[Hit, ...] = field(default=())


def decide(hits: list[Hit], segments: Segments, subject_end: int) -> Decision | None:
    """The decision, or None when no phrase tells anything."""
    heard = heard_of(hits, segments)
    events = _outermost([hit for hit in heard if hit.kind in ("event", "weak")])
    booked = [hit for hit in events if hit.kind == "event" and hit.name in _BOOKED]
    never = [hit for hit in events if hit.kind == "event" and hit.name in NEVER]
    weak = [hit for hit in events if hit.kind == "weak"]
    refine = {hit.name for hit in heard if hit.kind == "refine"}
    if booked:
        booked = _as_the_body_says(booked, subject_end)
        never = [hit for hit in never if not _is_approval(hit, heard)]
    if any(hit.name == "one_time_code" for hit in never):
        return _never("one_time_code", never)
    if booked and never:
        decision = _doubted(_both(booked, never, segments, subject_end, refine), heard, segments)
    elif booked:
        decision = _doubted(_book(booked, refine), heard, segments)
    elif never:
        if _only_a_balance(never, weak):
            return _weak(weak, refine)
        decision = _never(_first_by_order(never), never)
    else:
        return _weak(weak, refine)
    return decision


def _doubted(decision: Decision, heard: list[Hit], segments: Segments) -> Decision:
    """The decision, to be asked about where its own sentence says "not", "will" or "pending" and
    no known phrase says what that means."""
    if decision.hit is None or decision.direction is None:
        return decision
    first, last = decision.hit.start, decision.hit.end
    sentences = {segments.index(first), segments.index(last - 1)}
    for hit in heard:
        if hit.kind == "doubt" and segments.index(hit.start) in sentences:
            reasons = (*decision.reasons, Reason.MIXED_EVENTS)
            return replace(decision, reasons=tuple(dict.fromkeys(reasons)))
    return decision


def _as_the_body_says(booked: list[Hit], subject_end: int) -> list[Hit]:
    """Without what the subject says the other way round than the whole body: "Tikkie paid" above
    "Ann has paid your Tikkie" is money in."""
    ways = {_direction(hit) for hit in booked if hit.start >= subject_end} - {None}
    if len(ways) != 1:
        return booked
    return [
        hit
        for hit in booked
        if hit.start >= subject_end or hit.name in _SPECIFIC or _direction(hit) in (None, *ways)
    ]


def heard_of(hits: list[Hit], segments: Segments) -> list[Hit]:
    """Hits outside footers and warnings: those silence the rest of their sentence, but no code
    that stands there: "never share code 308473"."""
    silenced = silenced_by(hits, segments)
    return [
        hit
        for hit in hits
        if hit.start < silenced.get(segments.index(hit.start), hit.start + 1)
        or "<code>" in hit.phrase.text
    ]


def silenced_by(hits: list[Hit], segments: Segments) -> dict[int, int]:
    """Sentence → from where on it is a footer or a warning."""
    silenced: dict[int, int] = {}
    for hit in hits:
        if hit.kind == "ignore":
            silenced.setdefault(segments.index(hit.start), hit.start)
    return silenced


# "Your bill payment against card 9901 was received": what is paid is a card's bill.
_LESS_THAN_CARD = {"purchase", "bill_paid"}


def _breadth(hit: Hit) -> tuple[int, bool, int]:
    """The longest first; of as long ones what is never booked, then the phrase of more words."""
    return hit.start - hit.end, hit.name not in NEVER, -hit.phrase.text.count(" ")


def _outermost(hits: list[Hit]) -> list[Hit]:
    """Hits without those inside a longer one: "will be debited" silences "debited"."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=_breadth):
        inside = any(
            other.start <= hit.start
            and hit.end <= other.end
            and other.name != hit.name
            and not (hit.name == "card_payment" and other.name in _LESS_THAN_CARD)
            and (
                hit.name not in _KEPT_INSIDE
                or other.name in NEVER
                or hit.phrase.text in other.phrase.text
                or (hit.name == "due" and other.name in _LEADS)  # "payment of your bill received"
            )
            for other in kept
        )
        if not inside:
            kept.append(hit)
    return sorted(kept, key=lambda hit: hit.start)


def _only_a_balance(never: list[Hit], weak: list[Hit]) -> bool:
    """ "Payment: 32.50 …; Balance: 512.30": a balance or an offer stands below what happened."""
    first = min(hit.start for hit in never)
    names = {hit.name for hit in never}
    told = any(hit.start < first and hit.name in _BOOKED for hit in weak)
    return told and names <= {"balance", "promotion"}


def _is_approval(hit: Hit, heard: list[Hit]) -> bool:
    """ "Authorization code: 123456" below a purchase is its reference, no code to type in."""
    return hit.name == "one_time_code" and any(
        other.kind == "reference" and other.start < hit.end and hit.start < other.end
        for other in heard
    )


def _first_by_order(never: list[Hit]) -> str:
    names = {hit.name for hit in never}
    return next(name for name in _NEVER_ORDER if name in names)


def _never(name: str, hits: list[Hit]) -> Decision:
    event = Event.OTHER if name == "request" else Event(name)
    hit = next(hit for hit in hits if hit.name == name)
    return Decision(event, None, hit, strong=True)


def _both(
    booked: list[Hit],
    never: list[Hit],
    segments: Segments,
    subject_end: int,
    refine: set[str],
) -> Decision:
    """A message with phrases for and against."""
    book = _book(booked, refine)
    leading = book.hit
    assert leading is not None
    if any(hit.name == "declined" for hit in never):
        refund = next((hit for hit in booked if hit.name == "refund"), None)
        if refund is None:
            return _never("declined", never)
    sentence = segments.index(leading.start)
    offers = [hit for hit in never if hit.name == "promotion"]
    if len(offers) >= 3 or (len(offers) == 2 and offers[0].start < leading.start):
        return _never("promotion", never)
    if leading.name in _LEADS:
        # a refund on the bill, a card payment with the next due date below
        anywhere = leading.name in ("refund", "bill_paid")
        never = [
            hit
            for hit in never
            if hit.name not in _BESIDES or not (anywhere or segments.index(hit.start) != sentence)
        ]
    for hit in never:
        if _overrules(hit, leading, segments, subject_end):
            return _never(hit.name, never)
    ahead = _still_to_come(booked, never, segments) if leading.start < subject_end else None
    if ahead is not None:
        return _never(ahead.name, never)
    doubtful = any(hit.name in ("promotion", "scheduled", "request", "declined") for hit in never)
    reasons = (*book.reasons, Reason.MIXED_EVENTS) if doubtful else book.reasons
    return Decision(book.event, book.direction, leading, strong=True, reasons=reasons)


def _still_to_come(booked: list[Hit], never: list[Hit], segments: Segments) -> Hit | None:
    """The phrase that says of every booking phrase after the first that it is yet to happen:
    "Direct debit notice | the direct debit … is planned for 5 May"."""
    told = {segments.index(hit.start) for hit in booked[1:]}
    if not told:  # only the subject names it: "Payment enquiry | Ann asks you for 45,00"
        return next((hit for hit in never if hit.name in ("scheduled", "request")), None)
    ahead = {segments.index(hit.start): hit for hit in never if hit.name in _AHEAD}
    return next(iter(ahead.values())) if told <= ahead.keys() else None


_PAID = (
    "paid via|",
    "# paid to|",
    "bezahlt mit|",
    "total paid|",
    "total|montant paye|",
    "total|fare",
)
_AHEAD = {"scheduled", "request", "due"}


def _overrules(hit: Hit, leading: Hit, segments: Segments, subject_end: int) -> bool:
    """Whether a phrase against booking counts more than the leading one for it."""
    if hit.name == "declined" or leading.start < subject_end <= hit.start:
        return False
    same = segments.index(hit.start) == segments.index(leading.start)
    titled = hit.start < subject_end <= leading.start and hit.name in _TITLE_WINS
    earlier = hit.start < leading.start and hit.name in _EARLIER_WINS
    if hit.name == "order" and leading.phrase.text.startswith(_PAID):
        return False  # a receipt: "Thanks for your order … Total £11.30, paid with Visa"
    return titled or earlier or (same and hit.name in _SAME_SENTENCE_WINS)


_LEADS = ("refund", "card_payment", "card_bill_paid", "bill_paid", "own_transfer")
# Money out, whose words are also said of money that comes back or arrives.
_OFTEN_BACK = ("bill_paid", "withdrawal", "fee")
_SPECIFIC = (*_LEADS, "salary", "interest", "fee", "withdrawal")


def _book(booked: list[Hit], refine: set[str]) -> Decision:
    """The event of the first booking phrase, made more specific by the others."""
    # "credited to your account" says more than "debit card": a verb before a noun
    first = next((hit for hit in booked if hit.name in _GENERIC and _is_verb(hit)), booked[0])
    if first.start > booked[0].start and _direction(booked[0]) is not None:
        first = booked[0] if booked[0].name not in _GENERIC else first
    leading = next((hit for hit in booked if hit.name not in _GENERIC), first)
    for name in _LEADS:
        special = next((hit for hit in booked if hit.name == name), None)
        if special is not None and _is_beside_spending(special, booked):
            continue
        if special is not None:
            leading = special
            break
    generic = _GENERIC.get(first.name)
    if leading.name not in _LEADS and generic and _direction(leading) is not generic:
        leading = first  # "debited … received by X": the first phrase says which way
    event, direction = _event(leading.name, refine)
    if leading.name == "own_transfer" and _only_credit(booked):
        event = Event.TRANSFER_IN
    if leading.name == "card_payment" and _tells_debit(booked, leading):
        direction = Direction.DEBIT  # from the account that pays: "debited for credit card payment"
    others = {_direction(hit) for hit in booked} - {direction, None}
    reasons: tuple[Reason, ...] = ()
    told = leading.name in _OFTEN_BACK and any(hit.name == "credit" for hit in booked)
    if told or (len(others) and leading.name not in _SPECIFIC and first is not leading):
        reasons = (Reason.DIRECTION_UNCLEAR,)
    return Decision(event, direction, leading, strong=True, reasons=reasons)


def _is_beside_spending(hit: Hit, booked: list[Hit]) -> bool:
    """ "Paid Rs 199 to SHOP. Cashback Rs 4 received": what came back is not what happened."""
    ways = {_direction(other) for other in booked}
    return "cashback" in hit.phrase.text and Direction.DEBIT in ways


def _only_credit(booked: list[Hit]) -> bool:
    """Whether the message of an own transfer comes from the account that received it."""
    ways = {_direction(hit) for hit in booked}
    return Direction.CREDIT in ways and Direction.DEBIT not in ways


def _tells_debit(booked: list[Hit], payment: Hit) -> bool:
    """Whether money is said to leave an account, and none to come."""
    names = {hit.name for hit in booked}
    paid = any(hit.name == "card_bill_paid" and hit.start < payment.start for hit in booked)
    return paid or ("debit" in names and "credit" not in names)


def _is_verb(hit: Hit) -> bool:
    return hit.phrase.text.startswith("*") or hit.end - hit.start > 8


def _direction(hit: Hit) -> Direction | None:
    if hit.name in _GENERIC:
        return _GENERIC[hit.name]
    return _event(hit.name, set())[1]


def _event(name: str, refine: set[str]) -> tuple[Event, Direction | None]:
    if name == "own_transfer":
        return Event.TRANSFER_OUT, Direction.TRANSFER
    if name == "bill_paid":  # who asked for the money says that it has come
        return Event.PURCHASE, Direction.DEBIT
    if name in ("card_payment", "card_bill_paid"):
        # seen from the account the message speaks of: the card, or the account that paid it
        paid = name == "card_bill_paid"
        return Event.CARD_PAYMENT, Direction.DEBIT if paid else Direction.CREDIT
    if name == "debit":
        found = next((_REFINED_DEBIT[key] for key in _REFINED_DEBIT if key in refine), None)
        return found or Event.PURCHASE, Direction.DEBIT
    if name == "credit":
        found = next((_REFINED_CREDIT[key] for key in _REFINED_CREDIT if key in refine), None)
        return found or Event.TRANSFER_IN, Direction.CREDIT
    event = Event(name)
    return event, event.direction


def _weak(weak: list[Hit], refine: set[str]) -> Decision | None:
    if not weak:
        return None
    never = [hit for hit in weak if hit.name in NEVER]
    if never:
        return _never(never[0].name, never)
    first = weak[0]
    event, direction = _event(first.name, refine)
    return Decision(event, direction, first, strong=False, reasons=(Reason.WEAK_EVENT,))
