"""What a person has chosen: verbs of the pages and the API."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from jobs.clock import database_now
from notifications.kinds import KINDS, Kind, kind_named
from notifications.models import DeliverySettings, Frequency, Preference
from tenancy.errors import DomainError

LONGEST_MUTE_DAYS = 366


class PreferenceRefused(DomainError):
    """A choice that cannot be had."""

    default_code = "preference_refused"


@dataclass(frozen=True, slots=True)
class Choice:
    """What holds for one person and kind: their own choice, or the default."""

    kind: str
    about: Kind
    email: Frequency
    in_app: bool
    push: bool

    @property
    def is_default(self) -> bool:
        about = self.about
        return self.email == about.email and self.in_app and self.push == about.push


def choices_of(user_id: uuid.UUID) -> list[Choice]:
    """One for every kind."""
    rows = {row.kind: row for row in Preference.objects.filter(user_id=user_id)}
    return [_choice(name, kind, rows.get(name)) for name, kind in KINDS.items()]


def _choice(name: str, kind: Kind, row: Preference | None) -> Choice:
    if row is None or kind.is_urgent:
        return Choice(name, kind, kind.email, in_app=True, push=kind.push)
    push = kind.push if row.push is None else row.push
    return Choice(name, kind, Frequency(row.email), in_app=row.in_app, push=push)


@transaction.atomic
def set_preference(
    user_id: uuid.UUID,
    kind: str,
    *,
    email: Frequency | None = None,
    in_app: bool | None = None,
    push: bool | None = None,
) -> Preference:
    """Raises LookupError, PreferenceRefused."""
    about = kind_named(kind)
    if about.is_urgent:
        raise PreferenceRefused(
            gettext("This notice protects your account and cannot be switched off."),
            code="urgent_kind",
        )
    row: Preference
    row, _ = Preference.objects.get_or_create(
        user_id=user_id, kind=kind, defaults={"email": about.email}
    )
    if email is not None:
        row.email = email
    if in_app is not None:
        row.in_app = in_app
    if push is not None:
        row.push = push
    row.save(update_fields=["email", "in_app", "push"])
    return row


def delivery_settings(user_id: uuid.UUID) -> DeliverySettings:
    """The person's row, or an unsaved one with the defaults."""
    row = DeliverySettings.objects.filter(user_id=user_id).first()
    return row or DeliverySettings(user_id=user_id)


@transaction.atomic
def change_delivery(user_id: uuid.UUID, **changes: Any) -> DeliverySettings:
    """Hours and mute. Raises PreferenceRefused."""
    row: DeliverySettings
    row, _ = DeliverySettings.objects.get_or_create(user_id=user_id)
    for name, value in changes.items():
        setattr(row, name, value)
    if (row.quiet_from is None) != (row.quiet_until is None):
        raise PreferenceRefused(gettext("Give both ends of the quiet hours."), field="quiet_until")
    if row.quiet_from is not None and row.quiet_from == row.quiet_until:
        raise PreferenceRefused(
            gettext("Quiet hours that end when they begin."), field="quiet_until"
        )
    row.save()
    return row


def mute(user_id: uuid.UUID, days: int) -> None:
    """No e-mails but urgent ones for so many days, and nothing else on devices; 0 ends it. What is
    held back comes in the first digest afterwards. Raises PreferenceRefused."""
    if not 0 <= days <= LONGEST_MUTE_DAYS:
        raise PreferenceRefused(gettext("Mute for at most a year."), field="days")
    until = database_now() + timedelta(days=days) if days else None
    change_delivery(user_id, muted_until=until)


def try_address_again(user_id: uuid.UUID) -> None:
    """Send mails again to an address that refused one."""
    DeliverySettings.objects.filter(user_id=user_id).update(bounced_at=None, bounce="")
