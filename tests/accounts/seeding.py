"""What `settings.TENANT_SEEDERS` may name."""

from accounts.models import Role


def seed() -> None:
    Role.objects.create(key="seeded", name="Seeded")


def fail() -> None:
    raise RuntimeError("A seeder is broken.")
