"""LIKE on SQLite, in the letters of all alphabets."""

from __future__ import annotations

import sqlite3

import pytest

from tenancy.models import Tenant
from tenancy.sqlite import like


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("%магазин%", "МАГАЗИН 24", True),
        ("ÄRZTE%", "Ärztehaus", True),
        ("%straße", "Hauptstraße", True),
        ("a%", "ba", False),
        ("%a", "ab", False),
        ("abc", "ABC", True),
        ("abc", "abcd", False),
        ("a_c", "äXc", False),
        ("a_c", "aXC", True),
        ("a%c%e", "abcde", True),
        ("a%c%e", "ace\n", False),
        ("%", "", True),
        ("", "", True),
        ("", "a", False),
        ("100\\%", "100%", True),
        ("100\\%", "1000", False),
        ("%\\_%", "a_b", True),
        ("%\\_%", "ab", False),
        ("%.*%", "abc", False),
        ("%5%", 1500, True),
        ("%a%", None, None),
        (None, "a", None),
    ],
)
def test_like(pattern: str | None, text: object, found: object) -> None:
    assert like(pattern, text, "\\") is found


@pytest.mark.sqlite
@pytest.mark.parametrize("text", ["a", "A%", "%_", "\\%", "50%", "a_b\\", "%a%b", "'", "\n"])
@pytest.mark.parametrize("pattern", ["%a%", "a_", "_%", "\\%", "%\\%", "50\\%", "a%b\\\\", "%%"])
def test_in_ascii_it_is_what_sqlite_s_own_is(pattern: str, text: str) -> None:
    plain = sqlite3.connect(":memory:")
    row = plain.execute("SELECT ? LIKE ? ESCAPE '\\'", (text, pattern)).fetchone()
    assert like(pattern, text, "\\") == bool(row[0])


@pytest.mark.django_db
def test_a_name_is_found_in_any_case(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(name="Дом Ивановых")
    assert Tenant.objects.filter(name__icontains="ДОМ").exists()
    assert Tenant.objects.filter(name__iexact="дом ивановых").exists()
    assert not Tenant.objects.filter(name__icontains="дома").exists()
