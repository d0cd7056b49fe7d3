"""Trusting a sender at once, instead of confirming the first of its messages.

Only what is proven can be trusted: the address of a message whose sender was verified, and which
does not imitate an institution of the tenant's. Trust takes away one doubt, that of being new.
"""

from __future__ import annotations

from django.utils.translation import gettext

from extraction.booking import Doubt
from extraction.models import TrustedSender
from extraction.senders import SOURCE_KIND, imitated_institution
from finance.accounts import open_accounts
from finance.models import ReviewItem
from finance.querysets import open_review_items
from mail_ingest.models import Email
from mail_ingest.trust import Trust
from tenancy.errors import DomainError
from tenancy.scope import current_actor

# So many waiting questions of one sender are answered at once.
AT_ONCE = 200


class TrustRefused(DomainError):
    """A sender who is not proven to be who it says."""

    code = "sender_not_proven"


def trust_sender(address: str) -> TrustedSender:
    """Raises TrustRefused. Trusting twice is once."""
    address = address.strip().lower()
    proven = Email.objects.filter(from_address=address, trust=Trust.VERIFIED)
    if not proven.exists():
        raise TrustRefused(
            gettext(
                "No message of %(address)s was verified: anybody can write in its name, so that"
                " what it sends stays a question."
            )
            % {"address": address},
            field="address",
        )
    imitated = imitated_institution(address, open_accounts())
    if imitated is not None:
        raise TrustRefused(
            gettext("%(address)s looks like %(institution)s and is not it.")
            % {"address": address, "institution": imitated},
            field="address", code="sender_imitates",
        )  # fmt: skip
    row: TrustedSender
    row, _ = TrustedSender.objects.get_or_create(
        address=address, defaults={"created_by_id": current_actor().user_id}
    )
    return row


def waiting_of(address: str) -> list[ReviewItem]:
    """The questions that wait only because this sender is new: verified, and clear else."""
    items = open_review_items().filter(source_kind=SOURCE_KIND, reasons=[str(Doubt.NEW_SENDER)])
    asked = {str(item.source_id): item for item in items[:AT_ONCE]}
    emails = Email.objects.filter(
        pk__in=list(asked), from_address=address, trust=Trust.VERIFIED
    ).values_list("pk", flat=True)
    return [asked[str(pk)] for pk in emails]
