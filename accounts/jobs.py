"""Background work of this app. Times and states are checked again here: a job may run late."""

from __future__ import annotations

import uuid

from django.conf import settings

from accounts import cleaning, invitations, mail, one_time_codes
from accounts.models import CodePurpose, Invitation, OneTimeCode, User
from jobs.base import BaseJob, JobRun, JsonObject


class SendMail(BaseJob):
    """One message, whole in its payload (see `mail.send_later`)."""

    kind = mail.SEND_MAIL

    def run(self, run: JobRun) -> JsonObject:
        message = run.info.payload
        mail.deliver(
            message["to"],
            message["subject"],
            message["text"],
            html=message["html"],
            message_id=run.info.id,
        )
        return {"sent": True}


class SendCode(BaseJob):
    """The code of a challenge, to the person whose address it names; nothing to anybody else.
    `subject` is the challenge's id."""

    kind = one_time_codes.SEND_CODE

    def run(self, run: JobRun) -> JsonObject:
        challenge = OneTimeCode.objects.select_related("user").get(id=uuid.UUID(run.info.subject))
        owner = User.objects.filter(email=challenge.email, is_active=True).first()
        if owner is None:
            return {"sent": False}
        template, context = str(challenge.purpose), {"minutes": "10"}
        if challenge.purpose == CodePurpose.REGISTER and challenge.user is None:
            template = "already_registered"
        else:
            code = one_time_codes.issue(challenge, owner)
            if code is None:
                return {"sent": False}
            context["code"] = code
        subject, text = mail.render(template, context)
        mail.deliver(owner.email, subject, text, message_id=run.info.id)
        return {"sent": True}


class SendInvitation(BaseJob):
    """The link of an invitation, whose id is `subject`."""

    kind = invitations.SEND_INVITATION

    def run(self, run: JobRun) -> JsonObject:
        rows = invitations.open_invitations().select_related("tenant", "role", "invited_by")
        invitation: Invitation | None = rows.filter(id=uuid.UUID(run.info.subject)).first()
        if invitation is None:
            return {"sent": False}
        inviter = invitation.invited_by
        context = {
            "inviter": (inviter.name or inviter.email) if inviter else "Somebody",
            "tenant": invitation.tenant.name,
            "role": invitation.role.name,
            "email": invitation.email,
            "expires": invitation.expires_at,
            "link": f"{settings.PUBLIC_URL}/join/?token={invitations.token_of(invitation)}",
        }
        subject, text = mail.render("invitation", context)
        mail.deliver(invitation.email, subject, text, message_id=run.info.id)
        return {"sent": True}


class CleanUp(BaseJob):
    """Removes what has expired and proves nothing any more."""

    kind = "accounts.clean_up"

    def run(self, run: JobRun) -> JsonObject:
        return cleaning.remove_expired()
