"""What happens in the simulated days: people with their wishes, and facts, each with a token of its
own that its mails must hold."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.notifications.travel.installation import Travelling

HOUR: Final = timedelta(hours=1)
TENANTS: Final = {"North": "Europe/Berlin", "South": "Pacific/Auckland", "West": "America/New_York"}
DEFAULTS: Final = {
    "price_rise": "now", "recurring_due": "daily", "reminder": "now", "import_finished": "off",
    "budget_threshold": "daily", "bill_due": "now", "bill_overdue": "now",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    time_zone: str
    language: str = "en"
    digest_at: time = time(8)
    quiet: tuple[time, time] | None = None
    kinds: dict[str, str] = field(default_factory=dict)

    def wants(self, kind: str) -> str:
        return self.kinds.get(kind, DEFAULTS[kind])

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.time_zone))


PEOPLE: Final = {
    "anna": Person("anna@example.org", "Europe/Berlin", "de"),
    # In the hour that a clock change skips or repeats.
    "ben": Person("ben@example.org", "Europe/Berlin", digest_at=time(2, 30)),
    "cleo": Person(
        "cleo@example.org", "America/New_York", quiet=(time(22), time(7)),
        kinds={"recurring_due": "weekly", "import_finished": "daily"},
    ),
    "dora": Person("dora@example.org", "Pacific/Auckland", kinds={"price_rise": "off"}),
    "egon": Person("egon@example.org", "UTC", digest_at=time(20)),
}  # fmt: skip
MEMBERS: Final = {"North": ("anna", "ben", "egon"), "South": ("dora", "egon"), "West": ("cleo",)}


@dataclass(slots=True)
class Fact:
    """One fact that was told, to whom, and from when on; None when it was taken back before."""

    token: str
    tenant: str
    kind: str
    people: tuple[str, ...]
    due_at: datetime | None


class Story:
    """Tells facts as time goes by; remembers what should come of them."""

    def __init__(self, installation: Travelling, seed: int) -> None:
        self.installation = installation
        self.random = random.Random(seed)
        self.facts: list[Fact] = []
        self.tenants: dict[str, str] = {}
        self.users: dict[str, str] = {}
        self._later: list[tuple[datetime, Fact, str]] = []

    def begin(self) -> None:
        ask = self.installation.ask
        for name, zone in TENANTS.items():
            self.tenants[name] = ask("tenant", name=name, time_zone=zone)
            for who in MEMBERS[name]:
                person, tenant = PEOPLE[who], self.tenants[name]
                self.users[who] = ask(
                    "member", tenant=tenant, email=person.email, time_zone=person.time_zone,
                    language=person.language,
                )  # fmt: skip
                hours = {"digest_at": person.digest_at.isoformat()}
                if person.quiet:
                    hours |= {"quiet_from": person.quiet[0].isoformat(),
                              "quiet_until": person.quiet[1].isoformat()}  # fmt: skip
                ask("prefer", tenant=tenant, user=self.users[who], kinds=person.kinds, **hours)

    def turn(self, moment: datetime) -> None:
        """What happens about a moment."""
        for name in TENANTS:
            if self.random.random() < 0.5:
                self._tell(name, moment)
            if self.random.random() < 0.1:
                self._remind(name, moment)
            if self.random.random() < 0.08:
                self._enter_bill(name, moment)
        for row in [row for row in self._later if row[0] <= moment]:
            self._later.remove(row)
            self._take_back(row[1], row[2])

    def _tell(self, tenant: str, moment: datetime) -> None:
        kind = self.random.choice(
            ("price_rise", "recurring_due", "recurring_due", "import_finished", "budget_threshold")
        )
        fact = self._fact(tenant, kind, MEMBERS[tenant], moment)
        # The same fact is often found twice.
        for _ in range(self.random.choice((1, 1, 2))):
            self._say(fact)

    def _remind(self, tenant: str, moment: datetime) -> None:
        who = self.random.choice(MEMBERS[tenant])
        at = moment + self.random.randint(1, 60) * HOUR + timedelta(minutes=17)
        fact = self._fact(tenant, "reminder", (who,), at)
        self._say(fact, users=[self.users[who]], at=at.isoformat())
        if self.random.random() < 0.3:
            self._later.append((at - HOUR, fact, ""))

    def _enter_bill(self, tenant: str, moment: datetime) -> None:
        """Due in some days: told three days before, at six in the morning where the tenant is."""
        zone = ZoneInfo(TENANTS[tenant])
        due_on = moment.astimezone(zone).date() + timedelta(days=self.random.randint(5, 9))
        morning = datetime.combine(due_on - timedelta(days=3), time(6), zone)
        fact = self._fact(tenant, "bill_due", MEMBERS[tenant], morning)
        bill = self.installation.ask(
            "bill", tenant=self.tenants[tenant], payee=fact.token, due_on=due_on.isoformat()
        )
        # What is settled in time is never told; the others once more when they are overdue.
        if self.random.random() < 0.4:
            self._later.append((moment + HOUR, fact, bill))
            return
        overdue = datetime.combine(due_on + timedelta(days=1), time(6), zone)
        self.facts.append(
            Fact(fact.token, tenant, "bill_overdue", MEMBERS[tenant], overdue)
        )  # fmt: skip

    def _fact(self, tenant: str, kind: str, people: tuple[str, ...], at: datetime) -> Fact:
        fact = Fact(f"{tenant}{len(self.facts):05d}", tenant, kind, people, at)
        self.facts.append(fact)
        return fact

    def _say(self, fact: Fact, **more: Any) -> None:
        token = fact.token
        self.installation.ask(
            "tell",
            tenant=self.tenants[fact.tenant],
            kind=fact.kind,
            key=token,
            facts={"name": token, "title": token, "budget": token},
            **more,
        )

    def _take_back(self, fact: Fact, bill: str) -> None:
        tenant = self.tenants[fact.tenant]
        if bill:
            self.installation.ask("settle_bill", tenant=tenant, bill=bill)
        else:
            self.installation.ask("take_back", tenant=tenant, kind=fact.kind, key=fact.token)
        fact.due_at = None
