"""What a person may trigger by POST /api/v1/jobs/trigger/<kind> (see jobs.triggers)."""

from __future__ import annotations

from django.utils.translation import gettext

from jobs.base import JsonObject
from jobs.models import Job
from mail_ingest.connecting import account_named, fetch_now
from mail_ingest.errors import MailError
from tenancy.permissions import require


def trigger_fetch(payload: JsonObject) -> Job:
    """Payload: {"account": id or label}. Raises MailError."""
    require("mail:write")
    name = payload.get("account")
    if set(payload) != {"account"} or not isinstance(name, str):
        raise MailError(gettext("Give the account: {“account”: its id or label}."), field="account")
    return fetch_now(account_named(name))
