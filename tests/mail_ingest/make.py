"""Messages and accounts for tests."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mail_ingest.connecting import connect_account
from mail_ingest.models import ConnectedAccount
from tests.fakes.dovecot import PASSWORD, USER, Dovecot


def make_message(number: int = 1, **headers: str) -> bytes:
    """A small purchase notice; `headers` replace the usual ones (`from_` is From)."""
    fields = {
        "From": "Harbour Bank <alerts@harbour.example>",
        "To": "ada@example.org",
        "Subject": f"Card purchase {number}",
        "Date": "Tue, 03 Mar 2026 10:00:00 +0100",
        "Message-ID": f"<{number}@harbour.example>",
    } | {name.rstrip("_").replace("_", "-").title(): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return f"{head}\nYou paid {number}.50 EUR at the corner shop.\n".encode()


def make_messages(count: int, first: int = 1) -> list[bytes]:
    return [make_message(number) for number in range(first, first + count)]


def make_mbox(path: Path, messages: Iterable[bytes]) -> Path:
    with path.open("wb") as file:
        for message in messages:
            file.write(b"From alerts@harbour.example Tue Mar  3 10:00:00 2026\n" + message + b"\n")
    return path


def make_zip(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    path.write_bytes(buffer.getvalue())
    return path


def make_tar_gz(path: Path, files: dict[str, bytes], level: int = 0) -> Path:
    with tarfile.open(path, "w:gz", compresslevel=level) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def make_maildir(path: Path, messages: Iterable[bytes]) -> Path:
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True)
    for number, message in enumerate(messages):
        part = "cur" if number % 2 else "new"
        (path / part / f"{1_700_000_000 + number}.M{number}.host:2,S").write_bytes(message)
    return path


def make_mailbox(server: Dovecot, **fields: Any) -> ConnectedAccount:
    """A connected account on the test's Dovecot."""
    defaults: dict[str, Any] = {
        "host": "localhost", "port": server.port, "username": USER, "password": PASSWORD,
        "label": "Ada's mail", "ca_certificate": server.certificate,
    }  # fmt: skip
    return connect_account(**defaults | fields)
