"""What it costs to parse, fetch and store messages, beside the libraries that do a part of it.

    DATABASE_URL=… python -m benchmarks.mail [--messages 4000] [--gigabytes 1]

`parsing` is our parser beside fast-mail-parser, message by message, in turns. `mbox` and `imap` go
the whole way that the jobs go: list, fetch, judge the sender, screen, encrypt and store, on
PostgreSQL behind row security. Beside `imap` stands the bare download of the same mailbox by
IMAPClient from the same Dovecot (left out where there is none). `big_file` reads an mbox of so
many gigabytes the same way and tells by how much this process has grown.
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import ssl
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import fast_mail_parser
from django.db import connection
from django.test import override_settings
from imapclient import IMAPClient

from benchmarks.extraction import messages
from benchmarks.setting import Stopwatch, analyze, make_schema, tell
from jobs.models import Job, JobState
from jobs.runner import JobRunner
from mail_ingest.connecting import connect_account, fetch_now
from mail_ingest.imports import start_import
from mail_ingest.models import Email, EmailState
from mail_ingest.parsing import parse_message
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.fakes.dovecot import PASSWORD, USER, Dovecot

FROM_LINE: Final = b"From alerts@bank.example Tue Mar  3 10:00:00 2026\n"
PAGE: Final = 100


def numbered(raws: Sequence[bytes], count: int, mailbox: bytes = b"mbox") -> Iterator[bytes]:
    """So many messages, each of its own: the samples over and over, to another each time."""
    for number in range(count):
        yield b"To: %d@%s.example\r\n" % (number, mailbox) + raws[number % len(raws)]


def measure_parsing(raws: Sequence[bytes], count: int) -> dict[str, Any]:
    watch = Stopwatch()
    for raw in numbered(raws, count):
        watch.time("fast_mail_parser", fast_mail_parser.parse_email, raw)
        watch.time("parse_message", parse_message, raw)
    ours, bare = (watch.rate(count, step) for step in ("parse_message", "fast_mail_parser"))
    return {
        "messages": count,
        "parse_message": ours,
        "fast_mail_parser": bare,
        "times_the_bare_parsers_cpu": round(bare["per_cpu_second"] / ours["per_cpu_second"], 2),
    }


def measure_mbox(path: Path, count: int, parsed: dict[str, Any]) -> dict[str, Any]:
    watch = Stopwatch()
    run_import(path, watch)
    stored = watch.rate(count, "import")
    bare: dict[str, int] = parsed["fast_mail_parser"]
    return {
        "messages": count,
        "stored": stored,
        "times_the_bare_parsers_cpu": round(bare["per_cpu_second"] / stored["per_cpu_second"], 1),
    }


def run_import(path: Path, watch: Stopwatch) -> None:
    before = Email.objects.count()
    start_import(path, is_own=True)
    watch.time("import", run_jobs)
    if Email.objects.count() == before:
        raise RuntimeError("Nothing was stored.")


def run_jobs() -> None:
    """Run what is due until nothing is; a long import is several jobs. Raises RuntimeError."""
    while due := list(Job.objects.filter(state=JobState.READY).values_list("pk", flat=True)):
        for job_id in due:
            JobRunner.run(job_id)
    for job in Job.objects.exclude(state=JobState.SUCCEEDED):
        raise RuntimeError(f"{job.kind} is {job.state}: {job.error}")


def measure_imap(raws: Sequence[bytes], count: int) -> dict[str, Any] | None:
    """None where there is no Dovecot."""
    if shutil.which("dovecot") is None:
        return None
    allowed = override_settings(MAIL_ALLOWED_PRIVATE_HOSTS=["localhost"])
    with Dovecot() as server, allowed:
        server.deliver(numbered(raws, count, b"imap"))
        bare, ours = Stopwatch(), Stopwatch()
        downloaded = bare.time("download", download, server)
        account = connect_account(
            host="localhost", port=server.port, username=USER, password=PASSWORD, folders=["INBOX"],
            ca_certificate=server.certificate,
        )  # fmt: skip
        fetch_now(account)
        ours.time("fetch", run_jobs)
        stored = Email.objects.filter(account=account, state=EmailState.STORED).count()
    if (downloaded, stored) != (count, count):
        raise RuntimeError(f"{downloaded} downloaded, {stored} stored of {count}.")
    return {
        "messages": count,
        "fetched_and_stored": ours.rate(count),
        "bare_download": bare.rate(count),
        "times_the_bare_downloads_wall": round(ours.wall["fetch"] / bare.wall["download"], 1),
    }


def download(server: Dovecot) -> int:
    """The mailbox's bytes, page by page, and nothing done with them. Returns how many came."""
    context = ssl.create_default_context(cadata=server.certificate)
    with IMAPClient("localhost", server.port, ssl_context=context) as client:
        client.login(USER, PASSWORD)
        client.select_folder("INBOX", readonly=True)
        uids = client.search("ALL")
        pages = [uids[first : first + PAGE] for first in range(0, len(uids), PAGE)]
        return sum(len(client.fetch(page, ["BODY.PEEK[]"])) for page in pages)


def measure_big_file(path: Path, raws: Sequence[bytes], size: int) -> dict[str, Any]:
    count = write_mbox(path, fat(raws, size))
    before, watch = grown(), Stopwatch()
    run_import(path, watch)
    return {
        "file_mb": path.stat().st_size // 2**20,
        "messages": count,
        "stored": watch.rate(count, "import"),
        "mb_a_second": round(path.stat().st_size / 2**20 / watch.wall["import"]),
        "grown_by_mb": round(grown() - before, 1),
        "database": connection.vendor,
    }


def grown() -> float:
    """The most memory that this process has ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fat(raws: Sequence[bytes], size: int) -> Iterator[bytes]:
    """Messages of some 50 kB, as many as fill `size` bytes."""
    chance = random.Random(5)  # noqa: S311 - the same file every time
    filling = b"\r\n".join(b"<!-- %s -->" % chance.randbytes(36).hex().encode() for _ in range(600))
    written = 0
    for number, raw in enumerate(numbered(raws, 10**9)):
        yield (message := raw + b"\r\n" + filling + b"%d" % number)
        written += len(message)
        if written >= size:
            return


def write_mbox(path: Path, raws: Iterable[bytes]) -> int:
    """mboxrd, as exports write it. Returns how many messages."""
    count = 0
    with path.open("wb") as file:
        for count, raw in enumerate(raws, 1):  # noqa: B007
            file.write(FROM_LINE + raw.replace(b"\nFrom ", b"\n>From ") + b"\n\n")
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=4000)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    given = parser.parse_args()
    count: int = given.messages
    make_schema()
    raws = messages()
    measure_parsing(raws, len(raws))  # compiles what is compiled on first use
    with tempfile.TemporaryDirectory(prefix="inledger-bench-mail-") as name:
        folder = Path(name)
        parsing = measure_parsing(raws, count)
        tenant = Tenant.objects.create(name="Benchmark")
        with tenant_scope(tenant.pk):
            write_mbox(folder / "warm.mbox", numbered(raws, PAGE))
            run_import(folder / "warm.mbox", Stopwatch())
            analyze()
            write_mbox(folder / "many.mbox", numbered(raws, count))
            mbox = measure_mbox(folder / "many.mbox", count, parsing)
            imap = measure_imap(raws, count)
            big = measure_big_file(folder / "big.mbox", raws, int(given.gigabytes * 2**30))
    tell({"database": connection.vendor, "parsing": parsing, "mbox": mbox, "imap": imap,
          "big_file": big})  # fmt: skip


if __name__ == "__main__":
    main()
