from pathlib import Path

from django.apps import AppConfig
from django.conf import settings

from extraction.packs.loading import use_folder


class ExtractionConfig(AppConfig):
    name = "extraction"

    def ready(self) -> None:
        """An operator's pack that is wrong stops the start, not the reading of some message later.

        Ours are proved when the first message is read, and by the tests: to prove them here would
        cost every command and every process the grammar's two seconds."""
        if settings.SENDER_PACKS:
            use_folder(Path(settings.SENDER_PACKS))
