"""What runs in the background: kinds of jobs, who asks for them, and when. Part of the settings."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What each kind is called for a person.
JOB_TITLES: dict[str, str | Promise] = {
    "jobs.clean_up": _("Clean up old jobs"),
    "accounts.send_mail": _("Send an e-mail"),
    "accounts.send_code": _("Send a one-time code"),
    "accounts.send_invitation": _("Send an invitation"),
    "accounts.clean_up": _("Clean up old sign-ins"),
    "notifications.plan": _("Plan notifications"),
    "notifications.send": _("Send notifications"),
    "notifications.push": _("Notify devices"),
    "notifications.try_push": _("Try a device"),
    "notifications.watch": _("Look for news"),
    "notifications.deliver_webhooks": _("Deliver webhooks"),
    "mail_ingest.enqueue_due_accounts": _("Look for mailboxes that are due"),
    "mail_ingest.fetch_account": _("Read a mailbox"),
    "mail_ingest.backfill_account": _("Read older messages"),
    "mail_ingest.import_file": _("Import a mail file"),
    "mail_ingest.sweep_uploads": _("Clean up uploads"),
    "mail_ingest.delete_account": _("Delete a mailbox"),
    "extraction.forget_mail": _("Forget old messages"),
    "extraction.ask_model": _("Ask a language model"),
    "extraction.check_backends": _("Check language models"),
    "extraction.extract_emails": _("Read messages"),
    "extraction.watch_missing_mail": _("Look for missing mail"),
    "extraction.replay": _("Read messages again"),
    "extraction.apply_replay": _("Take over what was read again"),
    "finance.enqueue_daily_work": _("Look whose day has begun"),
    "finance.daily_work": _("Work of the day"),
    "finance.after_booking": _("Follow up on bookings"),
    "finance.read_statement": _("Read a statement"),
    "finance.apply_statement": _("Apply a statement"),
    "finance.revert_statement": _("Take back a statement"),
    "organizer.remind": _("Remind"),
    "organizer.enqueue_following": _("Look for changed ledgers"),
    "organizer.drop_files": _("Clean up files of tasks"),
    "organizer.follow_ledger": _("Follow the ledger with tasks"),
    "organizer.tell_due": _("Tell of due tasks"),
}

# Every kind of background work, by the dotted path of its BaseJob.
JOB_KINDS: dict[str, str] = {
    "jobs.clean_up": "jobs.cleaning.CleanUp",
    "accounts.send_mail": "accounts.jobs.SendMail",
    "accounts.send_code": "accounts.jobs.SendCode",
    "accounts.send_invitation": "accounts.jobs.SendInvitation",
    "accounts.clean_up": "accounts.jobs.CleanUp",
    "notifications.plan": "notifications.planning.PlanNotices",
    "notifications.send": "notifications.sending.SendMailing",
    "notifications.push": "notifications.push.sending.SendPush",
    "notifications.try_push": "notifications.push.sending.TryPush",
    "notifications.watch": "notifications.watching.WatchForNotices",
    "notifications.deliver_webhooks": "notifications.webhooks.delivering.DeliverWebhooks",
    "mail_ingest.enqueue_due_accounts": "mail_ingest.scheduling.EnqueueDueAccounts",
    "mail_ingest.fetch_account": "mail_ingest.fetching.FetchAccount",
    "mail_ingest.backfill_account": "mail_ingest.fetching.BackfillAccount",
    "mail_ingest.import_file": "mail_ingest.imports.ImportFile",
    "mail_ingest.sweep_uploads": "mail_ingest.upload_files.SweepUploads",
    "extraction.forget_mail": "extraction.retention.ForgetMail",
    "mail_ingest.delete_account": "mail_ingest.deleting.DeleteAccount",
    "organizer.remind": "organizer.reminders.Remind",
    "finance.enqueue_daily_work": "finance.daily.EnqueueDailyWork",
    "finance.after_booking": "finance.after_booking.AfterBooking",
    "finance.read_statement": "finance.statements.jobs.ReadStatement",
    "finance.apply_statement": "finance.statements.jobs.ApplyStatement",
    "finance.revert_statement": "finance.statements.jobs.RevertStatement",
    "finance.daily_work": "finance.daily.DoDailyWork",
    "organizer.enqueue_following": "organizer.jobs.EnqueueFollowing",
    "organizer.drop_files": "organizer.jobs.DropFiles",
    "organizer.follow_ledger": "organizer.jobs.FollowLedger",
    "extraction.ask_model": "extraction.asking.AskModel",
    "extraction.check_backends": "extraction.checking.CheckBackends",
    "extraction.extract_emails": "extraction.jobs.ExtractEmails",
    "organizer.tell_due": "organizer.telling.TellDueTasks",
    "extraction.watch_missing_mail": "extraction.missing_mail.WatchMissingMail",
    "extraction.replay": "extraction.replaying.jobs.ReplayMail",
    "extraction.apply_replay": "extraction.replaying.jobs.ApplyReplay",
}
# Functions that ask the database every few seconds what is due, and enqueue it.
JOB_SOURCES = [
    "extraction.scheduling.enqueue_pending_emails",
    "extraction.asking.enqueue_questions",
    "organizer.reminders.enqueue_due_reminders",
    "notifications.planning.enqueue_due",
    "notifications.webhooks.outbox.enqueue_deliveries",
]
# What a person may trigger by POST /api/v1/jobs/trigger/<kind>: the dotted path of a function
# that checks the payload and enqueues the job (see jobs.triggers).
JOB_TRIGGERS: dict[str, str] = {
    "mail_ingest.fetch_account": "mail_ingest.triggers.trigger_fetch",
}
# What `manage.py rotate_keys` encrypts anew: model, column, the place that its ciphertexts are
# bound to, and the column of its blind index. What lives shorter than a rotation is left out.
ENCRYPTED_COLUMNS = [
    ("mail_ingest.ConnectedAccount", "secret", "ConnectedAccount.secret", ""),
    ("mail_ingest.InboundAddress", "secret", "InboundAddress.secret", ""),
    ("finance.FinancialAccount", "number_encrypted", "financialaccount.number", "number_index"),
    ("notifications.Webhook", "secret", "Webhook.secret", ""),
    ("notifications.PushDevice", "endpoint", "PushDevice.endpoint", ""),
    ("notifications.PushDevice", "keys", "PushDevice.keys", ""),
    ("organizer.Contact", "details", "Contact.details", ""),
    ("organizer.Contact", "kept", "Contact.kept", ""),
    ("organizer.Contact", "merge_undo", "Contact.merge_undo", ""),
    ("organizer.ContactKey", "value", "ContactKey.value", "index"),
    ("extraction.ModelBackend", "api_key", "ModelBackend.api_key", ""),
    ("extraction.ModelAnswer", "body", "ModelAnswer.body", ""),
    ("organizer.ContactImport", "data", "ContactImport.data", ""),
    ("organizer.CalendarImport", "data", "CalendarImport.data", ""),
]
# Seeds of the schedules that operators edit in the admin (see jobs.scheduling).
SCHEDULES: dict[str, dict[str, Any]] = {
    "Clean up finished jobs": {"kind": "jobs.clean_up", "crontab": "17 3 * * *"},
    "Forget expired codes and sessions": {"kind": "accounts.clean_up", "crontab": "41 3 * * *"},
    "Check language models": {"kind": "extraction.check_backends", "interval_seconds": 900},
    "Forget mail whose time is over": {
        "kind": "extraction.forget_mail",
        "crontab": "23 2 * * *",
    },
    "Remove uploads that nobody reads": {
        "kind": "mail_ingest.sweep_uploads",
        "crontab": "53 2 * * *",
    },
    "Start the day of each tenant": {"kind": "finance.enqueue_daily_work", "interval_seconds": 300},
    "Look for what people should be told": {"kind": "notifications.watch", "interval_seconds": 60},
    "Tell of tasks that are due": {"kind": "organizer.tell_due", "interval_seconds": 300},
    "Look for mail that does not come": {
        "kind": "extraction.watch_missing_mail",
        "crontab": "37 5 * * *",
    },
    "Drop removed files of tasks": {"kind": "organizer.drop_files", "crontab": "11 3 * * *"},
    "Make tasks of the ledger": {"kind": "organizer.enqueue_following", "interval_seconds": 60},
    "Fetch new mail": {"kind": "mail_ingest.enqueue_due_accounts", "interval_seconds": 60},
}
