"""What merchants announce: from the phrases to what the ledger does with it."""

from __future__ import annotations

import io
import json
import tomllib
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from extraction.document import Document
from extraction.extractors import announcements
from extraction.extractors.announcements import Announced, read_announcements
from extraction.message_document import document_from_message
from finance.categories import seed_default_categories
from finance.models import Announcement, Transaction
from finance.money import Money
from finance.querysets import today
from finance.subscriptions.announcing import tell
from mail_ingest.imports import import_upload
from mail_ingest.parsing import parse_message
from tenancy.models import Tenant
from tests.extraction.test_pipeline import run_jobs
from tests.finance.test_recurring import notices
from tests.make import make_member

RECEIVED = datetime(2026, 4, 20, 9, tzinfo=UTC)
SAMPLES = Path(__file__).parent.parent / "samples"
DATA = Path(announcements.__file__).with_name("announcements.toml")
EXAMPLES = [
    (code, kind, example)
    for code, tables in tomllib.loads(DATA.read_text(encoding="utf-8")).items()
    for kind, table in tables.items()
    if kind != "words"
    for example in table.values()
]


def document(subject: str, text: str = "", received: datetime = RECEIVED) -> Document:
    return document_from_message(
        sender="billing@filmbox.example", sender_name="Filmbox", subject=subject,
        received_at=received, text=text, html=None, home_currency="EUR",
    )  # fmt: skip


def read(subject: str, text: str = "") -> Announced | None:
    found = read_announcements(document(subject, text))
    return found[0] if found else None


@pytest.mark.parametrize(("code", "kind", "example"), EXAMPLES)
def test_every_phrase_reads_its_example(code: str, kind: str, example: str) -> None:
    doc = document("Filmbox", example)
    found = read_announcements(doc)
    assert [one.kind.value for one in found] == [kind], example
    evidence = found[0].evidence
    assert doc.text[evidence.start : evidence.end] == evidence.quote
    if "2026" in example:
        assert found[0].day is not None, example
    if "€" in example:
        assert found[0].amount is not None, example


@pytest.mark.parametrize(
    ("subject", "text", "kind", "day", "amount", "old"),
    [
        ("Your free trial ends in 3 days", "Hi Lena,\n\nYour trial ends on May 3, 2026. Then we"
         " charge €11.99 a month.", "trial_ends", date(2026, 5, 3), "11.99 EUR", None),
        ("Preisanpassung", "Guten Tag,\n\nab dem 01.06.2026 kostet Ihr Tarif 12,99 € statt"
         " 10,99 €.", "price_changes", date(2026, 6, 1), "12.99 EUR", "10.99 EUR"),
        ("Changes to your plan", "The price of your plan will change from €9.99 to €11.99 on 1 June"
         " 2026.", "price_changes", date(2026, 6, 1), "11.99 EUR", "9.99 EUR"),
        ("Your refund", "Your refund of €20.00 will arrive within 5-10 business days.", "refund",
         date(2026, 5, 4), "20.00 EUR", None),
        ("Your refund", "We will refund €20.00 to your card.", "refund", date(2026, 5, 4),
         "20.00 EUR", None),
        ("Kündigungsbestätigung", "Ihr Abo endet am 30.05.2026.", "cancelled", date(2026, 5, 30),
         None, None),
        ("Your order", "Return window: your purchase of April 20, 2026 can be returned until"
         " May 20, 2026.", "return_ends", date(2026, 5, 20), None, None),
        ("Ihre Bestellung", "Bestellt am 20.04.2026.\n\nSie können die Ware bis zum 20.05.2026"
         " zurückgeben. Die nächste Rechnung kommt am 01.05.2026.", "return_ends",
         date(2026, 5, 20), None, None),
        ("Your order", "Free returns within 100 days. Refunds are made within 5-10 business days.",
         "return_ends", date(2026, 7, 29), None, None),
        ("Garantie", "Gekauft am 20.04.2026. Die Garantie läuft bis 20.04.2031.", "warranty_ends",
         date(2031, 4, 20), None, None),
    ],
)  # fmt: skip
def test_day_and_amounts_are_read(
    subject: str, text: str, kind: str, day: date, amount: str, old: str | None
) -> None:
    found = read(subject, text)
    assert found is not None
    amounts = [m and f"{m} {m.currency}" for m in (found.amount, found.old_amount)]
    assert (found.kind, found.day, *amounts) == (kind, day, amount, old)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Your receipt", "You paid €9.99 for Filmbox on 5 May 2026."),
        ("Order cancelled", "Your order 1234 was cancelled. You have not been charged."),
        ("Prices from €9.99", "Try our new plans: prices start at €9.99."),
        ("Card declined", "Your payment of €9.99 was declined."),
        (
            "Widerrufsrecht",
            "Sie haben das Recht, binnen vierzehn Tagen diesen Vertrag zu widerrufen.",
        ),
        ("Your laptop", "Extend its warranty to three years for €19."),
        ("Your laptop", "An optional 5-year warranty can be had."),
        ("Your laptop", "1 year warranty, 2 years on the battery."),
        ("Ihr Laptop", "Eine Garantieverlängerung auf 5 Jahre ist möglich."),
        ("Since 30 years", "We are a 30 year old company and give no warranty."),
        ("Warranty", "Your warranty expires on 05/06/2027."),
        ("Returned", "The money will be returned within 5 days."),
        ("Returns", "You could return it until April 19, 2026."),
    ],
)
def test_what_announces_nothing(subject: str, text: str) -> None:
    assert read(subject, text) is None


def test_a_purchase_has_both_deadlines_beside_what_else_is_said() -> None:
    text = (
        "Your plan renews on May 5, 2026 for €9.99.\n\nReturn by May 20, 2026.\n\n"
        "The warranty is valid until April 20, 2028."
    )
    found = read_announcements(document("Your order", text))
    assert [(one.kind.value, one.day, one.counted) for one in found] == [
        ("renews", date(2026, 5, 5), False),
        ("return_ends", date(2026, 5, 20), False),
        ("warranty_ends", date(2028, 4, 20), False),
    ]
    (counted,) = read_announcements(document("Your order", "30 Tage Rückgaberecht"))
    assert (counted.day, counted.counted) == (date(2026, 5, 20), True)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("It comes with a 2-year limited warranty.", date(2028, 4, 20)),
        ("It comes with a two-year warranty that expires like any other.", date(2028, 4, 20)),
        ("Warranty: 18 months", date(2027, 10, 20)),
        ("Auf dieses Gerät gewähren wir zwei Jahre Garantie ab Kaufdatum.", date(2028, 4, 20)),
        ("Total 1.299,00 EUR. Herstellergarantie: 36 Monate.", date(2029, 4, 20)),
        ("Garantie constructeur de 2 ans.", date(2028, 4, 20)),
        ("Incluye 3 años de garantía.", date(2029, 4, 20)),
    ],
)
def test_a_warranty_told_as_a_length_is_counted_from_the_purchase(text: str, day: date) -> None:
    (found,) = read_announcements(document("Your order", text))
    assert (found.kind.value, found.day, found.counted) == ("warranty_ends", day, True)


def test_a_warranty_from_a_leap_day_ends_on_a_day_that_there_is() -> None:
    leap = document("Your order", "1 year warranty", datetime(2028, 2, 29, 9, tzinfo=UTC))
    assert read_announcements(leap)[0].day == date(2029, 2, 28)


def test_of_the_samples_few_announce_and_none_that_was_booked_is_a_renewal() -> None:
    """The messages of our own corpus, which are bank alerts for the most part."""
    told: list[tuple[str, str]] = []
    for path in sorted(SAMPLES.glob("*.eml")):
        parsed = parse_message(path.read_bytes())
        doc = document(parsed.subject or "", parsed.text or "")
        for one in read_announcements(doc):
            expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            is_booked = bool(expected.get("expected", {}).get("is_transaction"))
            told.append((path.name, f"{one.kind.value}{'!' if is_booked else ''}"))
    assert ("us-subscription-trial-notice.eml", "trial_ends") in told
    assert [name for name, kind in told if kind in ("renews!", "trial_ends!")] == []


# --- From the mailbox -----------------------------------------------------------------------------


@pytest.fixture
def mailbox(in_tenant: Tenant) -> Iterator[Tenant]:
    seed_default_categories()
    yield in_tenant


def mail(subject: str, text: str, sender: str = '"Filmbox" <billing@filmbox.example>') -> bytes:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "lena.brandt@post.example"
    message["Subject"] = subject
    message["Date"] = format_datetime(timezone.now())
    message["Message-ID"] = f"<{abs(hash((subject, text)))}@filmbox.example>"
    message.set_content(text)
    return message.as_bytes()


def receive(*messages: bytes, is_own: bool = True) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for number, content in enumerate(messages):
            file.writestr(f"{number}.eml", content)
    import_upload(SimpleUploadedFile("mail.zip", packed.getvalue()), is_own=is_own)
    run_jobs()


@pytest.mark.django_db(transaction=True)
def test_a_trial_is_told_three_days_ahead_and_once(mailbox: Tenant) -> None:
    make_member(mailbox)
    ends = today() + timedelta(10)
    text = f"Your trial ends on {ends:%d %B %Y}. Unless you cancel, we charge €11.99 a month."
    receive(mail("Your free trial ends soon", text))
    row = Announcement.objects.get()
    assert (row.kind, row.name, row.day, row.amount, row.state) == (
        "trial_ends", "Filmbox", ends, Money(1199, "EUR"), "open",
    )  # fmt: skip
    assert row.cancel_by == ends - timedelta(1)
    # A reminder is the same announcement.
    receive(mail("Your trial is ending", text))
    assert Announcement.objects.count() == 1
    assert not Transaction.objects.exists()
    assert tell(ends - timedelta(4)) == 0
    assert [tell(ends - timedelta(3)), tell(ends - timedelta(2))] == [1, 0]
    assert [facts["name"] for facts in notices("trial_ends")] == ["Filmbox"]


@pytest.mark.django_db(transaction=True)
def test_a_return_window_of_so_many_days_needs_a_purchase(mailbox: Tenant) -> None:
    terms = "Returns accepted within 30 days."
    receive(mail("Our new lamps", f"New lamps from €20.00.\n\n{terms}"))
    assert not Announcement.objects.exists()
    receive(mail("Your receipt", f"You paid €20.00 to Filmbox by card.\n\n{terms}"))
    row = Announcement.objects.get()
    assert (row.kind, row.day, row.state) == ("return_ends", today() + timedelta(30), "open")


@pytest.mark.django_db(transaction=True)
def test_a_warranty_of_so_many_years_needs_a_purchase(mailbox: Tenant) -> None:
    receive(mail("Our new mixers", "New mixers from €20.00, each with a 2 year warranty."))
    assert not Announcement.objects.exists()
    text = "You paid €20.00 to Filmbox by card.\n\nIt comes with a 2 year warranty."
    receive(mail("Your receipt", text))
    row = Announcement.objects.get()
    day = today()
    leap = (day.month, day.day) == (2, 29)
    ends = day.replace(year=day.year + 2, day=28 if leap else day.day)
    assert (row.kind, row.day, row.state) == ("warranty_ends", ends, "open")


@pytest.mark.django_db(transaction=True)
def test_what_a_doubtful_message_announces_waits(mailbox: Tenant) -> None:
    make_member(mailbox)
    text = "The price of your plan will change from €9.99 to €399.00."
    receive(mail("Your plan", text), is_own=False)
    row = Announcement.objects.get()
    assert (row.state, row.doubts) == ("proposed", ["source_not_own"])
    assert notices("price_rise") == []
