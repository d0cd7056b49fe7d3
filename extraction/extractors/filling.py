"""Fields with their evidence, made from what was found. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta, timezone

from extraction.document import Document
from extraction.extractors.accounts import FoundAccount
from extraction.extractors.amounts import Amount
from extraction.extractors.bare_names import (
    find_after_event,
    find_bare_name,
    find_before_amount,
    find_beside_amount,
    find_between,
    find_handle,
    find_kana_name,
    find_korean_name,
    find_line_name,
    find_purpose,
    find_sender,
    find_title,
)
from extraction.extractors.dates import FoundDate, FoundTime, moment
from extraction.extractors.parties import FoundParty, Surroundings, find_parties
from extraction.extractors.phrases import Hit
from extraction.extractors.references import FoundReference
from extraction.reading import Candidate, Direction, Event, Evidence, Field, Reason
from finance.money import Money

_TIME_REACH = 24
# What stands for a name only where there is none.
_LAST_RESORTS = ("purpose", "number")
# "Deducted! Rs 500 from account 1234 for NEFT transaction"
_PURPOSE_REACH = 90
# Events whose notification an app may title with the other party's name.
_NAMED_BY_TITLE = {
    Event.PURCHASE, Event.HOLD, Event.REFUND, Event.TRANSFER_IN, Event.TRANSFER_OUT,
}  # fmt: skip
_BY_BANK = {Event.TRANSFER_IN, Event.TRANSFER_OUT, Event.SALARY, Event.DEPOSIT}


@dataclass(frozen=True, slots=True)
class Filler:
    """Fills a candidate's fields from one document."""

    document: Document

    def money(self, amount: Amount) -> Field[Money]:
        assert amount.money is not None
        evidence = self.document.evidence(amount.start, amount.end)
        return Field(amount.money, evidence, inferred=amount.inferred)

    def phrase(self, hit: Hit | None) -> Evidence | None:
        return self.document.evidence(hit.start, hit.end) if hit else None

    def day(self, found: FoundDate, day: date) -> Field[date]:
        return Field(day, self.document.evidence(found.start, found.end))

    def with_day(
        self,
        made: Candidate,
        best: tuple[FoundDate, date, bool] | None,
        times: list[FoundTime],
    ) -> Candidate:
        """The day read from the text, or else the day the message came, marked as inferred."""
        received = self.document.received_at
        if best is None:
            if received is None:
                return made
            return replace(made, occurred_on=Field(received.date(), None, inferred=True))
        found, day, guessed = best
        made = replace(made, occurred_on=self.day(found, day))
        if guessed:
            made = made.marked(Reason.AMBIGUOUS_DATE)
        time = _time_beside(found, times)
        if time is None:
            return made
        at = moment(day, time)
        if time.offset is not None:
            at = at.replace(tzinfo=timezone(timedelta(minutes=time.offset)))
        evidence = self.document.evidence(min(found.start, time.start), max(found.end, time.end))
        return replace(made, occurred_at=Field(at, evidence))

    def with_identity(
        self, made: Candidate, accounts: list[FoundAccount], references: list[FoundReference]
    ) -> Candidate:
        """Account hint, reference and order number."""
        if accounts:
            best = accounts[0]
            evidence = self.document.evidence(best.start, best.end)
            made = replace(made, account_hint=Field(best.digits, evidence))
        else:
            made = made.marked(Reason.NO_ACCOUNT)
        for found in references:
            evidence = self.document.evidence(found.start, found.end)
            if found.kind == "order" and made.order_number is None:
                made = replace(made, order_number=Field(found.value, evidence))
            elif found.kind != "order" and made.reference is None:
                made = replace(made, reference=Field(found.value, evidence))
        return made

    def with_party(
        self,
        made: Candidate,
        hits: list[Hit],
        walls: list[tuple[int, int]],
        sentence: tuple[int, int],
        firm: list[int],
        amount: tuple[int, int],
    ) -> Candidate:
        """Merchant (raw and clean), or counterparty for transfers; a name serves as both where
        only one is known."""
        around = Surroundings([start for start, _ in walls], walls, sentence, made.direction, firm)
        text = self.document.normalized
        parties = find_parties(text, hits, around)
        best = parties[0] if parties else None
        receipt = self._sender_of_receipt(made, hits)
        if receipt is not None and (best is None or _is_elsewhere(best, sentence)):
            return self.named(made, receipt)
        if best is None or best.kind in _LAST_RESORTS:
            best = self._uninvited(made, hits, around, amount) or best
        if best is None or best.kind == "purpose":
            told = (sentence[0], max(sentence[1], amount[1] + _PURPOSE_REACH))
            best = find_purpose(text, told) or best
        return self.named(made, best) if best is not None else made

    def named(self, made: Candidate, best: FoundParty) -> Candidate:
        """The candidate with a name that was found."""
        evidence = self.document.evidence(best.start, best.end)
        raw = Field(evidence.quote, evidence)
        made = replace(made, merchant_raw=raw, merchant=Field(best.clean, evidence))
        paid = made.direction is Direction.CREDIT or made.event is Event.TRANSFER_OUT
        if paid and best.kind != "purpose":
            made = replace(made, counterparty=raw)
        return made

    def _uninvited(
        self, made: Candidate, hits: list[Hit], around: Surroundings, amount: tuple[int, int]
    ) -> FoundParty | None:
        """A name that no word introduces, the surest place first."""
        text, subject_end = self.document.normalized, self.document.subject_end
        best = find_line_name(text, subject_end)
        if best is None and text[amount[1] : amount[1] + 2].strip() in ("·", "•"):
            best = find_title(self.document, hits)  # "Tesco | £6.40 · Groceries"
        if best is None and made.amount is not None and made.amount.evidence is not None:
            best = find_beside_amount(text, around, hits, amount[1])
            best = best or find_before_amount(text, around, hits, amount[0])
        best = best or find_after_event(text, around, hits)
        best = best or find_korean_name(text, around, subject_end)
        if best is None and made.event in _NAMED_BY_TITLE:
            best = find_title(self.document, hits)
        if best is None and made.event in (Event.PURCHASE, Event.HOLD, Event.REFUND):
            best = find_bare_name(text, around, around.sentence[0])
        best = best or find_between(text, around) or find_handle(text)
        if best is None and made.event in _BY_BANK:
            best = find_kana_name(text, around) or find_bare_name(text, around, amount[1])
        return best

    def _sender_of_receipt(self, made: Candidate, hits: list[Hit]) -> FoundParty | None:
        """The shop that sent its own receipt: it states a total, and no balance or limit."""
        if made.event is not Event.PURCHASE or made.balance or made.available_limit:
            return None
        if not any(hit.kind == "label" and hit.name == "total" for hit in hits):
            return None
        return find_sender(self.document)


def _is_elsewhere(party: FoundParty, sentence: tuple[int, int]) -> bool:
    """Whether a name after "to" or "from" stands apart from what happened: "Leeds to York"."""
    return party.kind in ("to", "from", "on") and not sentence[0] <= party.start < sentence[1]


def _time_beside(found: FoundDate, times: list[FoundTime]) -> FoundTime | None:
    near = [
        time
        for time in times
        if -_TIME_REACH <= time.start - found.end <= _TIME_REACH
        or 0 <= found.start - time.end <= _TIME_REACH
    ]
    return min(near, key=lambda time: abs(time.start - found.end), default=None)
