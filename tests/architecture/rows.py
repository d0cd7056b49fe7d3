"""One row of each kind that an address can name, for the walk in `test_routes`.

A new viewset on a new model fails that walk until its model has a maker here. A maker is called
in the world's tenant scope, several times, and each row must be one that the world's member sees
in the list of its kind.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db.models import Model
from django.utils import timezone

from accounts.models import ApiToken, Invitation, Membership, Role, User
from extraction.models import (
    DifferenceKind,
    EmailExtraction,
    LanguageModel,
    LearnedTemplate,
    LLMTransaction,
    ModelBackend,
    ModelPrice,
    Replay,
    ReplayDifference,
    TrustedSender,
)
from finance import files
from finance.attachments import attach
from finance.bills.managing import add_bill
from finance.budgets.plans import Plan, add_budget
from finance.categories import add_category
from finance.exchange.keeping import set_rate
from finance.goals.saving import add_goal
from finance.ledger import Source
from finance.merchants.keeping import add_merchant
from finance.models import (
    AnnouncementKind,
    CategoryKind,
    EditBatch,
    ReviewItem,
    Rule,
    SavedFilter,
    StatementImport,
    StatementLine,
    Subscription,
)
from finance.money import Money
from finance.querysets import today
from finance.reconciling.stating import state_balance
from finance.recurring.templates import Template, add_recurring
from finance.subscriptions.announcing import Said, hear
from finance.subscriptions.finding import find_subscriptions
from finance.tags import add_tag
from jobs.models import Job
from mail_ingest.imports import upload_account
from mail_ingest.models import Email, MailImport, MailRule, MailUpload, RawMessage
from notifications.models import (
    Frequency,
    Mailing,
    Notification,
    Push,
    PushDevice,
    Webhook,
    WebhookDelivery,
)
from notifications.push.devices import ENDPOINT_FIELD, KEYS_FIELD
from notifications.webhooks.managing import SECRET_FIELD
from organizer.batches import Wanted, edit_many
from organizer.calendars import importing as calendar_files
from organizer.contacts.importing import upload
from organizer.contacts.keeping import add_contact
from organizer.models import CalendarFeed, Reminder, TaskAttachment
from organizer.todo import add_task
from tenancy.encryption import encrypt
from tenancy.models import Tenant
from tests.finance.make import make_account, make_posted, make_proposed
from tests.finance.matching.make import make_match, make_transfer
from tests.make import make_user


@dataclass(frozen=True, slots=True)
class World:
    """A tenant and the person who looks at it."""

    tenant: Tenant
    member: User


Maker = Callable[[World], Model]
_numbers = count(1)
ONE_EURO = Money(100, "EUR")


def make_role(world: World) -> Model:
    row: Role = Role.objects.create(key=f"role-{next(_numbers)}", name="Auditor")
    return row


def make_membership(world: World) -> Model:
    user = make_user(f"member-{next(_numbers)}@example.org")
    row: Membership = Membership.objects.create(user=user, role=Role.objects.get(key="user"))
    return row


def make_member_user(world: World) -> Model:
    make_membership(world)
    return User.objects.latest("created_at")


def make_invitation(world: World) -> Model:
    row: Invitation = Invitation.objects.create(
        email=f"guest-{next(_numbers)}@example.org",
        role=Role.objects.get(key="user"),
        expires_at=timezone.now() + timedelta(days=1),
    )
    return row


def make_token(world: World) -> Model:
    number = next(_numbers)
    row: ApiToken = ApiToken.objects.create(
        membership=Membership.objects.get(user=world.member),
        name=f"Token {number}",
        token_hash=f"{number:064}",
        expires_at=timezone.now() + timedelta(days=1),
    )
    return row


def make_job(world: World) -> Model:
    row: Job = Job.objects.create(
        tenant=world.tenant, kind="jobs.clean_up", subject=str(next(_numbers))
    )
    return row


def make_connected_account(world: World) -> Model:
    return upload_account(f"Archive {next(_numbers)}", is_own=False)


def make_upload(world: World) -> Model:
    row: MailUpload = MailUpload.objects.create(name="mail.mbox", size=1000)
    return row


def make_import(world: World) -> Model:
    row: MailImport = MailImport.objects.create(
        account=upload_account("Imports", is_own=False), name="mail.mbox", path="/nowhere", size=0
    )
    return row


def make_mail_rule(world: World) -> Model:
    row: MailRule = MailRule.objects.create(
        action="exclude", sender=f"shop-{next(_numbers)}.example", position=next(_numbers)
    )
    return row


def make_email(world: World) -> Model:
    number = next(_numbers)
    raw = RawMessage.objects.create(
        identity=f"{number:064}", size=10, data=zlib.compress(f"Subject: {number}\r\n\r\n".encode())
    )
    row: Email = Email.objects.create(
        account=upload_account("Messages", is_own=False),
        raw=raw,
        ref=str(number),
        subject=f"Message {number}",
        received_at=timezone.now(),
        size=raw.size,
    )
    return row


def make_financial_account(world: World) -> Model:
    return make_account(f"Account {next(_numbers)}")


def make_category(world: World) -> Model:
    return add_category(f"Category {next(_numbers)}", kind=CategoryKind.EXPENSE)


def make_transaction(world: World) -> Model:
    return make_posted(make_account(f"Account {next(_numbers)}"))


def make_recurring(world: World) -> Model:
    number = next(_numbers)
    account = make_account(f"Account {number}")
    return add_recurring(
        Template(f"Rent {number}", account.pk, Money(-100, "EUR"), date(2026, 1, 31))
    )


def make_announcement(world: World) -> Model:
    source = Source("email", str(next(_numbers)))
    said = Said(source, AnnouncementKind.TRIAL_ENDS, f"Shop {source.id}", today(), today())
    return hear([said])[0]


def make_subscription(world: World) -> Model:
    name, account = f"Streaming {next(_numbers)}", make_account(f"Card {next(_numbers)}")
    day = today()
    for weeks in (1, 2, 3):
        make_posted(account, merchant=name, booked_on=day - timedelta(weeks=weeks))
    find_subscriptions(day)
    row: Subscription = Subscription.objects.get(name=name)
    return row


def make_bill(world: World) -> Model:
    return add_bill(f"Power {next(_numbers)}", Money(100, "EUR"))


def make_budget(world: World) -> Model:
    return add_budget(Plan(f"Food {next(_numbers)}", Money(100, "EUR"), date(2026, 1, 1)))


def make_goal(world: World) -> Model:
    return add_goal(f"Bicycle {next(_numbers)}", Money(100, "EUR"))


def make_exchange_rate(world: World) -> Model:
    day = date(2026, 1, 1) + timedelta(days=next(_numbers))
    return set_rate("USD", "EUR", Decimal("0.9"), day)


def make_stated_balance(world: World) -> Model:
    return state_balance(make_account(f"Account {next(_numbers)}").pk, date(2026, 1, 31), ONE_EURO)


def make_review_item(world: World) -> Model:
    proposed = make_proposed(make_account(f"Account {next(_numbers)}"))
    row: ReviewItem = ReviewItem.objects.get(transaction=proposed)
    return row


def make_extraction(world: World) -> Model:
    row: EmailExtraction = EmailExtraction.objects.create(
        email=make_email(world), reader_version=1, state="noted"
    )
    return row


def make_learned_template(world: World) -> Model:
    row: LearnedTemplate = LearnedTemplate.objects.create(
        sender="alerts@bank.example", key=str(next(_numbers)), event="purchase", direction="debit",
        currency="EUR", pattern={"lines": [["paid", "amount", ""]], "statics": [], "warnings": []},
    )  # fmt: skip
    return row


def make_trusted_sender(world: World) -> Model:
    row: TrustedSender = TrustedSender.objects.create(address=f"{next(_numbers)}@bank.example")
    return row


def make_rule(world: World) -> Model:
    row: Rule = Rule.objects.create(name="Coffee", query="coffee", merchant="Café")
    return row


def make_tag(world: World) -> Model:
    return add_tag(f"Tag {next(_numbers)}")


def make_merchant(world: World) -> Model:
    return add_merchant(f"Shop {next(_numbers)}")


def make_saved_filter(world: World) -> Model:
    row: SavedFilter = SavedFilter.objects.create(
        name=f"Zebra {next(_numbers)}", fields={"search": "coffee"}
    )
    return row


def make_attachment(world: World) -> Model:
    row = make_posted(make_account())
    return attach(row.pk, "bill.pdf", b"%PDF-1.7 " + str(next(_numbers)).encode())


def make_edit_batch(world: World) -> Model:
    row: EditBatch = EditBatch.objects.create(title="Zebra 1", count=0)
    return row


def make_statement(world: World) -> Model:
    row: StatementImport = StatementImport.objects.create(
        name="may.csv", format="csv", state="ready", sha256="0" * 64
    )
    return row


def make_statement_line(world: World) -> Model:
    statement = make_statement(world)
    row: StatementLine = StatementLine.objects.create(
        statement=statement, account_id=statement.pk, row=1, outcome="refused"
    )
    return row


def make_replay(world: World) -> Model:
    row: Replay = Replay.objects.create(reader_version=1)
    return row


def make_replay_difference(world: World) -> Model:
    row: ReplayDifference = ReplayDifference.objects.create(
        replay=make_replay(world), email=make_email(world), kind=DifferenceKind.GONE,
        sender="alerts@bank.example", group="gone::alerts@bank.example",
    )  # fmt: skip
    return row


def make_llm_transaction(world: World) -> Model:
    row: LLMTransaction = LLMTransaction.objects.create(
        email=make_email(world), purpose="extract", backend="Ollama", requested_model="qwen3",
        outcome="ok",
    )  # fmt: skip
    return row


def make_notification(world: World) -> Model:
    row: Notification = Notification.objects.create(
        user=world.member, kind="reminder", key=str(next(_numbers)), due_at=world.tenant.created_at
    )
    return row


def make_mailing(world: World) -> Model:
    row: Mailing = Mailing.objects.create(
        user=world.member,
        frequency=Frequency.DAILY,
        send_at=timezone.now() + timedelta(days=next(_numbers)),
    )
    return row


def make_push_device(world: World) -> Model:
    row = PushDevice(user=world.member, endpoint_hash=f"{next(_numbers):064}")
    row.endpoint = encrypt("x", tenant_id=world.tenant.pk, field=ENDPOINT_FIELD, pk=row.pk)
    row.keys = encrypt("[]", tenant_id=world.tenant.pk, field=KEYS_FIELD, pk=row.pk)
    row.save()
    return row


def make_push(world: World) -> Model:
    row: Push = Push.objects.create(
        user=world.member, send_at=timezone.now() + timedelta(days=next(_numbers))
    )
    return row


def make_webhook(world: World) -> Model:
    row = Webhook(name=f"Hook {next(_numbers)}", url="https://hooks.invalid/", events=["ping"])
    row.secret = encrypt("x", tenant_id=world.tenant.pk, field=SECRET_FIELD, pk=row.pk)
    row.save()
    return row


def make_webhook_delivery(world: World) -> Model:
    row: WebhookDelivery = WebhookDelivery.objects.create(webhook=make_webhook(world), event="ping")
    return row


def make_task(world: World) -> Model:
    return add_task(f"Call {next(_numbers)}")


def make_contact(world: World) -> Model:
    return add_contact(name=f"Contact {next(_numbers)}")


def make_reminder(world: World) -> Model:
    row: Reminder = Reminder.objects.create(
        user=world.member, title=f"Call {next(_numbers)}", at=timezone.now() + timedelta(days=1),
        next_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    return row


def make_calendar_feed(world: World) -> Model:
    number = next(_numbers)
    row: CalendarFeed = CalendarFeed.objects.create(
        membership=Membership.objects.get(user=world.member), name=f"Phone {number}",
        parts=["tasks"], prefix=f"cal_{number}", token_hash=f"{number:064}",
    )  # fmt: skip
    return row


def make_calendar_import(world: World) -> Model:
    event = b"BEGIN:VEVENT\nUID:a\nDTSTART:20300101T100000Z\nSUMMARY:Fair\nEND:VEVENT\n"
    return calendar_files.upload("a.ics", b"BEGIN:VCALENDAR\n" + event + b"END:VCALENDAR\n")


def make_contact_import(world: World) -> Model:
    return upload("a.vcf", b"BEGIN:VCARD\nVERSION:4.0\nFN:Ann\nEND:VCARD\n")


def make_task_attachment(world: World) -> Model:
    data = b"%PDF-1.7 " + str(next(_numbers)).encode()
    return files.attach(TaskAttachment, make_task(world).pk, "warranty.pdf", data)


def make_task_batch(world: World) -> Model:
    batch = edit_many([make_task(world).pk], Wanted(priority="high")).batch
    assert batch is not None
    return batch


def make_backend(world: World) -> Model:
    row: ModelBackend = ModelBackend.objects.create(
        label=f"Server {next(_numbers)}", kind="compatible", base_url="https://models.invalid/v1",
        retention="not_stored",
    )  # fmt: skip
    return row


def make_language_model(world: World) -> Model:
    row: LanguageModel = LanguageModel.objects.create(backend=make_backend(world), name="small")
    return row


def make_price(world: World) -> Model:
    row: ModelPrice = ModelPrice.objects.create(
        model=make_language_model(world), valid_from=date(2026, 1, 1), currency="EUR", prompt=1,
        cached=1, completion=1,
    )  # fmt: skip
    return row


MAKERS: dict[str, Maker] = {
    "accounts.ApiToken": make_token,
    "accounts.Invitation": make_invitation,
    "accounts.Membership": make_membership,
    "accounts.Role": make_role,
    "accounts.User": make_member_user,
    "extraction.EmailExtraction": make_extraction,
    "extraction.LanguageModel": make_language_model,
    "extraction.ModelBackend": make_backend,
    "extraction.ModelPrice": make_price,
    "extraction.LearnedTemplate": make_learned_template,
    "extraction.TrustedSender": make_trusted_sender,
    "extraction.Replay": make_replay,
    "extraction.ReplayDifference": make_replay_difference,
    "extraction.LLMTransaction": make_llm_transaction,
    "finance.Announcement": make_announcement,
    "finance.Bill": make_bill,
    "finance.Attachment": make_attachment,
    "finance.Budget": make_budget,
    "finance.Category": make_category,
    "finance.ExchangeRate": make_exchange_rate,
    "finance.FinancialAccount": make_financial_account,
    "finance.Goal": make_goal,
    "finance.Match": make_match,
    "finance.Merchant": make_merchant,
    "finance.Recurring": make_recurring,
    "finance.ReviewItem": make_review_item,
    "finance.StatedBalance": make_stated_balance,
    "finance.Rule": make_rule,
    "finance.EditBatch": make_edit_batch,
    "finance.SavedFilter": make_saved_filter,
    "finance.StatementImport": make_statement,
    "finance.StatementLine": make_statement_line,
    "finance.Subscription": make_subscription,
    "finance.Tag": make_tag,
    "finance.Transaction": make_transaction,
    "finance.Transfer": make_transfer,
    "jobs.Job": make_job,
    "mail_ingest.ConnectedAccount": make_connected_account,
    "mail_ingest.Email": make_email,
    "mail_ingest.MailRule": make_mail_rule,
    "mail_ingest.MailImport": make_import,
    "mail_ingest.MailUpload": make_upload,
    "notifications.Mailing": make_mailing,
    "notifications.Push": make_push,
    "notifications.PushDevice": make_push_device,
    "notifications.Webhook": make_webhook,
    "notifications.WebhookDelivery": make_webhook_delivery,
    "notifications.Notification": make_notification,
    "organizer.CalendarFeed": make_calendar_feed,
    "organizer.CalendarImport": make_calendar_import,
    "organizer.Reminder": make_reminder,
    "organizer.Contact": make_contact,
    "organizer.ContactImport": make_contact_import,
    "organizer.Task": make_task,
    "organizer.TaskAttachment": make_task_attachment,
    "organizer.TaskBatch": make_task_batch,
    "tenancy.Tenant": lambda world: world.tenant,
}
# Lists whose rows are not a tenant's.
NOT_GROWING = {"/api/v1/tenants": "lists the tenants of the one who asks"}


def make_row(model: type[Model], world: World) -> Any:
    label = model._meta.label
    assert label in MAKERS, f"Add a maker of {label} to tests/architecture/rows.py."
    return MAKERS[label](world)
