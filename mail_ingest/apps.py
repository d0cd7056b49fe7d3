from django.apps import AppConfig


class MailIngestConfig(AppConfig):
    name = "mail_ingest"
