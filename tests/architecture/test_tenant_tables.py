"""Every table either belongs to a tenant, with all that this asks for, or is named here."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models
from django.db.models import UniqueConstraint

from tenancy.models import TenantModel, tenant_models
from tests.architecture.sources import APPS

WITHOUT_A_TENANT = {
    "tenancy.Tenant": "is the tenant",
    "accounts.User": "a person may belong to several tenants; memberships say to which",
    "accounts.User_groups": "Django's own; Inledger grants by Role",
    "accounts.User_user_permissions": "Django's own; Inledger grants by Role",
    "accounts.AttemptCounter": "counts tries before it is known who tries",
    "accounts.OneTimeCode": "is sent to a person before they choose a tenant",
    "accounts.RefreshSession": "a person's session, from which they act for any of their tenants",
    "finance.ReferenceRate": "a central bank publishes them, for everybody the same",
    "jobs.ScheduleSlot": "schedules are the installation's",
    "jobs.WorkerHeartbeat": "a worker serves every tenant",
}
# Keys and indexes over all tenants, for work that spans them.
ACROSS_TENANTS = {
    "ApiToken.token_hash": "a token is looked up before its tenant is known",
    "OAuthAttempt.state_hash": "a state is random, and good once anywhere",
    "InboundAddress.token": "whose mail it is is found by it",
    "CalendarFeed.token_hash": "a calendar is looked up before its tenant is known",
    "account_due": "the scheduler looks for due accounts of every tenant",
    "audit_of_actor": "an operator asks what a super admin did anywhere",
    "idempotency_key_age": "old keys of every tenant are removed at once",
    "idempotency_key_once_without_tenant": "for requests that act for no tenant",
    "job_due": "the dispatcher looks for due rows of every tenant",
    "job_due_interactive": "the dispatcher looks for due rows of every tenant",
    "job_published": "the dispatcher counts what it has published for every tenant",
    "job_leases": "the sweeper looks for lost rows of every tenant",
    "job_one_live_per_system_subject": "for jobs of no tenant",
}


def label(model: type[models.Model]) -> str:
    return model._meta.label


def our_models() -> list[type[models.Model]]:
    ours = [
        m for app in APPS for m in apps.get_app_config(app).get_models(include_auto_created=True)
    ]
    return sorted(ours, key=label)


@pytest.mark.parametrize("model", our_models(), ids=label)
def test_a_table_belongs_to_a_tenant_or_says_why_not(model: type[models.Model]) -> None:
    assert issubclass(model, TenantModel) != (label(model) in WITHOUT_A_TENANT), (
        f"{label(model)}: subclass TenantModel, or explain it in WITHOUT_A_TENANT."
    )


def test_the_list_of_tables_without_a_tenant_is_true() -> None:
    assert set(WITHOUT_A_TENANT) <= {label(model) for model in our_models()}


@pytest.mark.parametrize("model", tenant_models(), ids=label)
def test_every_way_to_a_tenant_table_asks_for_the_scope(model: type[TenantModel]) -> None:
    assert model._meta.base_manager_name == "objects", "class Meta(TenantModel.Meta) is missing"
    assert model._meta.default_manager_name == "objects"


@pytest.mark.parametrize("model", tenant_models(), ids=label)
def test_keys_and_indexes_of_a_tenant_table_start_with_the_tenant(
    model: type[TenantModel],
) -> None:
    meta, found = model._meta, []
    for constraint in meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            found.append((constraint.name, constraint.fields))
    found += [(index.name, [f.removeprefix("-") for f in index.fields]) for index in meta.indexes]
    for field in meta.local_fields:
        if field.unique and not field.primary_key:
            found.append((f"{meta.object_name}.{field.name}", [field.name]))
    faults = [name for name, fields in found if list(fields[:1]) != ["tenant"]]
    assert set(faults) <= set(ACROSS_TENANTS)


def test_many_to_many_tables_are_models_of_their_own() -> None:
    hidden = [
        field.name
        for model in tenant_models()
        for field in model._meta.local_many_to_many
        if field.remote_field.through._meta.auto_created  # type: ignore[union-attr]
    ]
    assert hidden == []
