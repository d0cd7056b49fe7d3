"""Texts that are kept come out in the reader's language, whoever wrote them."""

from __future__ import annotations

import ast
import copy
import re

import pytest
from django.utils.translation import override

from jobs.models import Job
from jobs.runner import JobRunner
from mail_ingest.errors import MailError
from mail_ingest.models import ConnectedAccount
from tenancy.models import Tenant
from tenancy.wording import Wording, joined, read, worded
from tenancy.wording_field import in_our_language
from tests.architecture.sources import source_files

EMPTY = "“%(name)s” is empty."


def test_a_wording_is_its_english_sentence() -> None:
    said = worded(EMPTY, name="a.mbox")
    assert said == "“a.mbox” is empty." and isinstance(said, str)
    assert worded("100 % of it") == "100 % of it"


def test_it_is_kept_and_read_again_with_what_stands_in_it() -> None:
    inner = worded(EMPTY, name="100 %")
    said = joined([inner, worded("New mail")])
    again = read(said.kept())
    assert again == "“100 %” is empty. New mail"
    assert isinstance(again.params["0"], Wording)
    assert copy.deepcopy(said).params == said.params


@pytest.mark.parametrize("text", ["", "50 % off", '{"text": 1}', '{"text": broken', "plain"])
def test_what_was_kept_as_plain_text_stays_so(text: str) -> None:
    assert read(text).kept() == read(text) == text


def test_it_is_said_in_the_readers_language() -> None:
    said = joined([worded(EMPTY, name="a.mbox"), worded("New mail")])
    with override("de"):
        assert in_our_language(said) == "„a.mbox“ ist leer. Neue Nachrichten"
        assert str(MailError(said)) == "„a.mbox“ ist leer. Neue Nachrichten"
        assert in_our_language("of another's") == "of another's"
    assert str(MailError(said)) == said
    assert in_our_language(read("")) == ""


def test_every_wording_has_its_parts() -> None:
    wrong = []
    for path in source_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "worded"):
                continue
            if not isinstance(node.args[0], ast.Constant):
                continue
            named = set(re.findall(r"%\((\w+)\)s", str(node.args[0].value)))
            if named != {word.arg for word in node.keywords}:
                wrong.append(f"{path.name}:{node.lineno}")
    assert not wrong


def test_a_row_read_in_one_language_and_saved_is_read_in_another(in_tenant: Tenant) -> None:
    trigger = worded("Import of %(name)s", name="März\x00.mbox")
    job = JobRunner.enqueue("jobs.clean_up", trigger=trigger)
    with override("de"):
        row = Job.objects.get(pk=job.pk)
        assert row.trigger == "Import von März�.mbox"
        row.save()
    row = Job.objects.get(pk=job.pk)
    assert row.trigger == "Import of März�.mbox"
    assert Job.objects.filter(error="").exists()


@pytest.mark.parametrize(
    "kept",
    [
        '{"text": 5, "params": {}}',
        '{"text": "x", "params": []}',
        '{"text": "a %(x)s", "params": {"x": {"text": 3, "params": {}}}}',
        '{"text": "%(x)d", "params": {"x": "s"}}',
        '{"text": "100 %", "params": {"x": 1}}',
        '{"text": ' + "[" * 100_000,
    ],
)
def test_what_is_no_wording_is_a_text(kept: str) -> None:
    assert in_our_language(read(kept))


def test_what_no_database_takes_is_kept_as_it_can_be(in_tenant: Tenant) -> None:
    account = ConnectedAccount.objects.create(kind="imap", label="Mail")
    account.last_error = worded("“%(name)s” is empty.", name="a\udce4\0b")
    account.save()
    assert ConnectedAccount.objects.get().last_error.startswith("“a?")
