"""Verbs on connected accounts. Reaching a mailbox is done outside transactions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from jobs.models import Job
from jobs.runner import JobRunner
from mail_ingest.deleting import DeleteAccount
from mail_ingest.errors import MailboxError, MailConflict, MailError
from mail_ingest.fetching import BackfillAccount, FetchAccount
from mail_ingest.models import AccountKind, AccountState, ConnectedAccount
from mail_ingest.presets import preset_of_host
from mail_ingest.providers.base import (
    CheckResult,
    EmailProvider,
    Folder,
    FolderedProvider,
    ProviderError,
    ProviderRefused,
)
from mail_ingest.providers.factory import ProviderFactory
from mail_ingest.secrets import read_secret, seal_secret
from mail_ingest.sources import imap_settings, mailbox_provider
from mail_ingest.trust import AUTHSERV_IDS
from tenancy.encryption import DecryptionError
from tenancy.ids import new_id
from tenancy.scope import current_actor, current_tenant_id
from tenancy.wording import worded
from tenancy.wording_field import in_our_language, wording_of

# What says which messages there are: when it changes, reading starts over.
IDENTITY = frozenset({"host", "port", "username"})
CHANGEABLE = IDENTITY | {
    "folders", "label", "ca_certificate", "authserv_id", "poll_minutes", "is_watched",
}  # fmt: skip
# What may be changed of accounts that are no IMAP mailbox.
CHANGEABLE_OF = {
    AccountKind.UPLOAD: frozenset({"label"}),
    AccountKind.INBOUND: frozenset({"label"}),
    AccountKind.GMAIL: frozenset({"label", "poll_minutes"}),
    AccountKind.OUTLOOK: frozenset({"label", "poll_minutes", "folders"}),
}


def connect_account(*, password: str, **fields: Any) -> ConnectedAccount:
    """Add an IMAP mailbox and read it at once. `fields` are those of CHANGEABLE, and `is_own`.
    Raises MailError."""
    is_own = bool(fields.pop("is_own", False))
    account = unsaved_account(fields)
    account.secret = seal_secret(account, password)
    account.next_fetch_at = timezone.now()
    _declare(account, is_own=is_own)
    _save(account, force_insert=True)
    return account


def unsaved_account(fields: Mapping[str, Any]) -> ConnectedAccount:
    """An IMAP account that is not in the database, with its defaults filled in."""
    account = ConnectedAccount(
        id=new_id(), tenant_id=current_tenant_id(), kind=AccountKind.IMAP, **fields
    )  # fmt: skip
    account.host = account.host.strip().lower()
    account.port = account.port or 993
    account.label = account.label or account.username
    account.authserv_id = account.authserv_id or AUTHSERV_IDS.get(account.host, "")
    return account


def change_account(
    account: ConnectedAccount, *, password: str | None = None, is_own: bool | None = None,
    **fields: Any,
) -> ConnectedAccount:  # fmt: skip
    """Change what `fields` names (of CHANGEABLE), the password or whose archive it is. An account
    that needed attention is tried again. Raises MailError."""
    if password is not None and account.kind != AccountKind.IMAP:
        raise MailError(
            gettext("This account has no password."), code="no_password", field="password"
        )
    unfit = set(fields) - CHANGEABLE_OF.get(AccountKind(account.kind), CHANGEABLE)
    if account.host:  # by IMAP, whatever it is
        unfit -= {"folders", "is_watched"}
    if unfit:
        raise MailError(
            worded("Of this account %(field)s cannot be changed.", field=min(unfit)),
            code="not_a_mailbox",
            field=min(unfit),
        )  # fmt: skip
    require_password_to_move(account, fields, password)
    if any(getattr(account, name) != fields[name] for name in IDENTITY & set(fields)):
        account.cursor = {}
    for name, value in fields.items():
        setattr(account, name, value)
    if password is not None:
        account.secret = seal_secret(account, password)
    if is_own is not None and is_own != account.is_own:
        _declare(account, is_own=is_own)
    if account.state == AccountState.NEEDS_ATTENTION:
        account.state, account.next_fetch_at = AccountState.ACTIVE, timezone.now()
    _save(account)
    return account


def require_password_to_move(
    account: ConnectedAccount, fields: Mapping[str, Any], password: str | None
) -> None:
    """A stored password goes to the server that it was given for, or whoever may change the host
    could have it sent to one of their own. Raises MailError."""
    host = fields.get("host", account.host).strip().lower()
    port = fields.get("port", account.port)
    if (host, port) != (account.host, account.port) and password is None:
        raise MailError(
            gettext(
                "Give the password again: it is not sent to another server than it was given for."
            ),
            code="password_required", field="password",
        )  # fmt: skip


def check_account(account: ConnectedAccount, *, password: str | None = None) -> CheckResult:
    """Log in and look into the folders; `account` need not be saved when a password is given.
    Raises MailboxError with what is wrong."""
    _require_mailbox(account)
    try:
        with closing(_provider(account, password)) as provider:
            return provider.check()
    except (ProviderError, DecryptionError) as error:
        by_password = account.kind == AccountKind.IMAP
        preset = preset_of_host(account.host) if by_password else None
        said = [in_our_language(wording_of(error))]
        if preset and isinstance(error, ProviderRefused):
            said.append(gettext(preset.password))
        raise MailboxError(" ".join(said)) from error


def folders_of(account: ConnectedAccount) -> tuple[Folder, ...]:
    """All folders that the mailbox has, to choose from. Raises MailboxError, MailError."""
    _require_mailbox(account)
    try:
        with closing(_provider(account, None)) as provider:
            if isinstance(provider, FolderedProvider):
                return provider.folders()
    except (ProviderError, DecryptionError) as error:
        raise MailboxError(in_our_language(wording_of(error))) from error
    raise MailError(
        gettext("Of this mailbox everything is read: it has no folders to choose from."),
        code="no_folders",
    )


def choose_folders(account: ConnectedAccount, names: Sequence[str]) -> ConnectedAccount:
    """Read these from now on, and soon; none are the usual ones. A folder that was read before
    goes on where it was. Raises MailError."""
    changed = change_account(account, folders=list(names))
    ConnectedAccount.objects.filter(pk=account.pk, state=AccountState.ACTIVE).update(
        last_error="", next_fetch_at=timezone.now()
    )
    return changed


def _provider(account: ConnectedAccount, password: str | None) -> EmailProvider:
    if account.kind != AccountKind.IMAP:
        return mailbox_provider(account)
    secret = read_secret(account) if password is None else password
    settings = replace(imap_settings(account, secret), timeout_seconds=10)
    return ProviderFactory().make(account.kind, settings)


def fetch_now(account: ConnectedAccount) -> Job:
    """Enqueue a fetch ahead of scheduled ones, or find the one that is under way. Raises
    MailError."""
    _require_mailbox(account)
    _require_state(account, AccountState.ACTIVE, AccountState.NEEDS_ATTENTION)
    return JobRunner.enqueue(
        FetchAccount.kind, subject=str(account.pk), priority=1, trigger=worded("Sync now")
    )


def backfill(account: ConnectedAccount, *, since: str | None, until: str | None) -> Job:
    """Enqueue reading what came between two ISO dates, both included. Raises MailError."""
    _require_mailbox(account)
    _require_state(account, AccountState.ACTIVE, AccountState.NEEDS_ATTENTION)
    return JobRunner.enqueue(
        BackfillAccount.kind, subject=str(account.pk), trigger=worded("Backfill"),
        payload={"since": since, "until": until},
    )  # fmt: skip


def pause(account: ConnectedAccount) -> ConnectedAccount:
    """Stop reading; a fetch under way stops after its page. Raises MailError."""
    _require_mailbox(account)
    return _move(account, AccountState.PAUSED, next_fetch_at=None)


def resume(account: ConnectedAccount) -> ConnectedAccount:
    """Read again, from where it was left. Raises MailError."""
    _require_mailbox(account)
    return _move(account, AccountState.ACTIVE, next_fetch_at=timezone.now(), last_error="")


def delete_account(account: ConnectedAccount, *, confirm: str) -> Job:
    """Delete an account with its messages, in a job. `confirm` repeats the account's label.
    Transactions that were booked from its messages stay. Raises MailError."""
    if confirm != account.label:
        raise MailError(
            worded(
                "This deletes the account and its %(count)s messages. To confirm, give its label:"
                " confirm=%(label)s",
                count=account.stored_count,
                label=account.label,
            ),
            code="confirmation_required", field="confirm",
        )  # fmt: skip
    with transaction.atomic():
        ConnectedAccount.objects.filter(pk=account.pk).update(
            state=AccountState.DELETING, next_fetch_at=None, secret=""
        )
        return JobRunner.enqueue(
            DeleteAccount.kind,
            subject=str(account.pk),
            priority=1,
            trigger=worded("Delete account"),
        )


def _move(account: ConnectedAccount, state: AccountState, **changes: Any) -> ConnectedAccount:
    moved = (
        ConnectedAccount.objects.filter(pk=account.pk)
        .exclude(state=AccountState.DELETING)
        .update(state=state, **changes)
    )
    account.refresh_from_db()
    if not moved:
        _require_state(account)
    return account


def _declare(account: ConnectedAccount, *, is_own: bool) -> None:
    account.is_own = is_own
    account.declared_own_at = timezone.now() if is_own else None
    account.declared_own_by_id = current_actor().user_id if is_own else None


def _save(account: ConnectedAccount, **options: Any) -> None:
    try:
        with transaction.atomic():
            account.save(**options)
    except IntegrityError as error:
        raise MailConflict(
            gettext("This mailbox, or an import with this label, is connected already."),
            code="already_connected",
        ) from error


def _require_mailbox(account: ConnectedAccount) -> None:
    if account.kind in (AccountKind.UPLOAD, AccountKind.INBOUND):
        raise MailError(
            gettext("This account holds imported or forwarded mail: there is no mailbox to read."),
            code="not_a_mailbox",
        )


def _require_state(account: ConnectedAccount, *states: AccountState) -> None:
    if account.state not in states:
        raise MailConflict(
            worded("The account is %(state)s.", state=account.get_state_display().lower()),
            code="account_not_active",
        )


def account_named(text: str) -> ConnectedAccount:
    """The account with that id, or that label where only one has it. Raises MailError."""
    try:
        found = list(ConnectedAccount.objects.filter(pk=uuid.UUID(text)))
    except ValueError:
        found = list(ConnectedAccount.objects.filter(label=text))
    if len(found) != 1:
        none = worded("“%(text)s” names no account: give its id or label.", text=text)
        several = worded("“%(text)s” names several accounts: give the id.", text=text)
        raise MailError(several if found else none, code="no_account")
    account: ConnectedAccount = found[0]
    return account
