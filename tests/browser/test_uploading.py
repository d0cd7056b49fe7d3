"""A large file is uploaded in the page while the connection is cut, and the page closed."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Installation, register

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

MEGABYTE = 2**20
READ_MS = 90_000


def large_mbox(path: Path, megabytes: int) -> Path:
    """Messages of a megabyte each."""
    with path.open("wb") as file:
        for number in range(megabytes):
            head = (
                f"From a@b.example Tue Mar  3 10:00:00 2026\nFrom: a@b.example\n"
                f"Subject: Photo {number}\nMessage-ID: <{number}@b.example>\n\n"
            ).encode()
            body = os.urandom(MEGABYTE // 2).hex().encode()
            file.write(head + body[: MEGABYTE - len(head) - 2] + b"\n\n")
    return path


def cut(pieces: set[int]) -> Callable[[Route], None]:
    """Lets requests pass but for these of the pieces, by their number; they fail underway."""
    seen = 0

    def handle(route: Route) -> None:
        nonlocal seen
        if route.request.method == "PATCH":
            seen += 1
            if seen in pieces:
                route.abort("connectionreset")
                return
        route.continue_()

    return handle


def choose(page: Page, file: Path) -> None:
    page.goto("/connected-accounts/upload/")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Import").click()


def get(page: Page, path: str) -> dict[str, Any]:
    found: dict[str, Any] = page.request.get(f"/api/v1/{path}").json()
    return found


def uploads(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(page, "mail-uploads")["data"]
    return found


def until(page: Page, condition: Callable[[], bool]) -> None:
    for _ in range(READ_MS // 200):
        if condition():
            return
        page.wait_for_timeout(200)
    raise AssertionError("It did not come to that.")


def test_an_upload_goes_on_where_the_connection_was_cut(
    page: Page, installation: Installation, complaints: list[str], tmp_path: Path
) -> None:
    register(page, installation, "upload@example.org", "Ada Brandt")
    file = large_mbox(tmp_path / "Mailbox.mbox", 14)
    page.route("**/api/v1/mail-uploads/*", cut({2, 3}))
    choose(page, file)
    expect(page.get_by_text("The connection was cut.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"of 14 MB are sent"))).to_be_visible()
    page.wait_for_url(installation.url + "/", timeout=READ_MS)
    (upload,) = uploads(page)
    assert upload["offset"] == upload["size"] == file.stat().st_size
    imports = get(page, "mail-imports")["data"]
    assert [row["id"] for row in imports] == [upload["import_id"]]
    until(page, lambda: get(page, f"mail-imports/{upload['import_id']}")["stored_count"] == 14)
    assert [text for text in complaints if "ERR_CONNECTION_RESET" not in text] == []


def test_the_same_file_goes_on_after_the_page_was_closed(
    page: Page, installation: Installation, tmp_path: Path
) -> None:
    register(page, installation, "again@example.org", "Tom Brandt")
    file = large_mbox(tmp_path / "Mailbox.mbox", 10)
    page.route("**/api/v1/mail-uploads/*", cut(set(range(2, 1000))))
    choose(page, file)
    expect(page.get_by_text("The connection was cut.")).to_be_visible()
    half_sent(page, installation, file)
    before = uploads(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.unroute("**/api/v1/mail-uploads/*")
    choose(page, file)
    page.wait_for_url(installation.url + "/", timeout=READ_MS)
    (upload,) = uploads(page)
    assert upload["id"] == before[0]["id"] and upload["import_id"]


def test_an_upload_goes_on_in_another_browser(
    page: Page, installation: Installation, tmp_path: Path
) -> None:
    register(page, installation, "elsewhere@example.org", "Mia Brandt")
    file = large_mbox(tmp_path / "Mailbox.mbox", 6)
    begun = page.request.post(
        "/api/v1/mail-uploads",
        data={"name": file.name, "size": file.stat().st_size},
        headers={"X-CSRFToken": csrf(page)},
    ).json()
    half_sent(page, installation, file)
    page.goto("/connected-accounts/")
    expect(page.get_by_text("293.0 KB of 6.0 MB have come")).to_be_visible()
    page.get_by_role("link", name="Go on with Mailbox.mbox").click()
    other = large_mbox(tmp_path / "Other.mbox", 1)
    page.get_by_label("File").set_input_files(other)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not Mailbox.mbox")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    page.wait_for_url(installation.url + "/", timeout=READ_MS)
    (upload,) = uploads(page)
    assert upload["id"] == begun["id"] and upload["import_id"]


def csrf(page: Page) -> str:
    return next(c["value"] for c in page.context.cookies() if c["name"] == "csrftoken")


def half_sent(page: Page, installation: Installation, file: Path) -> None:
    """A piece of a megabyte on a connection that is closed after 300 kB of it: those are kept."""
    (upload,) = uploads(page)
    offset = upload["offset"]
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    port = urlsplit(installation.url).port or 80
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(
            (
                f"PATCH /api/v1/mail-uploads/{upload['id']} HTTP/1.1\r\nHost: localhost:{port}\r\n"
                f"Cookie: {'; '.join(f'{name}={value}' for name, value in cookies.items())}\r\n"
                f"X-CSRFToken: {cookies['csrftoken']}\r\nUpload-Offset: {offset}\r\n"
                f"Content-Type: application/offset+octet-stream\r\nContent-Length: {MEGABYTE}\r\n"
                "\r\n"
            ).encode()
            + file.read_bytes()[offset : offset + 300_000]
        )
    until(page, lambda: get(page, f"mail-uploads/{upload['id']}")["offset"] == offset + 300_000)


def test_what_is_no_mail_is_said_in_the_page(
    page: Page, installation: Installation, complaints: list[str], tmp_path: Path
) -> None:
    register(page, installation, "wrong@example.org", "Eva Brandt")
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"\xff\xd8\xff" + os.urandom(6 * MEGABYTE))
    choose(page, file)
    expect(page.get_by_role("alert")).to_contain_text("“photo.jpg” is not mail")
    expect(page.get_by_role("button", name="Import")).to_be_enabled()
    assert uploads(page) == [] and complaints == []
