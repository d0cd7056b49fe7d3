from django.apps import AppConfig
from django.utils.module_loading import import_string


class MailKillingConfig(AppConfig):
    name = "tests.mail_ingest.killing"
    label = "mail_killing"

    def ready(self) -> None:
        import_string("tests.mail_ingest.killing.faults.install")()
