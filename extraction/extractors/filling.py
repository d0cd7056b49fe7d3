"""Fields with their evidence, made from what was found. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta, timezone

from extraction.document import Document
from extraction.extractors.accounts import FoundAccount
from extraction.extractors.amounts import Amount
from extraction.extractors.dates import FoundDate, FoundTime, moment
from extraction.extractors.parties import (
    FoundParty,
    Surroundings,
    find_bare_name,
    find_line_name,
    find_parties,
)
from extraction.extractors.phrases import Hit
from extraction.extractors.references import FoundReference
from extraction.reading import Candidate, Direction, Event, Evidence, Field, Reason
from finance.money import Money

_TIME_REACH = 24


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
    ) -> Candidate:
        """Merchant (raw and clean), or counterparty for transfers; a name serves as both where
        only one is known."""
        around = Surroundings([start for start, _ in walls], walls, sentence, made.direction, firm)
        text = self.document.normalized
        parties = find_parties(text, hits, around)
        best = parties[0] if parties else None
        if best is None or best.kind == "purpose":
            best = find_line_name(text, self.document.subject_end) or best
        if best is None and made.event in (Event.PURCHASE, Event.HOLD):
            best = find_bare_name(text, around, sentence[0])
        if best is None:
            return made
        raw = Field(
            self.document.evidence(best.start, best.end).quote,
            self.document.evidence(best.start, best.end),
        )
        clean = self._field(best, best.clean)
        made = replace(made, merchant_raw=raw, merchant=clean)
        if made.direction is Direction.CREDIT or made.event is Event.TRANSFER_OUT:
            made = replace(made, counterparty=raw)
        return made

    def _field(self, party: FoundParty, value: str) -> Field[str]:
        return Field(value, self.document.evidence(party.start, party.end))


def _time_beside(found: FoundDate, times: list[FoundTime]) -> FoundTime | None:
    near = [
        time
        for time in times
        if -_TIME_REACH <= time.start - found.end <= _TIME_REACH
        or 0 <= found.start - time.end <= _TIME_REACH
    ]
    return min(near, key=lambda time: abs(time.start - found.end), default=None)
