"""Mailboxes whose servers tell of new mail at once. One thread holds the connection of one; all it
does is to enqueue a fetch, so that nothing is lost when this process is: polling goes on."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from django.db import connection

from jobs.models import JobState
from jobs.runner import JobRunner
from mail_ingest.fetching import FetchAccount
from mail_ingest.models import AccountState, ConnectedAccount
from mail_ingest.providers.base import ProviderError, ProviderRefused
from mail_ingest.providers.imap import ImapProvider
from mail_ingest.sources import mailbox_provider
from tenancy.encryption import DecryptionError
from tenancy.scope import all_tenants, tenant_scope
from tenancy.wording import worded

logger = logging.getLogger(__name__)

AT_MOST: Final = 200
BACKOFF_SECONDS: Final = (5.0, 15.0, 60.0, 300.0)
# What a person has to put right is told by the fetch job; here it is only tried again.
REFUSED_SECONDS: Final = 900.0


def wanted() -> dict[uuid.UUID, uuid.UUID]:
    """The mailboxes to watch and their tenants, of all tenants."""
    with all_tenants("mailboxes to watch"):
        rows = ConnectedAccount.objects.filter(
            is_watched=True, state=AccountState.ACTIVE, tenant__is_active=True
        ).exclude(host="")
        return dict(rows.order_by("id").values_list("id", "tenant_id")[:AT_MOST])


@dataclass(slots=True)
class Watch:
    """One mailbox, watched by a thread of its own until `stop`."""

    account_id: uuid.UUID
    tenant_id: uuid.UUID
    stopped: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def start(self) -> None:
        self.thread = threading.Thread(
            target=self.run, name=f"watch-{self.account_id}", daemon=True
        )
        self.thread.start()

    def stop(self) -> None:
        self.stopped.set()

    def run(self) -> None:
        with tenant_scope(self.tenant_id):
            failures = 0
            while not self.stopped.is_set():
                pause = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
                try:
                    self._hold()
                    failures = 0
                except (ProviderRefused, DecryptionError) as error:
                    logger.info("mailbox %s is not watched: %s", self.account_id, error)
                    pause = REFUSED_SECONDS
                except ProviderError as error:
                    logger.info("mailbox %s is watched again soon: %s", self.account_id, error)
                    failures += 1
                except Exception:
                    logger.exception("watching mailbox %s failed", self.account_id)
                    failures += 1
                finally:
                    connection.close()
                self.stopped.wait(pause)

    def _hold(self) -> None:
        account = ConnectedAccount.objects.filter(pk=self.account_id).first()
        if account is None:
            return
        provider = mailbox_provider(account)
        if isinstance(provider, ImapProvider):
            with closing(provider):
                provider.watch(self._tell, self.stopped.is_set)

    def _tell(self) -> bool:
        """Enqueue a fetch. One that is running may have looked before the message came, so then it
        is not done yet."""
        try:
            job = JobRunner.enqueue(
                FetchAccount.kind, subject=str(self.account_id), trigger=worded("New mail")
            )
            return job.state != JobState.RUNNING
        finally:
            connection.close()


class Watcher:
    """Keeps one Watch for each mailbox that asks for it."""

    def __init__(self, find: Callable[[], dict[uuid.UUID, uuid.UUID]] = wanted) -> None:
        self.find = find
        self.watches: dict[uuid.UUID, Watch] = {}

    def look(self) -> None:
        """Begin to watch what has been added and leave what has been taken away."""
        asked = self.find()
        for account_id in self.watches.keys() - asked.keys():
            self.watches.pop(account_id).stop()
        for account_id, tenant_id in asked.items():
            if account_id not in self.watches:
                watch = self.watches[account_id] = Watch(account_id, tenant_id)
                watch.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Let go of all, and wait until their connections are closed."""
        for watch in self.watches.values():
            watch.stop()
        for watch in self.watches.values():
            if watch.thread is not None:
                watch.thread.join(timeout)
        self.watches.clear()
