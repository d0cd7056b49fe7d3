from django.apps import AppConfig
from django.utils.module_loading import import_string


class KillingConfig(AppConfig):
    name = "tests.jobs.killing"
    label = "killing"

    def ready(self) -> None:
        import_string("tests.jobs.killing.faults.install")()
