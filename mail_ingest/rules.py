"""A tenant's own rules about its mail: they come before our screening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mail_ingest.models import Email, EmailState, MailRule, RuleAction
from mail_ingest.screening import Screening
from tenancy.wording import worded

MOST_LOOKED_AT = 5_000
SHOWN = 20


def enabled_rules() -> list[MailRule]:
    return list(MailRule.objects.filter(is_enabled=True).order_by("position", "id"))


def fits(rule: MailRule, *, sender: str, subject: str, folder: str) -> bool:
    """Whether all conditions of a rule hold. A sender without “@” is a domain."""
    wanted = rule.sender.strip().lower()
    sender = sender.lower()
    domain = sender.rpartition("@")[2]
    if wanted and "@" in wanted and sender != wanted:
        return False
    if wanted and "@" not in wanted and domain != wanted and not domain.endswith(f".{wanted}"):
        return False
    if rule.subject and rule.subject.casefold() not in subject.casefold():
        return False
    return not rule.folder or rule.folder.casefold() in folders_of(folder.casefold())


def folders_of(folder: str) -> set[str]:
    """The names by which a message's folder may be called. In Gmail's export a message has several
    labels, apart by commas."""
    return {folder, *folder.split(", ")}


def judge_by_rules(email: Email, rules: Sequence[MailRule]) -> None:
    """Let the first rule that fits decide about a message that could be read. Not saved."""
    if email.state != EmailState.STORED:
        return
    for rule in rules:
        if fits(rule, sender=email.from_address, subject=email.subject, folder=email.folder):
            is_wanted = rule.action == RuleAction.INCLUDE
            email.screening = Screening.POSSIBLE if is_wanted else Screening.UNLIKELY
            email.screening_reason = worded("Your rule: %(rule)s", rule=str(rule)[:300])
            return


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would have taken of the latest messages."""

    looked_at: int
    taken: int
    changed: int
    """Of those, how many our own screening judged otherwise."""
    examples: list[dict[str, Any]]


def preview(rule: MailRule, *, last: int = 1_000) -> Preview:
    """Try an unsaved rule on the last messages stored. Changes nothing."""
    columns = ("id", "from_address", "subject", "folder", "received_at", "screening")
    rows = list(
        Email.objects.filter(state=EmailState.STORED)
        .order_by("-received_at", "-id")
        .values(*columns)[: min(last, MOST_LOOKED_AT)]
    )
    taken = [
        row
        for row in rows
        if fits(rule, sender=row["from_address"], subject=row["subject"], folder=row["folder"])
    ]
    outcome = Screening.POSSIBLE if rule.action == RuleAction.INCLUDE else Screening.UNLIKELY
    changed = sum(row["screening"] != outcome for row in taken)
    return Preview(len(rows), len(taken), changed, taken[:SHOWN])
