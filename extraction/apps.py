from pathlib import Path

from django.apps import AppConfig
from django.conf import settings

from extraction.packs.loading import packs, use_folder


class ExtractionConfig(AppConfig):
    name = "extraction"

    def ready(self) -> None:
        """A pack that is wrong stops the start, not the reading of some message later."""
        if settings.SENDER_PACKS:
            use_folder(Path(settings.SENDER_PACKS))
        packs()
