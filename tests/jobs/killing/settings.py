"""The settings of the processes that `harness` starts."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS, JOB_KINDS, SCHEDULES

INSTALLED_APPS = [*INSTALLED_APPS, "tests.jobs.killing.apps.KillingConfig"]
JOB_KINDS = {
    **JOB_KINDS,
    "killing.book": "tests.jobs.killing.kinds.Book",
    "killing.poison": "tests.jobs.killing.kinds.Poison",
}
SCHEDULES.clear()
