"""The WSGI entry point that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from psa import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "psa.settings")
garbage.look_rarely()
application = get_wsgi_application()

from psa.core.jobs import registry  # noqa: E402  models need the application

registry.load()
garbage.settle()
