"""Files beside tasks, at their doors, and links of tasks to contacts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Role
from accounts.tokens import start_session
from finance import files
from finance.models import Attachment
from finance.querysets import today
from jobs.models import Job
from jobs.runner import JobRunner
from organizer.contacts.keeping import add_contact
from organizer.contacts.merging import merge_contacts
from organizer.models import Task, TaskAttachment
from organizer.todo import add_task, complete_task, remove_task
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.make import make_member
from tests.pages import member, part

API = "/api/v1/task-attachments"
PDF = b"%PDF-1.7\n<script>alert(1)</script>"


@pytest.fixture
def task(in_tenant: Tenant) -> Task:
    return add_task("Return the shoes")


def file(data: bytes = PDF, name: str = "label.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="text/html")


def api_of(row: Task, **fields: Any) -> APIClient:
    user = make_member(Tenant.objects.get(pk=row.tenant_id), **fields)
    return APIClient(headers={"Authorization": f"Bearer {start_session(user).access}"})


def test_the_api_attaches_lists_gives_removes_and_brings_back(task: Task) -> None:
    api = api_of(task)
    body: Any = {"task": str(task.pk), "file": file(name="../label.pdf")}
    made = api.post(API, body, format="multipart")
    assert made.status_code == 201, made.json()
    kept = made.json()
    assert (kept["task"], kept["name"]) == (str(task.pk), "label.pdf")
    again = api.post(API, body | {"file": file()}, format="multipart").json()
    assert again["id"] == kept["id"], "the same bytes are kept once"
    url = f"{API}/{kept['id']}"
    got = api.get(f"{url}/download")
    assert (got.content, got["Content-Type"]) == (PDF, "application/pdf")
    assert "sandbox" in got["Content-Security-Policy"]
    assert api.delete(url).status_code == 204
    removed = api.get(API, {"is_removed": "true", "task": str(task.pk)}).json()["data"]
    assert [each["id"] for each in removed] == [kept["id"]]
    assert api.post(f"{url}/restore").json()["removed_at"] is None
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"<html>", "unknown_type"), (PDF + b"x" * files.LARGEST, "too_large"), (b"", "empty")],
)
def test_what_is_no_document_is_refused(task: Task, data: bytes, code: str) -> None:
    answer = api_of(task).post(API, {"task": str(task.pk), "file": file(data)}, format="multipart")
    assert (answer.status_code, code in answer.content.decode()) == (400, True)
    assert not TaskAttachment.objects.exists()


def test_only_members_who_may_see_tasks_get_a_file(task: Task, stranger: Tenant) -> None:
    kept = files.attach(TaskAttachment, task.pk, "label.pdf", PDF)
    for address in (f"/tasks/files/{kept.pk}/", f"/tasks/files/{kept.pk}/decide/"):
        assert Client().get(address).status_code in (302, 405)
    with tenant_scope(stranger.pk):
        browser = member(stranger, email="eve@example.org")
        theirs = add_task("theirs")
    assert browser.get(f"/tasks/files/{kept.pk}/").status_code == 404
    decide = f"/tasks/files/{kept.pk}/decide/"
    assert browser.post(decide, {"verb": "remove"}).status_code == 404
    assert browser.post(f"/tasks/{task.pk}/attach/", {"file": file()}).status_code == 404
    api = api_of(theirs, email="eve2@example.org")
    assert api.get(f"{API}/{kept.pk}/download").status_code == 404
    refused = api.post(API, {"task": str(task.pk), "file": file()}, format="multipart")
    assert refused.status_code == 404
    kept.refresh_from_db()
    assert kept.removed_at is None


def test_the_drawer_attaches_removes_and_undoes(task: Task) -> None:
    browser = member(Tenant.objects.get(pk=task.tenant_id))
    address = f"/tasks/{task.pk}/attach/"
    assert "label.pdf" in browser.post(address, {"file": file()}).content.decode()
    wrong = browser.post(address, {"file": file(b"<html>")})
    assert (wrong.status_code, "PDF or a photo" in wrong.content.decode()) == (422, True)
    assert browser.post(address).status_code == 422
    kept = TaskAttachment.objects.get()
    got = browser.get(f"/tasks/files/{kept.pk}/")
    assert (got.content, got["Content-Disposition"]) == (PDF, 'attachment; filename="label.pdf"')
    decide = f"/tasks/files/{kept.pk}/decide/"
    assert "is removed" in browser.post(decide, {"verb": "remove"}).content.decode()
    assert "label.pdf</a>" in browser.post(decide, {"verb": "restore"}).content.decode()
    Role.objects.create(key="viewer", name="Viewer", permissions=["tasks:read"])
    reader = member(Tenant.objects.get(pk=task.tenant_id), "viewer", email="ron@example.org")
    assert "label.pdf</a>" in part(reader, f"/tasks/{task.pk}/").content.decode()
    assert reader.post(decide, {"verb": "remove"}).status_code == 403


def test_removed_files_are_dropped_after_thirty_days_and_with_their_task(task: Task) -> None:
    old, new = (files.attach(TaskAttachment, task.pk, f"{n}.pdf", PDF + bytes([n])) for n in (1, 2))
    for each in (old, new):
        files.remove(TaskAttachment, each.pk)
    TaskAttachment.objects.filter(pk=old.pk).update(removed_at=timezone.now() - timedelta(31))
    job = JobRunner.enqueue("organizer.drop_files", tenant_id=None)
    Job.objects.filter(pk=job.pk).update(state="queued")
    JobRunner.run(job.pk)
    job.refresh_from_db()
    assert job.result == {"dropped": 1}
    assert TaskAttachment.objects.get().pk == new.pk
    remove_task(task.pk)
    assert not TaskAttachment.objects.exists()


# --- Contacts -----------------------------------------------------------------------------------


def test_a_task_is_linked_to_a_contact_and_shown_there(task: Task) -> None:
    tenant = Tenant.objects.get(pk=task.tenant_id)
    contact = add_contact(name="Doctor Lem")
    browser, api = member(tenant), api_of(task, email="bob@example.org")
    link = f"/tasks/{task.pk}/link/"
    shown = browser.post(link, {"address": f"https://home.example/contacts/{contact.pk}/"},
                         headers={"HX-Request": "true"})  # fmt: skip
    assert "Doctor Lem" in shown.content.decode()
    assert task.title in browser.get(f"/contacts/{contact.pk}/").content.decode()
    (listed,) = api.get("/api/v1/tasks", {"contact": str(contact.pk)}).json()["data"]
    assert listed["links"] == [{"kind": "contact", "id": str(contact.pk)}]
    # One that was joined into another is found at that.
    other = add_contact(name="Dr. Lem")
    merge_contacts(contact.pk, other.pk)
    assert task.title in browser.get(f"/contacts/{other.pk}/").content.decode()
    complete_task(task.pk)
    assert task.title not in browser.get(f"/contacts/{other.pk}/").content.decode()


def test_the_next_of_a_series_is_about_the_same(in_tenant: Tenant, stranger: Tenant) -> None:
    contact = add_contact(name="Doctor Lem")
    api = api_of(add_task("x"))
    links = [{"kind": "contact", "id": str(contact.pk)}]
    body = {"title": "Check-up", "due_on": today().isoformat(), "rule": "FREQ=YEARLY"}
    made = api.post("/api/v1/tasks", body | {"links": links}, format="json").json()
    api.post(f"/api/v1/tasks/{made['id']}/complete")
    (following,) = api.get("/api/v1/tasks", {"contact": str(contact.pk), "state": "open"}).json()[
        "data"
    ]
    assert (following["follows"], following["links"]) == (made["id"], links)
    with tenant_scope(stranger.pk):
        theirs = add_contact(name="Theirs")
    wrong = api.post(
        "/api/v1/tasks",
        {"title": "x", "links": [{"kind": "contact", "id": str(theirs.pk)}]},
        format="json",
    )
    assert (wrong.status_code, "unknown_reference" in wrong.content.decode()) == (400, True)
