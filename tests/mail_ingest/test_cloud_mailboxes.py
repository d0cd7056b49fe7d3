"""Gmail and Outlook over HTTP: connecting by OAuth, and reading by the job into the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from jobs.models import Job, JobState
from mail_ingest.connecting import check_account, fetch_now
from mail_ingest.errors import MailboxError
from mail_ingest.models import AccountState, ConnectedAccount, Email, OAuthAttempt
from mail_ingest.oauth import OAuthError, finish, start, token_source
from mail_ingest.providers.rate import TokenBucket
from mail_ingest.scheduling import enqueue_due_accounts
from mail_ingest.secrets import read_secret
from notifications.models import Notification
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.fakes.gmail import FakeGmail, fake_gmail
from tests.fakes.graph import FakeGraph, fake_graph
from tests.mail_ingest.make import make_message, make_messages
from tests.make import make_member
from tests.pages import signed_in
from tests.running import run_due_jobs

pytestmark = pytest.mark.django_db

SESSION = "a-session"
MANY = 5_000


@pytest.fixture
def google(settings: Any) -> Iterator[FakeGmail]:
    settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = "client", "client-secret"
    settings.GMAIL_UNITS_PER_MINUTE = 10**9
    settings.JOB_BACKOFF_SECONDS = 0
    with fake_gmail() as fake:
        settings.GOOGLE_TOKEN_URL = f"{fake.base}/token"
        settings.GMAIL_ENDPOINT = fake.base
        yield fake


@pytest.fixture
def microsoft(settings: Any) -> Iterator[FakeGraph]:
    settings.MICROSOFT_CLIENT_ID, settings.MICROSOFT_CLIENT_SECRET = "client", "client-secret"
    settings.GRAPH_REQUESTS_PER_MINUTE = 10**9
    settings.JOB_BACKOFF_SECONDS = 0
    with fake_graph() as fake:
        settings.MICROSOFT_TOKEN_URL = f"{fake.base}/token"
        settings.GRAPH_ENDPOINT = f"{fake.base}/v1.0"
        yield fake


@pytest.fixture
def alice(in_tenant: Tenant) -> User:
    return make_member(in_tenant, email="alice@example.org")


def state_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


def connect(user: User, kind: str = "gmail", **options: Any) -> ConnectedAccount:
    state = state_of(start(kind, user_id=user.id, session=SESSION, **options))
    return finish(kind, {"state": state, "code": "good-code"}, user_id=user.id, session=SESSION)


def read_all(account: ConnectedAccount, rounds: int = 60) -> ConnectedAccount:
    """Fetch until a run succeeds, whatever the server does; what is to be tried later is due now,
    and a run that was given up is begun again, as the next poll does."""
    for _ in range(rounds):
        job = fetch_now(account)
        Job.objects.filter(state="ready").update(run_after=timezone.now() - timedelta(seconds=1))
        run_due_jobs(limit=1)
        job.refresh_from_db()
        if job.state == JobState.SUCCEEDED:
            break
    account.refresh_from_db()
    return account


def numbers() -> list[int]:
    return sorted(int(s.split()[-1]) for s in Email.objects.values_list("subject", flat=True))


def test_the_address_asks_for_what_is_needed_and_no_more(google: FakeGmail, alice: User) -> None:
    asked = parse_qs(urlsplit(start("gmail", user_id=alice.id, session=SESSION)).query)
    assert asked["scope"] == ["openid email https://www.googleapis.com/auth/gmail.readonly"]
    assert asked["access_type"] == ["offline"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://localhost:8000/api/v1/auth/google/callback"]


def test_a_connected_mailbox_is_read_and_followed(google: FakeGmail, alice: User) -> None:
    google.deliver(make_messages(250))
    account = read_all(connect(alice))
    assert numbers() == list(range(1, 251))
    assert (account.label, account.subject) == ("ada@gmail.example", "subject-1")
    assert google.forms[0]["code_verifier"]
    google.repeats_history = True
    google.deliver(make_messages(150, first=251))
    lists = google.asked["messages"]
    assert read_all(account).stored_count == 400
    assert numbers() == list(range(1, 401))
    assert google.asked["messages"] - lists < 200, "only what is new was fetched"
    assert read_all(account).stored_count == 400


def test_tokens_are_encrypted_and_shown_nowhere(google: FakeGmail, alice: User) -> None:
    account = connect(alice)
    assert "refresh-1" in read_secret(account)
    assert "refresh-1" not in account.secret
    shown = signed_in(alice).get(f"/api/v1/connected-accounts/{account.id}").json()
    assert shown["scopes"][-1].endswith("gmail.readonly")
    assert shown["token_expires_at"]
    assert "refresh-1" not in str(shown)
    assert "access-1" not in str(shown)


def test_five_thousand_messages_are_stored_once_whatever_gmail_does(
    google: FakeGmail, alice: User
) -> None:
    google.deliver(make_messages(MANY))
    account = connect(alice)
    # Of every hundred requests a few are cut, limited, or fail.
    faults: list[int | str] = [429, "cut", "limit", 503, "cut", 500]
    for place, fault in enumerate(faults * 4):
        google.faults.extend([None] * (17 + place % 5))
        google.faults.append(fault)
    read_all(account)
    assert not google.faults, "every fault was met"
    google.forget_history()
    google.deliver(make_messages(10, first=MANY + 1))
    google.deliver([make_message(1)])
    account = read_all(account)
    assert numbers() == list(range(1, MANY + 11))
    assert (account.stored_count, account.duplicate_count) == (MANY + 10, 1)
    assert account.state == AccountState.ACTIVE


def test_five_thousand_messages_are_stored_once_whatever_graph_does(
    microsoft: FakeGraph, alice: User
) -> None:
    microsoft.deliver(make_messages(MANY))
    account = connect(alice, "outlook")
    faults: list[int | str] = [429, "cut", 503]
    for place, fault in enumerate(faults * 2):
        microsoft.faults.extend([None] * (400 + place))
        microsoft.faults.append(fault)
    read_all(account)
    microsoft.expire()
    microsoft.deliver(make_messages(10, first=MANY + 1))
    microsoft.deliver([make_message(1)])
    account = read_all(account)
    assert numbers() == list(range(1, MANY + 11))
    assert (account.stored_count, account.duplicate_count) == (MANY + 10, 1)
    assert "rotated-" in read_secret(account), "a rotated refresh token is kept"


def test_a_withdrawn_permission_stops_polling_and_is_told_once(
    google: FakeGmail, alice: User
) -> None:
    google.deliver(make_messages(3))
    account = read_all(connect(alice))
    google.is_revoked = True
    ConnectedAccount.objects.update(next_fetch_at=timezone.now())
    for _ in range(3):
        enqueue_due_accounts()
        run_due_jobs()
    account.refresh_from_db()
    assert account.state == AccountState.RECONNECT
    assert "Connect it again" in account.last_error
    assert enqueue_due_accounts() == 0
    notice = Notification.objects.get(kind="mailbox_reconnect")
    assert notice.facts["mailbox"] == "ada@gmail.example"
    google.is_revoked = False
    again = connect(alice, account=account)
    assert again.id == account.id
    notice.refresh_from_db()
    assert notice.cancelled_at is not None
    google.deliver([make_message(4)])
    assert read_all(again).stored_count == 4


def test_an_unticked_box_is_said_in_words(google: FakeGmail, alice: User) -> None:
    google.scope = "openid email"
    with pytest.raises(OAuthError, match="tick its box"):
        connect(alice)
    assert not ConnectedAccount.objects.exists()


def test_without_a_refresh_token_nothing_is_kept(google: FakeGmail, alice: User) -> None:
    google.gives_refresh_token = False
    with pytest.raises(OAuthError, match="third-party apps"):
        connect(alice)


def test_a_wrong_client_secret_is_the_operator_s_to_mend(
    google: FakeGmail, alice: User, settings: Any
) -> None:
    settings.GOOGLE_CLIENT_SECRET = "wrong"
    with pytest.raises(OAuthError, match="client id or secret"):
        connect(alice)


def test_a_state_is_good_once_for_the_same_person_session_and_tenant(
    google: FakeGmail, alice: User, stranger: Tenant
) -> None:
    def state() -> dict[str, str]:
        address = start("gmail", user_id=alice.id, session=SESSION)
        return {"state": state_of(address), "code": "good-code"}

    used = state()
    finish("gmail", used, user_id=alice.id, session=SESSION)
    bob = make_member(stranger, email="bob@example.org")
    wrong: list[dict[str, Any]] = [
        {"answer": used, "user_id": alice.id, "session": SESSION},
        {"answer": state(), "user_id": bob.id, "session": SESSION},
        {"answer": state(), "user_id": alice.id, "session": "another"},
        {"answer": {"state": "made-up", "code": "x"}, "user_id": alice.id, "session": SESSION},
        {"answer": {}, "user_id": alice.id, "session": SESSION},
    ]
    for case in wrong:
        with pytest.raises(OAuthError, match="Begin again"):
            finish("gmail", case.pop("answer"), **case)
    late = state()
    OAuthAttempt.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    with pytest.raises(OAuthError):
        finish("gmail", late, user_id=alice.id, session=SESSION)
    elsewhere = state()
    with tenant_scope(stranger.id), pytest.raises(OAuthError):
        finish("gmail", elsewhere, user_id=alice.id, session=SESSION)


def test_connecting_again_must_choose_the_same_mailbox(google: FakeGmail, alice: User) -> None:
    account = connect(alice)
    google.subject = "subject-2"
    with pytest.raises(OAuthError, match="another mailbox"):
        connect(alice, account=account)


def test_a_mailbox_is_known_by_its_subject_and_not_by_its_address(
    google: FakeGmail, alice: User
) -> None:
    account = connect(alice)
    google.address = "new-name@gmail.example"
    assert connect(alice).id == account.id
    google.subject = "subject-2"
    assert connect(alice).id != account.id


def test_a_mailbox_that_is_being_deleted_does_not_come_back(google: FakeGmail, alice: User) -> None:
    account = connect(alice)
    ConnectedAccount.objects.update(state=AccountState.DELETING)
    with pytest.raises(OAuthError, match="being deleted"):
        connect(alice)
    account.refresh_from_db()
    assert account.state == AccountState.DELETING


def test_a_paused_mailbox_that_is_connected_again_stays_paused(
    google: FakeGmail, alice: User
) -> None:
    account = connect(alice)
    ConnectedAccount.objects.update(state=AccountState.PAUSED, next_fetch_at=None)
    connect(alice, account=account)
    account.refresh_from_db()
    assert (account.state, account.next_fetch_at) == (AccountState.PAUSED, None)


def test_connecting_again_leaves_how_far_a_running_fetch_has_come(
    google: FakeGmail, alice: User
) -> None:
    """The attempt holds the account as it was before the fetch went on."""
    account = connect(alice)
    state = state_of(start("gmail", user_id=alice.id, session=SESSION, account=account))
    ConnectedAccount.objects.update(cursor={"history": "7"}, stored_count=5)
    finish("gmail", {"state": state, "code": "good-code"}, user_id=alice.id, session=SESSION)
    account.refresh_from_db()
    assert (account.cursor, account.stored_count) == ({"history": "7"}, 5)


def test_what_another_job_has_renewed_is_used_and_not_overwritten(
    microsoft: FakeGraph, alice: User
) -> None:
    account = connect(alice, "outlook")
    ConnectedAccount.objects.update(token_expires_at=timezone.now())
    one, two = token_source(account), token_source(account)
    first = one.access_token(renew=True)
    kept = read_secret(ConnectedAccount.objects.get())
    assert two.access_token(renew=True) == first
    assert read_secret(ConnectedAccount.objects.get()) == kept


def test_of_two_that_renew_at_once_the_first_is_kept(microsoft: FakeGraph, alice: User) -> None:
    account = connect(alice, "outlook")
    late = token_source(account)
    slow = late.store.newest
    late.store.newest = lambda: None  # type: ignore[method-assign] # as if at the same moment
    first = token_source(account).access_token(renew=True)
    late.access_token(renew=True)
    assert first in read_secret(ConnectedAccount.objects.get())
    late.store.newest = slow  # type: ignore[method-assign]
    assert late.access_token(renew=True) == first


def test_a_page_whose_name_has_run_out_is_listed_anew(google: FakeGmail, alice: User) -> None:
    google.deliver(make_messages(250))
    account = connect(alice)
    page = {"history": "1000", "at": timezone.now().isoformat(), "page": "1-100", "done": 100}
    ConnectedAccount.objects.update(cursor=page)
    google.page_names = 2
    account.refresh_from_db()
    read_all(account)
    assert Email.objects.count() == 250


def test_a_server_that_forgets_at_once_is_tried_again_later(
    microsoft: FakeGraph, alice: User
) -> None:
    microsoft.deliver(make_messages(3))
    account = connect(alice, "outlook")
    microsoft.forgets_everything = True
    job = fetch_now(account)
    run_due_jobs()
    job.refresh_from_db()
    assert "forgotten" in job.error
    microsoft.forgets_everything = False
    account.refresh_from_db()
    read_all(account)
    assert Email.objects.count() == 3


def test_attempts_that_nobody_finished_are_forgotten(google: FakeGmail, alice: User) -> None:
    start("gmail", user_id=alice.id, session=SESSION)
    OAuthAttempt.objects.update(created_at=timezone.now() - timedelta(hours=1))
    start("gmail", user_id=alice.id, session=SESSION)
    assert OAuthAttempt.objects.count() == 1


def test_the_pages_send_a_person_there_and_take_them_back(google: FakeGmail, alice: User) -> None:
    browser = signed_in(alice)
    there = browser.post("/api/v1/auth/google/start")
    assert there.status_code == 302
    assert there.headers["Location"].startswith("https://accounts.google.com/")
    answer = {"state": state_of(there.headers["Location"]), "code": "good-code"}
    back = browser.get("/api/v1/auth/google/callback", answer)
    assert back.headers["Location"] == "/connected-accounts/"
    page = browser.get("/connected-accounts/").content.decode()
    assert "ada@gmail.example is connected" in page
    again = browser.get("/api/v1/auth/google/callback", answer)
    assert "Begin again" in browser.get(again.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    ("asked", "led"),
    [("/start/preview/", "/start/preview/"), ("//evil.example/", "/connected-accounts/")],
)
def test_who_was_setting_up_goes_on_there(
    google: FakeGmail, alice: User, asked: str, led: str
) -> None:
    browser = signed_in(alice)
    page = browser.get("/connected-accounts/new/", {"next": asked}).content.decode()
    assert f"/api/v1/auth/google/start?next={quote(asked)}" in page
    there = browser.post(f"/api/v1/auth/google/start?next={quote(asked)}")
    answer = {"state": state_of(there.headers["Location"]), "code": "good-code"}
    assert browser.get("/api/v1/auth/google/callback", answer).headers["Location"] == led


def test_a_refused_consent_says_what_to_do(google: FakeGmail, alice: User) -> None:
    browser = signed_in(alice)
    there = browser.get("/api/v1/auth/google/start").json()["authorization_url"]
    answer = {"state": state_of(there), "error": "access_denied"}
    browser.get("/api/v1/auth/google/callback", answer)
    assert "agree to reading" in browser.get("/connected-accounts/").content.decode()


def test_without_a_client_the_guide_is_named(alice: User) -> None:
    refused = signed_in(alice).get("/api/v1/auth/google/start")
    assert refused.json()["code"] == "no_client"
    assert "docs/connecting-google.md" in refused.json()["detail"]


def test_who_may_not_write_mail_may_not_connect(google: FakeGmail, in_tenant: Tenant) -> None:
    assert Client().get("/api/v1/auth/google/start").status_code == 401


def test_a_check_tells_of_a_lost_permission(google: FakeGmail, alice: User) -> None:
    account = connect(alice)
    assert check_account(account).folders == {"Gmail": 0}
    google.is_revoked = True
    with pytest.raises(MailboxError, match=r"no longer accepts|no longer lets"):
        check_account(account)


def test_the_quota_is_kept_by_waiting() -> None:
    now, waited = [0.0], []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    bucket = TokenBucket(600, clock=lambda: now[0], sleep=sleep)
    for _ in range(50):
        bucket.take(20)
    # A burst of 100 units, then 10 a second.
    assert sum(waited) == pytest.approx((50 * 20 - 100) / 10)
