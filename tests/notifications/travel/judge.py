"""Whether everybody was told what they should be: compares what the mail server took and what the
notification centres hold with the story. Knows nothing of how notices are planned."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final

from tests.notifications.travel.mail_server import Received
from tests.notifications.travel.story import PEOPLE, TENANTS, Fact, Person, Story

TOKEN: Final = re.compile(rf"({'|'.join(TENANTS)})\d{{5}}")
OVERDUE: Final = re.compile(r"was due on|waren am")
DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)


@dataclass(slots=True)
class Judge:
    """`step`: how far the clock was set at a time. `outages`: while no worker ran."""

    story: Story
    step: timedelta
    outages: list[tuple[datetime, datetime]]
    end: datetime
    faults: list[str] = field(default_factory=list)
    latest: dict[str, timedelta] = field(default_factory=dict)
    judged: int = 0

    def verdict(self, received: list[Received]) -> dict[str, object]:
        by_person: dict[str, list[Received]] = defaultdict(list)
        for mail in received:
            by_person[mail.to].append(mail)
        due = [fact for fact in self.story.facts if fact.due_at is None or fact.due_at < self.end]
        for fact in due:
            for who in fact.people:
                self._judge_fact(fact, PEOPLE[who], by_person[PEOPLE[who].email])
        for mail in received:
            self._judge_mail(mail)
        repeats = self._judge_repeats(received)
        self._judge_centres(due)
        return {
            "facts": len(due),
            "taken back": sum(fact.due_at is None for fact in due),
            "lines of mails": self.judged,
            "mails": len({mail.message_id for mail in received}),
            "repeats after a kill": repeats,
            "longest wait": {often: str(wait) for often, wait in self.latest.items()},
            "faults": self.faults,
        }

    def _judge_fact(self, fact: Fact, person: Person, mails: list[Received]) -> None:
        holding = [mail for mail in mails if _says(mail, fact)]
        ids = {mail.message_id for mail in holding}
        wanted = "off" if fact.due_at is None else person.wants(fact.kind)
        if wanted == "off" or fact.due_at is None:
            if ids:
                self._fault(f"{fact} was mailed to {person.email}")
            return
        since = self._since(fact.due_at)
        by = since + self.step + HOUR + self._patience(person, wanted)
        if len(ids) > 1 or (not ids and by < self.end):
            self._fault(f"{len(ids)} mails of {fact} to {person.email}, who wants it {wanted}")
        if ids:
            came = min(mail.at for mail in holding)
            self._judge_moment(fact, person, wanted, came)
            if came > by:
                self._fault(f"{fact}, wanted {wanted}, came {came - by} late to {person.email}")
            self.judged += 1
            wait = came - (since if came >= since else fact.due_at)
            self.latest[wanted] = max(self.latest.get(wanted, timedelta(0)), wait)

    def _since(self, due_at: datetime) -> datetime:
        """From when on it could be told: for what an outage may have held up, its end."""
        for begin, end in self.outages:
            if begin - 8 * DAY < due_at < end:
                return end
        return due_at

    @staticmethod
    def _patience(person: Person, wanted: str) -> timedelta:
        """How long a notice may wait: a day and a week have an hour more when clocks go back."""
        if wanted == "now":
            return 10 * HOUR if person.quiet else timedelta(0)
        return DAY + HOUR if wanted == "daily" else 7 * DAY + HOUR

    def _judge_moment(self, fact: Fact, person: Person, wanted: str, came: datetime) -> None:
        """Not before it was due, and at an hour that was chosen."""
        assert fact.due_at is not None
        if came < fact.due_at - timedelta(seconds=1):
            self._fault(f"{fact} came at {came}, before it was due")
        local = person.local(came)
        if wanted == "now":
            is_right = not _is_within(person.quiet, local.time())
        else:
            slot = self._slot_before(person, local)
            is_right = slot is not None and (wanted == "daily" or slot.weekday() == 0)
        # What waited for the end of an outage comes at its end.
        if not is_right and not any(end <= came < end + HOUR for _, end in self.outages):
            self._fault(f"{fact}, wanted {wanted}, came at {local} to {person.email}")

    def _slot_before(self, person: Person, local: datetime) -> datetime | None:
        """The digest's hour from which the clock was set to this moment; an hour earlier where a
        clock change skips it."""
        clock = local.replace(tzinfo=None)
        begin = datetime.combine(clock.date(), person.digest_at)
        begin -= DAY if begin > clock else timedelta(0)
        return begin if clock - begin <= self.step + 2 * HOUR else None

    def _judge_mail(self, mail: Received) -> None:
        """Nobody's lines but those of the tenant that it names, to one whom they concern."""
        (tenant,) = re.findall(r"^\[(\w+)\]", mail.subject) or ("",)
        facts = {fact.token: fact for fact in self.story.facts}
        for found in TOKEN.finditer(mail.subject + mail.text + mail.html):
            fact = facts[found.group()]
            if fact.tenant != tenant or mail.to not in {PEOPLE[who].email for who in fact.people}:
                self._fault(f"{fact} stands in a mail of {tenant} to {mail.to}")
        if mail.headers.get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click":
            self._fault(f"{mail.message_id} cannot be unsubscribed from")

    def _judge_repeats(self, received: list[Received]) -> int:
        said: dict[str, set[str]] = defaultdict(set)
        for mail in received:
            # Each is signed anew.
            said[mail.message_id].add(mail.subject + mail.text.partition("\n-- ")[0])
        for message_id, versions in said.items():
            if len(versions) > 1:
                self._fault(f"{message_id} came with different words: {versions}")
        return len(received) - len(said)

    def _judge_centres(self, due: list[Fact]) -> None:
        rows = self.story.installation.query(
            "SELECT u.email, n.kind, n.key, n.facts->>'name', n.cancelled_at IS NULL"
            " FROM notifications_notification n JOIN accounts_user u ON u.id = n.user_id"
        )
        shown = Counter(
            (email, kind, name or key) for email, kind, key, name, is_so in rows if is_so
        )
        everything = Counter((email, kind, name or key) for email, kind, key, name, _ in rows)
        overdue = {fact.token for fact in due if fact.kind == "bill_overdue"}
        for fact in due:
            for who in fact.people:
                key = (PEOPLE[who].email, fact.kind, fact.token)
                is_taken_back = fact.kind == "bill_due" and fact.token in overdue
                expected = int(fact.due_at is not None and not is_taken_back)
                if shown[key] != expected or everything[key] > 1:
                    self._fault(f"{key} stands {shown[key]} times, not {expected}")

    def _fault(self, text: str) -> None:
        self.faults.append(text)


def _says(mail: Received, fact: Fact) -> bool:
    lines = [line for line in mail.text.splitlines() if fact.token in line]
    if not fact.kind.startswith("bill_"):
        return bool(lines)
    is_overdue = fact.kind == "bill_overdue"
    titles = [line for line in lines if ":" in line]
    return any(bool(OVERDUE.search(line)) == is_overdue for line in titles)


def _is_within(quiet: tuple[time, time] | None, clock: time) -> bool:
    return quiet is not None and (clock >= quiet[0] or clock < quiet[1])
