"""Encrypted fields: bound to their place, rotating keys, found again by a blind index."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tenancy.encryption import (
    DecryptionError,
    blind_index,
    blind_indexes,
    decrypt,
    encrypt,
    new_field_key,
)
from tenancy.ids import new_id

OLD, NEW = new_field_key("2025"), new_field_key("2026")
PLACE: dict[str, Any] = {
    "tenant_id": new_id(),
    "field": "connectedaccount.password",
    "pk": new_id(),
}
TEXT = "pässword 🔑"


@pytest.fixture(autouse=True)
def keys(settings: Any) -> Any:
    settings.FIELD_KEYS = f"{NEW},{OLD}"
    return settings


def test_a_value_comes_back_in_its_own_place() -> None:
    sealed = encrypt(TEXT, **PLACE)
    assert sealed.startswith("2026:")
    assert TEXT not in sealed
    assert sealed != encrypt(TEXT, **PLACE)
    assert decrypt(sealed, **PLACE) == TEXT


@pytest.mark.parametrize(
    "moved", [{"tenant_id": new_id()}, {"field": "financialaccount.number"}, {"pk": new_id()}]
)
def test_a_value_moved_elsewhere_does_not_decrypt(moved: dict[str, Any]) -> None:
    with pytest.raises(DecryptionError, match="belongs to another row"):
        decrypt(encrypt(TEXT, **PLACE), **PLACE | moved)


def test_a_changed_or_cut_value_does_not_decrypt() -> None:
    sealed = encrypt(TEXT, **PLACE)
    raw = bytearray(base64.urlsafe_b64decode(sealed.removeprefix("2026:")))
    raw[-1] ^= 1
    changed = "2026:" + base64.urlsafe_b64encode(raw).decode()
    for broken in (changed, sealed[:20], "2026:", "2026:%%%"):
        with pytest.raises(DecryptionError):
            decrypt(broken, **PLACE)


def test_an_older_key_still_decrypts_and_a_missing_one_is_named(settings: Any) -> None:
    settings.FIELD_KEYS = OLD
    sealed = encrypt(TEXT, **PLACE)
    index = blind_index("DE89", tenant_id=PLACE["tenant_id"], field="iban")
    settings.FIELD_KEYS = f"{NEW},{OLD}"
    assert decrypt(sealed, **PLACE) == TEXT
    assert index in blind_indexes("DE89", tenant_id=PLACE["tenant_id"], field="iban")
    settings.FIELD_KEYS = NEW
    with pytest.raises(DecryptionError, match="“2025”"):
        decrypt(sealed, **PLACE)


def test_a_blind_index_differs_by_tenant_and_field() -> None:
    tenant = PLACE["tenant_id"]
    indexes = {
        blind_index("DE89", tenant_id=tenant, field="iban"),
        blind_index("DE89", tenant_id=new_id(), field="iban"),
        blind_index("DE89", tenant_id=tenant, field="number"),
        blind_index("DE90", tenant_id=tenant, field="iban"),
    }
    assert len(indexes) == 4
    assert blind_index("DE89", tenant_id=tenant, field="iban") in indexes


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ("", "empty"),
        ("a:short", "Entry 1"),
        (f"{OLD},no-colon", "Entry 2"),
        (f"{OLD},{OLD}", "twice"),
        (OLD.replace("2025:", "a b/c:"), "Entry 1"),
    ],
    ids=["empty", "short", "no-colon", "twice", "odd-id"],
)
def test_malformed_keys_are_refused_without_showing_them(
    settings: Any, listed: str, said: str
) -> None:
    settings.FIELD_KEYS = listed
    with pytest.raises(ImproperlyConfigured, match=said) as refused:
        encrypt(TEXT, **PLACE)
    assert "short" not in str(refused.value)
