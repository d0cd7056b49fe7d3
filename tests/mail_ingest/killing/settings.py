"""The settings of the workers under fire: an installation's own, but for what kills them. Leases
and pauses are those of production, because recovery is measured."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS, SCHEDULES

INSTALLED_APPS = [*INSTALLED_APPS, "tests.mail_ingest.killing.apps.MailKillingConfig"]
SCHEDULES.clear()
