"""A process loads the libraries that draw documents when it draws one: it starts sooner, and is smaller."""

import os
import subprocess
import sys

from psa.embedded import PROJECT

SEEN = """
import sys, django
django.setup()
import psa.urls, psa.tenant_urls
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_no_library_of_documents_before_the_first_document() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SEEN],
        cwd=PROJECT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "psa.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert {"django", "psa", "billing"} <= loaded
    assert loaded.isdisjoint({"reportlab", "xlsxwriter", "docx", "holidays", "lxml"})
