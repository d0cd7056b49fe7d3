"""Setting up in five steps: what each shows and does, for whom; nothing is booked early."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import User
from accounts.tenants import to_be_set_up
from config.onboarding.example import example
from config.onboarding.steps import STEPS
from extraction.models import EmailExtraction, ExtractionState
from finance.accounts import open_account
from finance.models import AccountOrigin, FinancialAccount, LedgerChange, Transaction
from finance.money import Money
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.extraction.test_pipeline import import_mail, run_jobs
from tests.finance.make import make_account, make_proposed
from tests.make import make_member, make_tenant
from tests.pages import member, part, signed_in

ADDRESSES = [
    "/start/you/", "/start/mail/", "/start/preview/", "/start/accounts/", "/start/progress/",
]  # fmt: skip
SALARY, RENT = "de-demo-0601-salary.eml", "de-demo-0603-rent.eml"
YOU = {
    "name": "Lena Brandt", "ledger": "Home", "language": "de", "currency": "CHF",
    "time_zone": "Europe/Zurich",
}  # fmt: skip


@pytest.fixture
def fresh(in_tenant: Tenant) -> Tenant:
    """A tenant as registering makes it."""
    for name, value in to_be_set_up(1).items():
        setattr(in_tenant, name, value)
    in_tenant.save()
    return in_tenant


@pytest.fixture
def browser(fresh: Tenant) -> Client:
    return member(fresh)


def page(browser: Client, address: str, status: int = 200) -> str:
    answer = browser.get(address)
    assert answer.status_code == status
    return str(answer.content.decode())


def step_of(tenant: Tenant) -> int | None:
    tenant.refresh_from_db()
    return tenant.onboarding_step


# --- All of them ---------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/start/", *ADDRESSES])
def test_only_who_may_change_the_ledger_sets_it_up(fresh: Tenant, address: str) -> None:
    other = member(fresh, "user", email="bob@example.org")
    assert other.get(address).status_code == 403
    assert other.post(address).status_code in (403, 405)
    assert Client().get(address)["Location"].startswith("/login/")


def test_every_step_has_an_address_can_be_skipped_and_is_where_one_goes_on(
    browser: Client, fresh: Tenant
) -> None:
    for step, following in zip(STEPS, [*ADDRESSES[1:], "/"], strict=True):
        assert browser.get("/start/")["Location"] == step.href
        html = page(browser, step.href)
        assert 'aria-current="step"' in html
        answer = browser.post(reverse("onboarding_skip", args=[step.key]))
        assert answer["Location"] == following
    assert step_of(fresh) is None
    assert browser.post("/start/nothing/skip/").status_code == 404
    assert browser.get("/start/you/skip/").status_code == 405


def test_going_back_does_not_undo_how_far_one_has_come(browser: Client, fresh: Tenant) -> None:
    for key in ("you", "mail", "preview"):
        browser.post(f"/start/{key}/skip/")
    browser.post("/start/you/skip/")
    assert step_of(fresh) == 4
    assert page(browser, "/start/you/").count('class="done"') == 2, "the preview wants a yes"


def test_the_overview_leads_back_until_it_is_done(browser: Client, fresh: Tenant) -> None:
    browser.post("/start/you/skip/")
    html = page(browser, "/")
    assert "Step 2 of 5" in html
    assert 'href="/start/mail/"' in html
    for key in ("mail", "preview", "accounts", "progress"):
        browser.post(f"/start/{key}/skip/")
    assert "Nothing is booked before you have seen" in page(browser, "/"), "nobody has said yes"
    browser.post("/start/preview/")
    assert "/start/" not in page(browser, "/")
    assert step_of(fresh) is None


def test_a_ledger_that_was_there_before_is_not_asked(in_tenant: Tenant) -> None:
    browser = member(in_tenant)
    assert "/start/" not in page(browser, "/")
    import_mail([SALARY])
    assert Transaction.objects.count() == 1
    for address in ADDRESSES:
        page(browser, address)
    browser.post("/start/mail/skip/")
    assert step_of(in_tenant) is None


# --- 1: who and which currency -------------------------------------------------------------------


def test_who_one_is_and_the_currency_are_kept(browser: Client, fresh: Tenant) -> None:
    answer = browser.post("/start/you/", YOU)
    assert answer["Location"] == "/start/mail/"
    fresh.refresh_from_db()
    user = User.objects.get()
    assert (user.name, user.language, user.time_zone) == ("Lena Brandt", "de", "Europe/Zurich")
    assert (fresh.name, fresh.currency, fresh.time_zone) == ("Home", "CHF", "Europe/Zurich")
    assert fresh.onboarding_step == 2


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("currency", "XYZ"), ("language", "tlh"), ("time_zone", "Moon/Sea"), ("ledger", " ")],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    browser: Client, fresh: Tenant, field: str, wrong: str
) -> None:
    answer = browser.post("/start/you/", YOU | {field: wrong})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Lena Brandt"' in html
    assert 'class="errorlist"' in html
    assert step_of(fresh) == 1
    assert fresh.currency == "EUR"


@pytest.mark.parametrize(
    ("chosen", "seen"),
    [
        ({"language": "en", "currency": "USD"}, "$1,234.56"),
        ({"language": "de", "currency": "EUR"}, "1.234,56\N{NO-BREAK SPACE}€"),
        ({"language": "en", "currency": "JPY"}, "¥1,234"),
        ({"language": "en", "currency": "KWD"}, "1,234.567"),
        ({"language": "en", "currency": "XYZ"}, "€1,234.56"),
        ({}, "€1,234.56"),
    ],
)
def test_the_example_follows_what_is_chosen(
    browser: Client, fresh: Tenant, chosen: dict[str, str], seen: str
) -> None:
    zone = {"time_zone": "Asia/Tokyo"}
    html = part(browser, "/start/you/example/", **chosen | zone).content.decode()
    assert seen in html
    fresh.refresh_from_db()
    assert fresh.currency == "EUR", "looking changes nothing"


def test_the_example_tells_the_time_there(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: new_year)
    chosen = {"language": "de", "currency": "EUR", "time_zone": "Europe/Berlin"}
    html = example(rf.get("/"), chosen)
    assert "1. Januar 2027" in html
    assert "00:30" in html


# --- 2: mail -------------------------------------------------------------------------------------


def test_mail_comes_in_three_ways_and_leads_on(browser: Client) -> None:
    html = page(browser, "/start/mail/")
    assert 'href="/connected-accounts/new/?next=/start/preview/"' in html
    assert 'data-next="/start/preview/"' in html
    assert "There is mail already" not in html
    answer = browser.post("/import-sample/?next=/start/preview/")
    assert answer["Location"] == "/start/preview/"
    assert "Sample mailbox" in page(browser, "/start/mail/")


def test_nobody_is_led_elsewhere(browser: Client) -> None:
    answer = browser.post("/import-sample/?next=https://elsewhere.example/")
    assert answer["Location"] == "/"


# --- 3: what was recognised ----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_what_was_recognised_is_shown_before_anything_is_booked(
    browser: Client, fresh: Tenant
) -> None:
    assert "No mail yet" in page(browser, "/start/preview/")
    import_mail([SALARY, RENT])
    html = page(browser, "/start/preview/")
    assert html.count('class="row recognised"') == 2
    assert html.count("Books itself") == 2
    assert "\N{MINUS SIGN}€" in html
    assert "+€" in html
    assert "…4417" in html
    assert not Transaction.objects.exists()

    assert browser.post("/start/preview/")["Location"] == "/start/accounts/"
    run_jobs()
    assert Transaction.objects.count() == 2
    assert "You have said yes" in page(browser, "/start/preview/")
    assert step_of(fresh) == 4


@pytest.mark.django_db(transaction=True)
def test_what_would_be_asked_says_why(browser: Client) -> None:
    import_mail([SALARY], is_own=False)
    html = page(browser, "/start/preview/")
    assert "Books itself" not in html
    assert "pill warn" in html
    assert re.search(r"Would ask you</dt>\s*<dd>\s*1\s*</dd>", html)


@pytest.mark.django_db(transaction=True)
def test_the_list_fills_itself_while_mail_is_read(
    browser: Client, django_assert_max_num_queries: Any
) -> None:
    browser.post("/import-sample/")
    assert 'hx-trigger="every 2s"' in part(browser, "/start/preview/").content.decode()
    run_jobs()
    with django_assert_max_num_queries(14):
        html = part(browser, "/start/preview/").content.decode()
    assert "every 2s" not in html
    assert "<html" not in html
    assert html.count('class="row recognised"') == 20


@pytest.mark.django_db(transaction=True)
def test_another_tenants_mail_is_not_seen(browser: Client, fresh: Tenant) -> None:
    with tenant_scope(make_tenant(name="Other", **to_be_set_up(1)).pk):
        import_mail([SALARY])
        assert EmailExtraction.objects.filter(state=ExtractionState.HELD).exists()
    assert "No mail yet" in page(browser, "/start/preview/")
    browser.post("/start/preview/")
    other = Tenant.objects.exclude(pk=fresh.pk).get()
    assert other.booking_held_since is not None


# --- 4: accounts ---------------------------------------------------------------------------------


def account_fields(account: FinancialAccount, **said: str) -> dict[str, str]:
    kept = {"name": account.name, "kind": account.kind, "opening": str(account.opening.decimal)}
    return {
        f"{prefix}{account.pk}-{name}": value
        for prefix, values in (("initial-", kept), ("", kept | said))
        for name, value in values.items()
    }


@pytest.fixture
def giro(fresh: Tenant) -> FinancialAccount:
    return open_account("Hansebank", "EUR", number="4417", origin=AccountOrigin.MESSAGE)


def test_accounts_are_accepted_as_they_are(browser: Client, giro: FinancialAccount) -> None:
    before = LedgerChange.objects.count()
    answer = browser.post("/start/accounts/", account_fields(giro))
    assert answer["Location"] == "/start/progress/"
    assert LedgerChange.objects.count() == before, "nothing is locked that nobody has changed"


def test_accounts_are_changed(browser: Client, giro: FinancialAccount) -> None:
    said = {"name": "Household", "kind": "savings", "opening": "12.30"}
    browser.post("/start/accounts/", account_fields(giro, **said))
    giro.refresh_from_db()
    assert (giro.name, giro.kind) == ("Household", "savings")
    assert giro.opening == Money(1230, "EUR")


def test_what_messages_moved_meanwhile_stays(browser: Client, giro: FinancialAccount) -> None:
    typed = account_fields(giro, name="Household")
    FinancialAccount.objects.filter(pk=giro.pk).update(opening_minor=5000)
    browser.post("/start/accounts/", typed)
    giro.refresh_from_db()
    assert (giro.name, giro.opening_minor) == ("Household", 5000)


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"kind": "sock"}, {"opening": "much"}, {"opening": "1.234"}]
)
def test_a_mistake_in_one_account_changes_none(
    browser: Client, giro: FinancialAccount, wrong: dict[str, str]
) -> None:
    card = make_account("Card")
    typed = account_fields(card, name="Visa") | account_fields(giro, **wrong)
    answer = browser.post("/start/accounts/", typed)
    assert answer.status_code == 422
    assert 'value="Visa"' in answer.content.decode()
    card.refresh_from_db()
    assert card.name == "Card"


def test_another_tenants_account_is_out_of_reach(browser: Client, giro: FinancialAccount) -> None:
    with tenant_scope(make_tenant(name="Other").pk):
        theirs = make_account("Theirs")
        typed = account_fields(theirs, name="Mine now")
    assert "Theirs" not in page(browser, "/start/accounts/")
    browser.post("/start/accounts/", typed | account_fields(giro))
    with tenant_scope(theirs.tenant_id):
        theirs.refresh_from_db()
        assert theirs.name == "Theirs"


# --- 5: ready ------------------------------------------------------------------------------------


def test_the_end_leads_to_what_waits(browser: Client, fresh: Tenant) -> None:
    assert "Finish, and see the overview" in page(browser, "/start/progress/")
    make_proposed(make_account())
    html = page(browser, "/start/progress/")
    assert "Finish, and review 1 item" in html
    assert "Nothing is booked before you say so" in html
    assert browser.post("/start/progress/")["Location"] == "/review/"
    assert step_of(fresh) is None


def test_progress_is_a_part_of_the_page(browser: Client) -> None:
    html = part(browser, "/start/progress/").content.decode()
    assert "<html" not in html
    assert 'id="progress"' in html


# --- Where it begins -----------------------------------------------------------------------------


def test_the_partner_who_joins_later_is_not_led_through(fresh: Tenant) -> None:
    partner = signed_in(make_member(fresh, "user", email="bob@example.org"))
    assert "/start/" not in page(partner, "/")
