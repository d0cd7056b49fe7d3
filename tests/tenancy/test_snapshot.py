from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from config import urls
from tenancy.models import Tenant
from tenancy.pages import page
from tenancy.snapshot import snapshot
from tests.make import make_member


@page()
def broken(request: HttpRequest) -> HttpResponse:
    """A page whose query the database refuses."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT no_such_column")
    return HttpResponse()


urlpatterns = [path("broken/", broken), *urls.urlpatterns]
handler500 = urls.handler500


@pytest.mark.django_db(transaction=True)
def test_reads_share_a_transaction_where_that_keeps_no_writer_waiting() -> None:
    with snapshot():
        assert connection.in_atomic_block == (connection.vendor == "postgresql")
        with snapshot():
            assert not connection.savepoint_ids
    assert not connection.in_atomic_block


@pytest.mark.django_db(transaction=True)
def test_what_the_database_refuses_still_ends_in_a_page(
    tenant: Tenant, settings: LazySettings
) -> None:
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False)
    client.force_login(make_member(tenant))
    answer = client.get("/broken/")
    assert answer.status_code == 500
    assert b"<html" in answer.content
    assert client.get("/transactions/").status_code == 200
