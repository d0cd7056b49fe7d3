"""How right the reading is, on labelled messages. Pure: no database, no Django.

A file holds one JSON object a line: `from`, `subject`, `received_at`, `text`, `html`, `kind`,
`bank`, `ambiguous`, `score_merchant`, and `expected` with the values that must come out. Only the
keys that `expected` has are scored. `country` and `bank` only label the report: the reader never
sees them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from extraction.document import Document
from extraction.extractors.gathering import gather
from extraction.figures import FIELDS, grouped, macro, risk_coverage, summaries, summary
from extraction.message_document import document_of_parsed
from extraction.reading import Candidate, Reading, Verdict, would_book
from extraction.reading_path import read_document
from extraction.templates.template import Template
from mail_ingest.parsing import parse_message

Row = dict[str, Any]
UNKNOWN_SENDER = "alerts@unknown.invalid"


@dataclass(frozen=True, slots=True)
class Scored:
    """One message, its reading, and each scored field as right, wrong or missing."""

    row: Row
    reading: Reading
    fields: dict[str, str]
    booked: bool
    booked_right: bool
    language: str = ""
    """As the reader took it, from the words."""

    @property
    def found(self) -> bool:
        return self.reading.verdict is Verdict.TRANSACTION

    @property
    def true(self) -> bool:
        return bool(self.row["expected"].get("is_transaction"))


@dataclass(slots=True)
class Evaluation:
    """All scored messages of a file."""

    scored: list[Scored] = field(default_factory=list)

    def report(self) -> Row:
        """The figures, rates from 0 to 1; ambiguous messages are reported apart."""
        plain = [item for item in self.scored if not item.row.get("ambiguous")]
        banks = grouped(plain, lambda item: str(item.row.get("bank")))
        return {
            "overall": summary(plain),
            "by_kind": summaries(plain, lambda item: str(item.row.get("kind"))),
            "by_route": summaries(plain, lambda item: item.reading.route),
            "by_language": summaries(plain, lambda item: item.language),
            "macro_by_bank": macro([summary(items) for items in banks.values()], len(plain)),
            "risk_coverage": risk_coverage(plain),
            "ambiguous": summary([item for item in self.scored if item.row.get("ambiguous")]),
        }

    def errors(self) -> list[Scored]:
        """Messages with anything wrong or missing, worst first: wrong bookings, then verdicts."""
        bad = [
            item
            for item in self.scored
            if item.found != item.true or set(item.fields.values()) - {"right"}
        ]
        return sorted(
            bad,
            key=lambda item: (
                not (item.booked and not item.booked_right),
                item.found == item.true,
                -sum(state != "right" for state in item.fields.values()),
            ),
        )


def evaluate(path: Path) -> Evaluation:
    """Read and score every line of a file. Raises ValueError naming a line that is no message."""
    return Evaluation([score(row) for row in read_rows(path)])


def read_rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                row["expected"]["is_transaction"]
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(
                    f"{path}, line {number}: not a labelled message: {error}"
                ) from error
            yield row


def score(row: Row, templates: Sequence[Template] = ()) -> Scored:
    """Read one labelled message through the real path and compare."""
    document = document_from_bytes(message_bytes(row))
    reading = read_document(document, templates)
    best = reading.candidates[0] if reading.verdict is Verdict.TRANSACTION else None
    states: dict[str, str] = {}
    expected = row["expected"]
    for name in FIELDS if expected["is_transaction"] else ():
        if expected.get(name) is None or (
            name == "merchant" and not row.get("score_merchant", True)
        ):
            continue
        values = _values(best, name) if best else []
        right = any(_same(name, value, expected[name]) for value in values)
        states[name] = "right" if right else "wrong" if values else "missing"
    booked = best is not None and would_book(best)
    keys = [name for name in ("direction", "amount", "currency") if name in states]
    right = bool(expected["is_transaction"]) and all(states[name] == "right" for name in keys)
    language = next(iter(gather(document).languages), "")
    return Scored(row, reading, states, booked, booked and right, language)


def message_bytes(row: Row) -> bytes:
    """A labelled line as a real RFC 822 message."""
    message = EmailMessage(policy=policy.SMTP.clone(utf8=True))
    message["From"] = (row.get("from") or UNKNOWN_SENDER).replace("\n", " ").replace("\r", " ")
    message["To"] = "owner@example.org"
    message["Subject"] = " ".join((row.get("subject") or "").split())
    if received := _moment(row.get("received_at")):
        message["Date"] = format_datetime(received)
    message.set_content(row.get("text") or "", cte="8bit")
    if row.get("html"):
        message.add_alternative(row["html"], subtype="html", cte="8bit")
    return message.as_bytes()


def _moment(value: str | None) -> datetime | None:
    if not value:
        return None
    moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def document_from_bytes(raw: bytes) -> Document:
    """Raw message to document, as the pipeline does it."""
    parsed = parse_message(raw)
    return document_of_parsed(parsed, parsed.date)


def _values(candidate: Candidate, name: str) -> list[str]:
    """The values a field was read as; none when it was not read."""
    if name in ("amount", "balance"):
        item = (
            candidate.amount if name == "amount" else candidate.balance or candidate.available_limit
        )
        return [str(abs(item.value))] if item else []
    if name == "currency":
        return [candidate.amount.value.currency] if candidate.amount else []
    if name == "direction":
        return [candidate.direction.value] if candidate.direction else []
    if name == "merchant":
        parties = (candidate.merchant, candidate.merchant_raw, candidate.counterparty)
        return list(dict.fromkeys(item.value for item in parties if item))
    if name == "account_last4":
        return [candidate.account_hint.value] if candidate.account_hint else []
    if name == "reference":
        found = candidate.reference or candidate.order_number
        return [found.value] if found else []
    return [candidate.occurred_on.value.isoformat()] if candidate.occurred_on else []


def _same(name: str, value: str, expected: object) -> bool:
    if name in ("amount", "balance"):
        try:
            return Decimal(value) == abs(Decimal(str(expected)))
        except InvalidOperation:
            return False
    if name == "date":
        return value == date.fromisoformat(str(expected)[:10]).isoformat()
    if name == "account_last4":
        return value[-4:] == str(expected)[-4:]
    return "".join(value.split()).casefold() == "".join(str(expected).split()).casefold()
