"""Google Takeout: labels, spam and trash, zip and tgz, read as a stream with flat memory."""

from __future__ import annotations

import gzip
import os
import re
import resource
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from email.header import Header
from pathlib import Path

import pytest

from mail_ingest.errors import MailFileError
from mail_ingest.imports import start_import
from mail_ingest.models import Email, MailImport, MailRule, RuleAction
from mail_ingest.providers import archive_files
from mail_ingest.providers.archive import TarProvider, ZipProvider
from mail_ingest.providers.gmail_labels import is_left_out, labels_of
from mail_ingest.rules import fits
from tests.mail_ingest.make import make_mbox, make_message, make_tar_gz, make_zip
from tests.mail_ingest.test_file_import import imported

pytestmark = pytest.mark.usefixtures("in_tenant")
NAMES = [
    "Takeout/Mail/All mail Including Spam and Trash.mbox",
    "Takeout/Gmail/Alle Nachrichten, einschließlich Spam-Nachrichten und Nachrichten im"
    " Papierkorb.mbox",
    "Takeout/メール/すべてのメール（迷惑メール、ゴミ箱のメールを含む）.mbox",
]
OTHER = {
    "Takeout/archive_browser.html": b"<!DOCTYPE html><title>Archive</title>",
    "Takeout/Mail/User Settings/Filters.json": b'{"filters": []}',
    "Takeout/Drive/backup.zip": b"PK\x03\x04" + bytes(40),
}


def labelled(number: int, labels: str) -> bytes:
    """A message as Takeout writes it: the two headers of Gmail's first, encoded and folded."""
    line = labels if labels.isascii() else Header(labels, "utf-8", 60).encode()
    head = f"X-GM-THRID: {10**18 + number}\r\nX-Gmail-Labels: {line}".replace("\n ", "\r\n ")
    return f"{head}\r\n".encode() + make_message(number)


MESSAGES = [
    labelled(1, "Inbox,Important,Opened"),
    labelled(2, "Spam,Unread"),
    labelled(3, 'Posteingang,"Bank, Karten",Geöffnet,Kategorie „Soziale Netzwerke“'),
    labelled(4, "Papierkorb,Geöffnet"),
    labelled(5, "迷惑メール,未読"),
    labelled(6, "受信トレイ,重要"),
    labelled(7, "Нежелательная почта,Непрочитанные"),
    make_message(8),
]
FOLDERS = {
    "Card purchase 1": "Inbox, Important, Opened",
    "Card purchase 3": "Posteingang, Bank, Karten, Geöffnet, Kategorie „Soziale Netzwerke“",
    "Card purchase 6": "受信トレイ, 重要",
    "Card purchase 8": "",
}


@pytest.mark.parametrize("make", [make_zip, make_tar_gz])
@pytest.mark.parametrize("name", NAMES)
def test_labels_become_folders_and_spam_and_trash_stay_out(
    make: Callable[[Path, dict[str, bytes]], Path], name: str, tmp_path: Path
) -> None:
    mbox = make_mbox(tmp_path / "mbox", MESSAGES).read_bytes()
    path = make(tmp_path / "takeout", OTHER | {name: mbox})
    done = imported(path)
    assert (done.error, done.stored_count) == ("", 4)
    assert dict(Email.objects.values_list("subject", "folder")) == FOLDERS


def test_several_parts_are_one_archive_and_twice_is_once(tmp_path: Path) -> None:
    parts = [make_mbox(tmp_path / "m", part).read_bytes() for part in (MESSAGES[:3], MESSAGES[2:])]
    first = make_zip(tmp_path / "1", {NAMES[0]: parts[0]})
    second = make_tar_gz(tmp_path / "2", {NAMES[1]: parts[1]})
    assert [imported(first).stored_count, imported(second).stored_count] == [2, 2]
    assert imported(first).stored_count == 0
    assert Email.objects.count() == 4


def test_a_stranger_cannot_label_a_message_as_spam(tmp_path: Path) -> None:
    claim = b"X-GM-THRID: 1\nX-Gmail-Labels: Spam\n"
    raw = b"Received: from a by b; Tue, 3 Mar 2026 10:00:00 +0000\n" + claim + make_message(1)
    assert labels_of(raw) == []
    assert imported(make_mbox(tmp_path / "inbox", [raw])).stored_count == 1


LEFT_OUT = ["Spam", "spam", "Corbeille", "Kosz", "ゴミ箱", "Çöp Kutusu"]


@pytest.mark.parametrize("labels", [*LEFT_OUT, "Spam reports", "Inbox", "Sent"])
def test_which_labels_leave_a_message_out(labels: str) -> None:
    assert is_left_out(labels_of(labelled(1, labels))) is (labels in LEFT_OUT)


def test_a_rule_finds_each_label() -> None:
    folder = FOLDERS["Card purchase 1"]
    for name, found in (("important", True), (folder, True), ("Import", False)):
        rule = MailRule(folder=name, action=RuleAction.INCLUDE)
        assert fits(rule, sender="a@b.example", subject="", folder=folder) is found


def test_an_archive_without_mail_says_so(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z", {"a.html": b"<html>", "b.json": b"{}"})
    assert "holds no mail" in imported(path).error


def test_a_gzip_that_is_no_tar_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "mail.gz").write_bytes(gzip.compress(make_message(1)))
    with pytest.raises(MailFileError, match="is not mail"):
        start_import(tmp_path / "mail.gz", is_own=False)
    assert not MailImport.objects.exists()


def test_a_bad_tar_changes_nothing_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = os.urandom(300_000)
    mbox = make_mbox(tmp_path / "mbox", [make_message(1), make_message(2) + noise.hex().encode()])
    whole = make_tar_gz(tmp_path / "whole", {"a.mbox": mbox.read_bytes()}).read_bytes()
    cases = {
        "cut": (whole[: len(whole) // 2], "is damaged"),
        "changed": (whole[:-6] + bytes(6), "is damaged"),
        "bomb": (
            make_tar_gz(tmp_path / "b", {"a.eml": b"A: b\n\n" + bytes(20 * 2**20)}, 9).read_bytes(),
            "unpacks to more than 100 times",
        ),
    }
    for name, (content, reason) in cases.items():
        (tmp_path / name).write_bytes(content)
        assert reason in imported(tmp_path / name).error, name
    monkeypatch.setattr(archive_files, "MAX_FILES", 2)
    many = make_tar_gz(tmp_path / "many", {f"{n}.eml": make_message(n) for n in range(4)})
    assert "holds more than 2 files" in imported(many).error
    assert not Email.objects.exists()


def test_a_header_that_declares_gigabytes_is_not_read_in_one_piece(tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 8 * 1024**3
    path = tmp_path / "pax"
    path.write_bytes(gzip.compress(header.tobuf() + bytes(4 * 2**20)))
    with pytest.raises(MailFileError, match="is not mail"):
        start_import(path, is_own=False)


MEGABYTES = 64
READ = """
import resource, sys
from pathlib import Path
from mail_ingest.providers.factory import ProviderFactory
from mail_ingest.providers.mbox import MboxProvider
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
provider = ProviderFactory().for_file(Path(sys.argv[1]), "p")
provider.check()
count = sum(1 for page in provider.list_new({}) for _ in provider.fetch(page.refs))
print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("provider", [ZipProvider, TarProvider])
def test_memory_stays_flat_and_nothing_is_unpacked(provider: type, tmp_path: Path) -> None:
    """An archive that unpacks to more than the process may take: its resident memory, and the
    files it may write, are limited."""
    mbox = tmp_path / "mbox"
    text = os.urandom(2**19).hex().encode()
    lines = b"".join(text[n : n + 70] + b"\n" for n in range(0, len(text), 70))
    messages = (labelled(n, "Inbox") + lines for n in range(MEGABYTES))
    make_mbox(mbox, messages)
    path = tmp_path / "takeout"
    if provider is ZipProvider:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.write(mbox, NAMES[0])
    else:
        with tarfile.open(path, "w:gz", compresslevel=1) as tar:
            tar.add(mbox, NAMES[0])
    mbox.unlink()
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20)),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (found := re.fullmatch(r"(\d+) (\d+)\n", done.stdout)) is not None
    assert int(found[1]) == MEGABYTES
    assert int(found[2]) < 40
