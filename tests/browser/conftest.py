"""A whole installation, as `make run` starts it, and a browser that looks at it.

Nothing in here is faked: web, worker and dispatcher are processes of their own on free loopback
ports, with a data folder of their own; mail that Inledger sends goes to a mail server here.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.migrated import NAME, put_migrated_database

ROOT = Path(__file__).resolve().parent.parent.parent
IMAGES = ROOT / "docs" / "images"
DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 360, "height": 740}
PASSWORD = "nine lives of a cat"
# What is pressed in each step of setting up by somebody who wants none of it.
LED_THROUGH = {
    "you": "Skip this step",
    "mail": "Skip this step",
    "preview": "Yes, begin to book",
    "accounts": "Skip this step",
    "progress": "Finish",
}
# A browser that looks for updates would call home.
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip
# A page waits for a worker and for other tests on the same two cores.
WAIT_MS = 45_000
expect.set_options(timeout=WAIT_MS)
# On an idle machine it takes ten; one that also runs other tests is slower.
START_SECONDS = 240


class Mailroom:
    """An SMTP server that keeps what it is given."""

    def __init__(self) -> None:
        self.received: list[tuple[list[str], str]] = []

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        text = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        self.received.append((list(envelope.rcpt_tos), text.get_content()))
        return "250 Accepted"


@dataclass(frozen=True, slots=True)
class Installation:
    """A running Inledger."""

    url: str
    mail: Mailroom
    database: Path

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What its database says."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            return database.execute(query, values).fetchall()

    def execute(self, statement: str, *values: Any) -> int:
        """Change its database behind its back; how many rows."""
        with closing(sqlite3.connect(self.database, timeout=30)) as database, database:
            return database.execute(statement, values).rowcount

    def latest_code_for(self, email: str, *, seconds: float = 30) -> str:
        """The newest one-time code that was mailed to somebody; waits for the job."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for recipients, text in reversed(self.mail.received):
                found = re.search(r"^\s+(\d{6})\s*$", text, re.MULTILINE)
                if found and email in recipients:
                    return found[1]
            time.sleep(0.2)
        raise AssertionError(f"No code was mailed to {email} within {seconds} s.")

    def latest_link_for(self, email: str, *, seconds: float = 30) -> str:
        """The address of the newest mail to somebody that has one; waits for the job."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for recipients, text in reversed(self.mail.received):
                found = re.search(rf"{re.escape(self.url)}\S+", text)
                if found and email in recipients:
                    return found[0]
            time.sleep(0.2)
        raise AssertionError(f"No link was mailed to {email} within {seconds} s.")


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="package")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    data, port, mail = tmp_path_factory.mktemp("installation"), free_port(), Mailroom()
    smtp = Controller(mail, hostname="127.0.0.1", port=free_port())
    smtp.start()
    environment = {
        **os.environ,
        "DATA_DIR": str(data),
        "PORT": str(port),
        "PUBLIC_URL": f"http://localhost:{port}",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(smtp.port),
        "LOG_LEVEL": "WARNING",
        "MAIL_ALLOWED_PRIVATE_HOSTS": "localhost",
        "WEB_PUSH": "true",
        "PUSH_ALLOWED_PRIVATE_HOSTS": "127.0.0.1",
    }
    for name in ("DATABASE_URL", "BROKER_URL", "DJANGO_SETTINGS_MODULE"):
        environment.pop(name, None)
    put_migrated_database(data / NAME)
    with (data / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait_until_ready(port, process, data / "output.txt")
            yield Installation(f"http://localhost:{port}", mail, data / NAME)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
            smtp.stop()


def _wait_until_ready(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=2)) as web:
                web.request("GET", "/readyz")
                if web.getresponse().status == http.client.OK:
                    return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.3)
    raise AssertionError(f"Inledger did not start:\n{output.read_text(errors='replace')[-4000:]}")


# Playwright's synchronous interface keeps an event loop running in this thread: no longer than
# these tests take, since others of the same process run loops of their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def context(
    request: pytest.FixtureRequest, browser: Browser, installation: Installation
) -> Iterator[BrowserContext]:
    """A browser of its own for each test.

    Requests of a page with a service worker pass by `page.route`; so only the tests that are about
    it have one: `@pytest.mark.parametrize("context", ["allow"], indirect=True)`.
    """
    context = browser.new_context(
        base_url=installation.url, viewport=DESKTOP, color_scheme="light", locale="en-GB",
        timezone_id="Europe/Berlin", reduced_motion="reduce",
        service_workers=getattr(request, "param", "block"),
    )  # fmt: skip
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about: scripts that fail, what the policy refused, 5xx."""
    return []


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Page:
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(f"{message.text} at {message.location}")
            if message.type == "error" and "status of 4" not in message.text
            else None
        ),
    )
    return page


def register(page: Page, installation: Installation, email: str, name: str) -> None:
    """A new person with a ledger of their own, by the pages and the mailed code, who is not led
    through setting it up."""
    sign_up(page, installation, email, name)
    for step, button in LED_THROUGH.items():
        page.wait_for_url(f"**/start/{step}/")
        page.get_by_role("button", name=button).click()
    page.get_by_role("heading", name="Overview").wait_for()


def sign_up(page: Page, installation: Installation, email: str, name: str) -> None:
    """Register, up to the first step of setting up."""
    page.goto("/register/")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    page.get_by_label("Code").fill(installation.latest_code_for(email))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/start/you/")


def sample_archive(path: Path) -> Path:
    """The demo's mailbox, as a person would have it on their disk."""
    samples = ROOT / "tests" / "samples"
    names = [line.strip() for line in (samples / "demo.txt").read_text().splitlines()]
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            if name and not name.startswith("#"):
                archive.write(samples / name, name)
    return path
