from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string


class TenancyConfig(AppConfig):
    name = "tenancy"

    def ready(self) -> None:
        # By name: `row_security` needs the models, which are not loaded when this file is.
        walls = import_string("tenancy.row_security.apply_walls")
        letters = import_string("tenancy.sqlite.teach_letters")
        connection_created.connect(letters, dispatch_uid="tenancy.letters")
        post_migrate.connect(walls, sender=self, dispatch_uid="tenancy.walls")
