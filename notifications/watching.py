"""What happened in apps that do not know of notices: jobs that died, sign-ins, invitations, new
members, operators who looked.

Asked every minute, of the last day, by what the rows say; so nothing is lost while no worker runs,
and who has been told is not told again.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from accounts.impersonation import BEGUN
from accounts.models import AuditEntry, Invitation, Membership, User
from jobs.base import BaseJob, JobRun, JsonObject
from jobs.clock import database_now
from jobs.models import Job, JobState
from notifications.kinds import KINDS
from notifications.models import Notification
from notifications.notify import cancel, notify
from notifications.planning import SEND
from tenancy.scope import all_tenants, tenant_scope

LOOK_BACK: Final = timedelta(days=1)
# For so long a browser is known after it was last used.
KNOWN_FOR: Final = timedelta(days=365)
SIGNED_IN: Final = "auth.signed_in"
JOINED: Final = "invitation.accepted"


class WatchForNotices(BaseJob):
    """By schedule, for all tenants."""

    kind = "notifications.watch"

    def run(self, run: JobRun) -> JsonObject:
        now = database_now()
        with run.fenced():
            dead = tell_dead_jobs(now)
        with run.fenced():
            devices = tell_new_devices(now)
        with run.fenced():
            joined = tell_joined(now)
        with run.fenced():
            invited = tell_invited(now)
        with run.fenced():
            looked = tell_looked_at(now)
        return {
            "dead_jobs": dead, "new_devices": devices, "joined": joined, "invited": invited,
            "looked_at": looked,
        }  # fmt: skip


def tell_dead_jobs(now: datetime) -> int:
    """Tell of work that was given up, once for each kind and subject; taken back when the same work
    has succeeded since, or was tried again. Returns how many were told."""
    later = Job.objects.filter(
        tenant=OuterRef("tenant"), kind=OuterRef("kind"), subject=OuterRef("subject"),
        created_at__gt=OuterRef("created_at"), state=JobState.SUCCEEDED,
    )  # fmt: skip
    failed: dict[uuid.UUID, dict[str, Job]] = defaultdict(dict)
    with all_tenants("which work was given up"):
        told = Notification.objects.filter(kind="job_dead", cancelled_at=None).order_by()
        open_keys = defaultdict(set)
        for tenant_id, key in told.values_list("tenant_id", "key").distinct():
            open_keys[tenant_id].add(key)
        dead = Job.objects.filter(state=JobState.DEAD).exclude(tenant=None)
        # A mail that says that mails cannot be sent would not be sent either.
        dead = dead.exclude(kind=SEND).filter(~Exists(later)).order_by("created_at")
        for job in dead.defer("payload", "error_detail"):
            failed[job.tenant_id][_key_of(job)] = job
    count = 0
    for tenant_id in {*failed, *open_keys}:
        with tenant_scope(tenant_id):
            for key in open_keys[tenant_id] - set(failed[tenant_id]):
                cancel("job_dead", key=key)
            recent = [
                job for key, job in failed[tenant_id].items()
                if key not in open_keys[tenant_id] and _ended(job) > now - LOOK_BACK
            ]  # fmt: skip
            count += sum(_tell_dead(job) for job in recent)
    return count


def _key_of(job: Job) -> str:
    return f"{job.kind}:{job.subject}"[:200]


def _ended(job: Job) -> datetime:
    return job.finished_at or job.created_at


def _tell_dead(job: Job) -> int:
    facts = {"job": job.kind, "attempts": job.attempt, "error": job.error}
    return notify("job_dead", key=_key_of(job), facts=facts, link=f"/jobs/{job.pk}/")


def tell_new_devices(now: datetime) -> int:
    """Tell who signed in with a browser or program that they had not used within a year, unless
    it was their first. Returns how many were told."""
    with all_tenants("who signed in, and where do they belong"):
        entries = AuditEntry.objects.filter(action=SIGNED_IN).filter(detail__has_key="device")
        recent = list(entries.filter(at__gt=now - LOOK_BACK).order_by("at", "id"))
        people = {entry.actor_id for entry in recent}
        homes = _homes(people)
        found = [entry for entry in recent if entry.actor_id in homes and _is_new(entries, entry)]
    count = 0
    for entry in found:
        with tenant_scope(homes[entry.actor_id]):
            facts = {"address": entry.address, "time": entry.at}
            count += notify(
                "new_device", key=entry.detail["device"], facts=facts,
                link=reverse("settings_password"), users=[entry.actor_id],
            )  # fmt: skip
    return count


def _is_new(entries: QuerySet[AuditEntry], entry: AuditEntry) -> bool:
    before = entries.filter(actor_id=entry.actor_id, at__lt=entry.at)
    device = entry.detail["device"]
    is_known = before.filter(at__gt=entry.at - KNOWN_FOR, detail__device=device).exists()
    return not is_known and before.exists()


def _homes(people: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, uuid.UUID]:
    """The first tenant of each person: what concerns a person is told in one alone."""
    rows = Membership.objects.filter(user_id__in=people, tenant__is_active=True)
    return {
        membership.user_id: membership.tenant_id
        for membership in rows.order_by("-created_at", "-id")
    }


def tell_looked_at(now: datetime) -> int:
    """Tell whom an operator has impersonated, in the ledger that was looked at. Returns how many
    were told."""
    with all_tenants("whose ledgers operators looked at"):
        recent = AuditEntry.objects.filter(action=BEGUN, at__gt=now - LOOK_BACK)
        found = [entry for entry in recent.order_by("at", "id") if entry.tenant_id]
    count = 0
    for entry in found:
        facts = {
            "person": entry.actor_label, "time": entry.at, "reason": entry.detail["reason"],
        }  # fmt: skip
        with tenant_scope(entry.tenant_id):
            count += notify(
                "looked_at", key=str(entry.pk), facts=facts, link=reverse("settings_password"),
                users=[uuid.UUID(entry.detail["person"])],
            )  # fmt: skip
    return count


def tell_joined(now: datetime) -> int:
    """Tell those who look after members that somebody has accepted an invitation. Returns how many
    were told."""
    with all_tenants("who has joined"):
        recent = AuditEntry.objects.filter(action=JOINED, at__gt=now - LOOK_BACK)
        found = [entry for entry in recent.order_by("at", "id") if entry.tenant_id]
        keepers: dict[uuid.UUID, list[Membership]] = defaultdict(list)
        rows = Membership.objects.filter(
            tenant__in={entry.tenant_id for entry in found}, user__is_active=True
        )
        for membership in rows.select_related("role", "tenant"):
            keepers[membership.tenant_id].append(membership)
    return sum(_tell_joined(entry, keepers[entry.tenant_id]) for entry in found)


def _tell_joined(entry: AuditEntry, members: list[Membership]) -> int:
    told = [
        membership for membership in members
        if membership.user_id != entry.actor_id
        and KINDS["member_joined"].may_know(membership.role.codes)
    ]  # fmt: skip
    if not told:
        return 0
    facts = {
        "person": entry.target,
        "tenant": told[0].tenant.name,
        "role": entry.detail.get("role", ""),
    }
    with tenant_scope(told[0].tenant.id):
        people = [membership.user_id for membership in told]
        return notify(
            "member_joined", key=str(entry.pk), facts=facts, link="/settings/members/", users=people
        )


def tell_invited(now: datetime) -> int:
    """Tell who has an account already, in a tenant of their own, that another one invites them;
    taken back when the invitation is open no more. The link is in the invitation's own mail alone:
    who has that has read the mailbox. Returns how many were told."""
    with all_tenants("who is invited, and where do they belong"):
        is_open = {"accepted_at": None, "revoked_at": None, "expires_at__gt": now}
        rows = Invitation.objects.filter(**is_open, tenant__is_active=True)
        recent = rows.filter(created_at__gt=now - LOOK_BACK).select_related("tenant", "invited_by")
        people = dict(
            User.objects.filter(
                email__in=recent.values("email"), is_active=True, email_verified_at__isnull=False
            ).values_list("email", "id")
        )
        homes = _homes(people.values())
        found = [row for row in recent.order_by("created_at") if people.get(row.email) in homes]
        told = Notification.objects.filter(kind="invitation", cancelled_at=None).order_by()
        keys = list(told.values_list("tenant_id", "key").distinct())
        still = {str(row.pk) for row in rows.filter(pk__in=[key for _, key in keys])}
    for tenant_id, key in keys:
        if key not in still:
            with tenant_scope(tenant_id):
                cancel("invitation", key=key)
    return sum(_tell_invited(row, people[row.email], homes) for row in found)


def _tell_invited(
    row: Invitation, user_id: uuid.UUID, homes: dict[uuid.UUID | None, uuid.UUID]
) -> int:
    facts = {
        "tenant": row.tenant.name,
        "person": row.invited_by or "–",
        "address": row.email,
        "until": row.expires_at,
    }
    with tenant_scope(homes[user_id]):
        return notify("invitation", key=str(row.pk), facts=facts, users=[user_id])
