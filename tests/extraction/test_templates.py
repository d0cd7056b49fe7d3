"""What is learned of a person's answers, from the shape of a line to the ledger.

The bank writes in a tongue that no phrase file knows, so that what is read was learned.
"""

from __future__ import annotations

import io
import zipfile
from datetime import date
from email.message import EmailMessage

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from extraction.learning import drop
from extraction.learning_curve import learning_curve
from extraction.models import EmailExtraction, LearnedTemplate, TemplateState
from extraction.reading import Direction, Event, Verdict
from extraction.reading_path import read_document
from extraction.templates.learning import Example, learn, lesson
from extraction.templates.shape import LONGEST_LINE, lines_of, match_line
from extraction.templates.template import Template
from finance import ledger, review
from finance.accounts import open_account
from finance.models import (
    AccountKind,
    FinancialAccount,
    ReviewItem,
    ReviewState,
    Transaction,
    TransactionState,
)
from finance.money import Money
from mail_ingest.imports import import_upload
from notifications.models import Notification
from tenancy.models import Tenant
from tenancy.scope import current_tenant_id, tenant_scope
from tests.extraction.reading_help import make_document
from tests.extraction.test_pipeline import run_jobs
from tests.finance.conftest import ALICE
from tests.make import make_member

TEXT = "Zantu: {amount} EUR zelbar vo {shop} frim {day}/05/2026 klar *4471 um rast"


def text_of(amount: str = "12.50", shop: str = "Kaffe Lumo", day: str = "03") -> str:
    return TEXT.format(amount=amount, shop=shop, day=day)


def example(text: str, amount: str = "12.50", shop: str = "Kaffe Lumo", day: int = 3) -> Example:
    return Example(
        document=make_document(text),
        event=Event.PURCHASE,
        direction=Direction.DEBIT,
        amount=Money.parse(amount, "EUR"),
        booked_on=date(2026, 5, day),
        merchant=shop,
        read_merchant="",
        account_digits="4471",
        read={},
    )


def learned(text: str | None = None) -> Template:
    template = learn(example(text or text_of()))
    assert template is not None
    return template.activated(is_active=True)


def test_a_message_of_the_same_shape_is_read_in_every_field() -> None:
    template = learned()
    reading = read_document(make_document(text_of("1,203.99", "Norra Bok 7", "17")), [template])
    assert reading.verdict is Verdict.TRANSACTION
    (made,) = reading.candidates
    assert made.route == "template"
    assert made.amount is not None and made.amount.value == Money.parse("1203.99", "EUR")
    assert made.merchant is not None and made.merchant.value == "Norra Bok 7"
    assert made.occurred_on is not None and made.occurred_on.value == date(2026, 5, 17)
    assert made.account_hint is not None and made.account_hint.value == "4471"
    assert all(field.evidence for field in made.fields().values())
    assert made.reasons == ()


@pytest.mark.parametrize(
    "other",
    [
        "Zantu: 12.50 EUR nixbar vo Kaffe Lumo frim 03/05/2026 klar *4471 um rast",
        "Zantu: zwelf EUR zelbar vo Kaffe Lumo frim 03/05/2026 klar *4471 um rast",
        "Zantu: 12.50 EUR zelbar vo Kaffe Lumo",
        "Zantu: 12.50 EUR zelbar vo " + "x" * 90 + " frim 03/05/2026 klar *4471 um rast",
    ],
)
def test_another_shape_is_not_read_by_it(other: str) -> None:
    reading = read_document(make_document(other), [learned()])
    assert all(candidate.route != "template" for candidate in reading.candidates)


def test_a_warning_that_the_example_had_not_stops_it() -> None:
    mail = "{}\nAmount: 12.50 EUR\nDay: 2026-05-03\nCard: *4471\nThank you for being with us"
    template = learned(mail.format("You spent"))
    read = read_document(make_document(mail.format("You spent")), [template])
    assert read.route == "template"
    declined = read_document(make_document(mail.format("Your payment was declined")), [template])
    assert declined.verdict is not Verdict.TRANSACTION


def test_agreeing_contradicting_and_new() -> None:
    template = learned()
    other = text_of("99.00", "Vinte", "05")
    assert lesson([template], example(other, "99.00", "Vinte", 5)).confirmed == (template.key,)
    assert lesson([template], example(other, "98.00", "Vinte", 5)).contradicted == (template.key,)
    fresh = lesson([], example(other, "99.00", "Vinte", 5))
    assert fresh.new is not None
    assert fresh.new.key == template.key


def test_what_is_not_in_the_message_cannot_be_learned() -> None:
    assert learn(example(text_of(), amount="77.00")) is None


def test_a_template_that_fits_anything_is_not_kept() -> None:
    assert learn(example("12.50 EUR *4471")) is None


def test_a_long_line_is_left_alone() -> None:
    line = "zantu " * LONGEST_LINE
    template = learned()
    ((start, end),) = lines_of(line)
    assert match_line(template.lines[0], line, start, end) is None


def test_the_learning_curve_rises() -> None:
    shops = ["Kaffe Lumo", "Norra Bok", "Vinte", "Glim Glam", "Tilbek", "Solo"]
    rows = [
        {
            "id": str(number), "bank": "Zantu", "kind": "sms",
            "received_at": f"2026-05-0{number + 1}T10:00:00Z",
            "text": text_of(f"{number + 3}.20", shop, f"0{number + 1}"),
            "expected": {
                "is_transaction": True, "amount": f"{number + 3}.20", "currency": "EUR",
                "direction": "debit", "merchant": shop, "account_last4": "4471",
                "date": f"2026-05-0{number + 1}",
            },
        }
        for number, shop in enumerate(shops)
    ]  # fmt: skip
    none, one, two, _ = learning_curve(rows)
    assert none["booked"] == one["booked"] == 0.0
    assert two["booked"] == two["booked_right"] == two["all_right"] == 1.0


# --- In the ledger ---------------------------------------------------------------------------


@pytest.fixture
def giro(in_tenant: Tenant) -> FinancialAccount:
    return open_account(
        "Giro", "EUR", kind=AccountKind.CHECKING, institution="Zantu", number="DE4471"
    )


def receive(*texts: str, is_own: bool = True) -> None:
    """Import messages of the bank, as an archive that is the person's own."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for number, text in enumerate(texts):
            message = EmailMessage()
            message["From"] = "Zantu <alert@zantu.example>"
            message["To"] = "me@example.org"
            message["Date"] = "Mon, 18 May 2026 10:00:00 +0000"
            message["Message-ID"] = f"<{abs(hash(text))}@zantu.example>"
            message["Subject"] = "Zantu bank account 4471"
            message.set_content(text)
            file.writestr(f"{number}.eml", message.as_bytes())
    upload = SimpleUploadedFile("zantu.zip", archive.getvalue())
    import_upload(upload, is_own=is_own)
    run_jobs()


def accept_open(account: FinancialAccount, merchant: str, amount: str = "") -> Transaction:
    item = ReviewItem.objects.get(state=ReviewState.OPEN)
    changes: ledger.Changes = {"merchant": merchant, "account_id": account.pk}
    if amount:
        changes["amount"] = Money.parse(amount, "EUR")
    with tenant_scope(current_tenant_id(), actor=ALICE):
        return review.accept(item.pk, changes)


@pytest.mark.django_db(transaction=True)
def test_two_answers_teach_and_the_third_message_books_itself(giro: FinancialAccount) -> None:
    receive(text_of("12.50", "Kaffe Lumo", "03"))
    accept_open(giro, "Kaffe Lumo")
    receive(text_of("8.00", "Norra Bok", "04"))
    assert LearnedTemplate.objects.get().state == TemplateState.LEARNING
    accept_open(giro, "Norra Bok")
    receive(text_of("31.10", "Vinte", "05"))
    template = LearnedTemplate.objects.get()
    assert (template.state, template.confirmations) == (TemplateState.ACTIVE, 2)
    row = Transaction.objects.get(amount_minor=-3110)
    assert row.merchant == "Vinte"
    reading = EmailExtraction.objects.get(email_id=row.source_id)
    assert reading.route == "template"
    # One message in twenty is asked about all the same.
    assert (
        row.state == TransactionState.POSTED
        or "spot_check" in ReviewItem.objects.get(transaction=row).reasons
    )


@pytest.mark.django_db(transaction=True)
def test_a_correction_drops_what_misread(giro: FinancialAccount) -> None:
    for amount, shop, day in (("12.50", "Kaffe Lumo", "03"), ("8.00", "Norra Bok", "04")):
        receive(text_of(amount, shop, day))
        accept_open(giro, shop)
    receive(text_of("31.10", "Vinte", "05"))
    row = Transaction.objects.get(amount_minor=-3110)
    with tenant_scope(current_tenant_id(), actor=ALICE):
        ledger.edit(row.pk, {"amount": Money.parse("-3.11", "EUR")})
        for item in ReviewItem.objects.filter(transaction=row, state=ReviewState.OPEN):
            review.accept(item.pk, {})  # it was the one in twenty that is asked about
    receive(text_of("40.00", "Solo", "06"))
    assert LearnedTemplate.objects.get().state == TemplateState.DROPPED
    reading = EmailExtraction.objects.order_by("created_at").last()
    assert reading is not None
    assert reading.route == "grammar"


@pytest.mark.django_db(transaction=True)
def test_what_is_no_transaction_is_not_asked_about_a_third_time(giro: FinancialAccount) -> None:
    text = "You spent {} EUR at {} on {} May 2026 with card *4471 of your daughter"
    for amount, shop, day in (("12.50", "Kaffe Lumo", "03"), ("8.00", "Norra Bok", "04")):
        receive(text.format(amount, shop, day), is_own=False)
        item = ReviewItem.objects.get(state=ReviewState.OPEN)
        with tenant_scope(current_tenant_id(), actor=ALICE):
            review.dismiss(item.pk)
    receive(text.format("31.10", "Vinte", "05"), is_own=False)
    assert LearnedTemplate.objects.get().state == TemplateState.ACTIVE
    assert not ReviewItem.objects.filter(state=ReviewState.OPEN).exists()
    assert not Transaction.objects.filter(state=TransactionState.POSTED).exists()


@pytest.mark.django_db(transaction=True)
def test_a_sender_that_writes_differently_is_told_of_once(
    giro: FinancialAccount, in_tenant: Tenant
) -> None:
    make_member(in_tenant)
    for number in range(1, 13):
        receive(text_of(f"{number}.50", f"Shop {number}", f"{number:02d}"))
        for item in ReviewItem.objects.filter(state=ReviewState.OPEN):
            with tenant_scope(current_tenant_id(), actor=ALICE):
                review.accept(item.pk, {"merchant": f"Shop {number}", "account_id": giro.pk})
    other = "Nu zantu {} EUR par {} dag 1{}/05/2026 kart *4471"
    for number in range(5):
        receive(other.format(f"{number + 20}.10", "Solo", number))
    told = Notification.objects.filter(kind="sender_drift")
    assert [notice.facts["sender"] for notice in told] == ["alert@zantu.example"]


@pytest.mark.django_db(transaction=True)
def test_what_a_person_dropped_is_not_learned_again(giro: FinancialAccount) -> None:
    receive(text_of("12.50", "Kaffe Lumo", "03"))
    accept_open(giro, "Kaffe Lumo")
    receive(text_of("8.00", "Norra Bok", "04"))
    drop(LearnedTemplate.objects.get())
    accept_open(giro, "Norra Bok")
    receive(text_of("31.10", "Vinte", "05"))
    assert LearnedTemplate.objects.get().state == TemplateState.DROPPED
