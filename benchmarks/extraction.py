"""How fast messages become transactions, beside how fast their bytes are merely parsed.

    DATABASE_URL=… python -m benchmarks.extraction [--rounds 4]

Reads all of tests/samples, once a round. `reading` needs no database: raw bytes to verified
candidates. `pipeline` does what the jobs do, in a tenant made for each round: store a page of
messages, read them back, book or propose what they tell, as many at once as --batches says.
`bare_pipeline`, in the same run, is the least that could be called so: another parser, one regular
expression, COPY into one table with five indexes. `shares` tell where the time goes; messages with
a PDF are apart, for another process reads it.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import fast_mail_parser
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.setting import Stopwatch, make_schema, tell
from extraction.booking import ReadEmail
from extraction.document import Document
from extraction.grounding import verify
from extraction.jobs import BATCH
from extraction.message_document import document_from_message
from extraction.pipeline import read_email, record_readings
from extraction.reading import Reading, Verdict
from extraction.reading_path import GRAMMAR, STRUCTURED
from extraction.scheduling import pending_emails
from finance.categories import seed_default_categories
from mail_ingest.imports import upload_account
from mail_ingest.parsing import ParsedEmail, UnparsableMessage, parse_message
from mail_ingest.providers.base import PAGE_MESSAGES, FetchedMessage, MessageRef
from mail_ingest.screening import screen
from mail_ingest.storage import load_raw, prepare, store_emails
from mail_ingest.trust import judge_sender
from tenancy.ids import new_id
from tenancy.models import Tenant
from tenancy.scope import tenant_scope

SAMPLES = Path(__file__).resolve().parent.parent / "tests" / "samples"


def messages() -> list[bytes]:
    """The samples that the bare parser can read too, for both to do the same work."""
    raws = [path.read_bytes() for path in sorted(SAMPLES.glob("*.eml"))]
    return [raw for raw in raws if is_sound(raw)]


def is_sound(raw: bytes) -> bool:
    try:
        fast_mail_parser.parse_email(raw)
        parse_message(raw)
    except (fast_mail_parser.ParseError, UnparsableMessage):
        return False
    return True


def measure_reading(raws: Sequence[bytes], rounds: int) -> dict[str, Any]:
    watch, bare = Stopwatch(), Stopwatch()
    candidates = 0
    for _ in range(rounds):
        for raw in raws:
            bare.time("fast_mail_parser", fast_mail_parser.parse_email, raw)
            candidates += read(raw, watch)
    count = len(raws) * rounds
    whole, floor = watch.rate(count), bare.rate(count)
    return {
        "messages": count,
        "candidates": candidates,
        "raw_to_candidates": whole,
        "parse_message": watch.rate(count, "parse"),
        "bare_parser": floor,
        "ratio_to_bare_parser": round(floor["per_cpu_second"] / whole["per_cpu_second"], 1),
        "shares": watch.shares(),
    }


def read(raw: bytes, watch: Stopwatch) -> int:
    """The path of `extraction.reading_path`, step by step. Returns how many candidates there
    are."""
    message = watch.time("parse", parse_message, raw)
    watch.time("judge_sender", judge_sender, message, authserv_id="mx.example")
    watch.time("screen", screen, message)
    document = watch.time("document", document_of, message)
    reading = watch.time("extract", extract, document)
    if reading is None:
        return 0
    verified = watch.time("ground", verify, reading, document)
    return len(verified.candidates) if verified.verdict == Verdict.TRANSACTION else 0


def document_of(message: ParsedEmail) -> Document:
    return document_from_message(
        sender=message.from_address,
        sender_name=message.from_name,
        subject=message.subject,
        received_at=message.date,
        text=message.text,
        html=message.html,
        home_currency="EUR",
    )


def extract(document: Document) -> Reading | None:
    for route in (STRUCTURED, GRAMMAR):
        if route.identify(document):
            reading = route.extract(document)
            if reading is not None:
                return reading
    return None


def measure_pipeline(raws: Sequence[bytes], rounds: int, batch: int) -> dict[str, Any]:
    watch, ends = Stopwatch(), Counter[str]()
    for number in range(rounds):
        tenant = Tenant.objects.create(name=f"Benchmark {number}")
        with tenant_scope(tenant.pk):
            seed_default_categories()
            store(raws, watch)
            ends.update(extract_and_book(tenant, watch, batch))
    count = len(raws) * rounds
    with_files = sum(b"application/pdf" in raw for raw in raws) * rounds
    booking = watch.rate(count - with_files, "load", "read", "record")
    return {
        "messages": count,
        "at_once": batch,
        "ended": dict(ends),
        "bytes_to_ledger": watch.rate(count),
        "stored": watch.rate(count, "prepare", "store"),
        "extracted_and_booked_without_files": booking,
        "shares": watch.shares(),
    }


def store(raws: Sequence[bytes], watch: Stopwatch) -> None:
    account = upload_account("Archive", is_own=True)
    for page in pages(raws):
        rows = watch.time("prepare", prepare, account, page)
        with transaction.atomic():
            watch.time("store", store_emails, rows)


def pages(raws: Sequence[bytes]) -> Iterator[list[FetchedMessage]]:
    now = timezone.now()
    for first in range(0, len(raws), PAGE_MESSAGES):
        yield [
            FetchedMessage(MessageRef(str(number), "", len(raw)), raw, received_at=now)
            for number, raw in enumerate(raws[first : first + PAGE_MESSAGES], first)
        ]


def extract_and_book(tenant: Tenant, watch: Stopwatch, batch: int) -> Counter[str]:
    """As `extraction.jobs.ExtractEmails` does."""
    ends = Counter[str]()

    def load() -> list[Any]:
        return list(pending_emails().select_related("account", "raw")[:batch])

    def has_file(email: Any) -> bool:
        return b"application/pdf" in load_raw(email)

    def read_all(emails: list[Any]) -> list[ReadEmail]:
        return [read_email(email, tenant) for email in emails]

    def record(read: list[ReadEmail]) -> dict[str, int]:
        with transaction.atomic():
            return record_readings(read, tenant)

    while emails := watch.time("load", load):
        read = watch.time("read", read_all, [mail for mail in emails if not has_file(mail)])
        read += watch.time("read_with_files", read_all, [mail for mail in emails if has_file(mail)])
        ends.update(watch.time("record", record, read))
    return ends


BARE_AMOUNT = re.compile(r"(?:[A-Z]{3}|[$€£¥₹]|Rs\.?)\s?\d[\d.,]*|\d[\d.,]*\s?(?:[A-Z]{3}|[€₽])")


def measure_bare_pipeline(raws: Sequence[bytes], rounds: int) -> dict[str, Any] | None:
    """None where there is no COPY."""
    if connection.vendor != "postgresql":
        return None
    watch = Stopwatch()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE bare (id uuid PRIMARY KEY, message text, at timestamptz,"
            " subject text, amount text)"
        )
        for column in ("message", "at", "subject", "amount"):
            cursor.execute(f"CREATE INDEX ON bare ({column})")
        for _ in range(rounds):
            for page in pages(raws):
                rows = watch.time("parse_and_match", bare_rows, page)
                watch.time("copy", bare_copy, cursor, rows)
    count = len(raws) * rounds
    return {"messages": count, "bytes_to_rows": watch.rate(count), "shares": watch.shares()}


def bare_rows(page: Sequence[FetchedMessage]) -> list[tuple[Any, ...]]:
    rows = []
    for message in page:
        parsed = fast_mail_parser.parse_email(message.raw)
        text = "\n".join([parsed.subject, *(parsed.text_plain or parsed.text_html)])
        found = BARE_AMOUNT.search(text)
        rows.append((new_id(), str(new_id()), message.received_at, parsed.subject[:200],
                     found[0] if found else ""))  # fmt: skip
    return rows


def bare_copy(cursor: Any, rows: Sequence[tuple[Any, ...]]) -> None:
    with cursor.copy("COPY bare FROM STDIN") as copy:
        for row in rows:
            copy.write_row([str(value).replace("\0", "") for value in row])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--batches", type=int, nargs="+", default=[50, BATCH, 200])
    given = parser.parse_args()
    rounds: int = given.rounds
    make_schema()
    raws = messages()
    for raw in raws:
        read(raw, Stopwatch())  # compiles what is compiled on first use
    reading = measure_reading(raws, rounds)
    measure_pipeline(raws, 1, BATCH)  # the first round of a database is slow
    bare = measure_bare_pipeline(raws, rounds)
    pipelines = [measure_pipeline(raws, rounds, batch) for batch in given.batches]
    tell({"database": connection.vendor, "reading": reading, "bare_pipeline": bare,
          "pipeline": pipelines})  # fmt: skip


if __name__ == "__main__":
    main()
