"""The WSGI entry point that gunicorn serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "psa.settings")
application = get_wsgi_application()
# The code stays for good: a collection that went through it would cost a large request half its time.
gc.freeze()
