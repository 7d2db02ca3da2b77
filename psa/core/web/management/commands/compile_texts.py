"""Makes the compiled texts of each language from its .po file; msgfmt is not needed."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings

from psa.core.command import UncheckedCommand


class Command(UncheckedCommand):
    help = "Compiles locale/*/LC_MESSAGES/*.po."

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in settings.LOCALE_PATHS:
            for source in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
                with source.open("rb") as texts:
                    catalog = read_po(texts)
                unfinished = source.with_suffix(".mo.new")
                with unfinished.open("wb") as compiled:
                    write_mo(compiled, catalog)
                unfinished.replace(source.with_suffix(".mo"))
                self.stdout.write(f"{len(catalog)} texts in {source.parts[-3]}")
