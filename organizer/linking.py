"""What a task is about: transactions, bills, messages and contacts of the same tenant."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Model
from django.utils.translation import gettext

from finance.models import Bill, Transaction
from mail_ingest.models import Email
from organizer.errors import OrganizerError
from organizer.models import LINK_KINDS, Contact, Task, TaskLink

MOST_LINKS: Final = 50
TARGETS: Final[dict[str, type[Model]]] = {
    "transaction": Transaction, "bill": Bill, "email": Email, "contact": Contact,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """`kind`: one of `TARGETS`."""

    kind: str
    id: uuid.UUID


def set_links(task: Task, links: Iterable[Link]) -> None:
    """Exactly these. Raises OrganizerError for more than `MOST_LINKS` or what is not there."""
    wanted = set(links)
    if len(wanted) > MOST_LINKS:
        raise OrganizerError(
            gettext("A task has at most %(n)s links.") % {"n": MOST_LINKS},
            code="too_many", field="links",
        )  # fmt: skip
    kept = {Link(row.kind, uuid.UUID(row.target_id)): row for row in TaskLink.objects.filter(
        task=task
    )}  # fmt: skip
    new = wanted - set(kept)
    for kind, model in TARGETS.items():
        ids = {link.id for link in new if link.kind == kind}
        if ids and model._default_manager.filter(pk__in=ids).count() != len(ids):
            raise OrganizerError(
                gettext("What this links to is not in this ledger."),
                code="unknown_reference", field="links",
            )  # fmt: skip
    gone = [row.pk for link, row in kept.items() if link not in wanted]
    if gone:
        TaskLink.objects.filter(pk__in=gone).delete()
    TaskLink.objects.bulk_create(
        TaskLink(task=task, **{f"{link.kind}_id": link.id}) for link in new
    )


def copy_links(task: Task, to: Task) -> None:
    """What one is about, the other is about as well."""
    names = [f"{kind}_id" for kind in LINK_KINDS]
    rows = TaskLink.objects.filter(task=task).values(*names)
    TaskLink.objects.bulk_create(TaskLink(task=to, **row) for row in rows)
