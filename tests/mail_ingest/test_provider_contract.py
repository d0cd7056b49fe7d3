"""What every source of messages must do, on real files and a real IMAP server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mail_ingest.parsing import parse_message
from mail_ingest.providers.base import (
    HEAD_BYTES,
    MAX_MESSAGE_BYTES,
    Cursor,
    EmailProvider,
    Page,
)
from mail_ingest.providers.factory import ProviderFactory
from mail_ingest.providers.imap import ImapProvider, ImapSettings
from tests.fakes.dovecot import PASSWORD, USER, Dovecot
from tests.fakes.gmail import FakeGmail, fake_gmail
from tests.fakes.graph import FakeGraph, fake_graph
from tests.mail_ingest.cloud import gmail_provider, graph_provider
from tests.mail_ingest.make import make_maildir, make_mbox, make_messages, make_tar_gz, make_zip

COUNT = 250


def large_message() -> bytes:
    return b"From: a@b.example\nSubject: Large\n\n" + b"0123456789abcde\n" * (2 * 2**20)


class Sources:
    """Makes a provider of one kind over given messages, several times over the same ones."""

    def __init__(
        self, kind: str, folder: Path, server: Dovecot | FakeGmail | FakeGraph | None
    ) -> None:
        self.kind = kind
        self.folder = folder
        self.server = server

    def fill(self, messages: list[bytes]) -> None:
        path = self.folder / "source"
        match self.kind:
            case "mbox":
                make_mbox(path, messages)
            case "maildir":
                make_maildir(path, messages)
            case "zip of eml":
                make_zip(path, {f"../{n}.eml": message for n, message in enumerate(messages)})
            case "zip of mbox and eml":
                half = len(messages) // 2
                mbox = make_mbox(self.folder / "inner", messages[:half]).read_bytes()
                rest = {f"{n}.eml": message for n, message in enumerate(messages[half:])}
                make_zip(path, {"first.eml": messages[-1], "mail.mbox": mbox} | rest)
            case "tar.gz of mbox and eml":
                half = len(messages) // 2
                mbox = make_mbox(self.folder / "inner", messages[:half]).read_bytes()
                rest = {f"{n}.eml": message for n, message in enumerate(messages[half:])}
                make_tar_gz(path, {"page.html": b"<html>", "mail.mbox": mbox} | rest)
            case "gmail" | "graph" | "imap":
                assert self.server is not None
                self.server.deliver(messages)

    def provider(self) -> EmailProvider:
        if self.server is None:
            return ProviderFactory().for_file(self.folder / "source", "prefix")
        if isinstance(self.server, FakeGmail):
            return gmail_provider(self.server)
        if isinstance(self.server, FakeGraph):
            return graph_provider(self.server)
        return ImapProvider(
            ImapSettings(
                "localhost", self.server.port, USER, PASSWORD, ("INBOX",), self.server.certificate,
                ("localhost",),
            )
        )  # fmt: skip


@pytest.fixture(
    params=[
        "mbox", "maildir", "zip of eml", "zip of mbox and eml", "tar.gz of mbox and eml",
        "gmail", "graph",
        pytest.param("imap", marks=pytest.mark.dovecot),
    ]
)  # fmt: skip
def sources(request: Any, tmp_path: Path) -> Iterator[Sources]:
    if request.param == "gmail":
        with fake_gmail() as gmail:
            yield Sources(request.param, tmp_path, gmail)
    elif request.param == "graph":
        with fake_graph() as graph:
            yield Sources(request.param, tmp_path, graph)
    elif request.param == "imap":
        with Dovecot() as server:
            yield Sources(request.param, tmp_path, server)
    else:
        yield Sources(request.param, tmp_path, None)


def subjects(provider: EmailProvider, pages: list[Page]) -> list[str]:
    return [
        parse_message(message.raw).subject
        for page in pages
        for message in provider.fetch(page.refs)
    ]


def all_pages(provider: EmailProvider, cursor: Cursor) -> list[Page]:
    return list(provider.list_new(cursor))


def test_every_message_is_listed_once_and_gives_its_bytes(sources: Sources) -> None:
    sources.fill(make_messages(COUNT))
    with closing(sources.provider()) as provider:
        provider.check()
        pages = all_pages(provider, {})
        refs = [ref.ref for page in pages for ref in page.refs]
        assert len(refs) == len(set(refs))
        assert set(subjects(provider, pages)) == {f"Card purchase {n}" for n in range(1, COUNT + 1)}
        assert all(page.done <= page.total for page in pages)


def test_reading_goes_on_from_any_page(sources: Sources) -> None:
    sources.fill(make_messages(COUNT))
    with closing(sources.provider()) as provider:
        pages = all_pages(provider, {})
    assert len(pages) >= 3
    for number, page in enumerate(pages):
        with closing(sources.provider()) as again:
            rest = all_pages(again, page.cursor)
            assert [p.refs for p in rest] == [p.refs for p in pages[number + 1 :]]


def test_the_end_is_the_end(sources: Sources) -> None:
    sources.fill(make_messages(3))
    with closing(sources.provider()) as provider:
        last = all_pages(provider, {})[-1]
        assert all_pages(provider, last.cursor) == []


def test_of_an_oversized_message_only_the_head_is_fetched(sources: Sources) -> None:
    sources.fill([large_message(), *make_messages(2)])
    with closing(sources.provider()) as provider:
        messages = [m for page in all_pages(provider, {}) for m in provider.fetch(page.refs)]
    cut = [message for message in messages if message.is_truncated]
    assert [parse_message(message.raw).subject for message in cut] == ["Large"]
    assert cut[0].ref.size > MAX_MESSAGE_BYTES
    assert len(cut[0].raw) <= HEAD_BYTES
    assert {parse_message(m.raw).subject for m in messages} > {"Card purchase 1", "Card purchase 2"}
