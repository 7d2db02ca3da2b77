"""Serve until killed: `python -m tests.identity_provider PORT`."""

import os
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.identity_provider.settings"

import django
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Nothing: the tests read what comes back."""


django.setup()
call_command("migrate", verbosity=0)

from allauth.idp.oidc.models import Client  # noqa: E402

client = Client(id="psa", name="PSA", scopes="openid\nprofile\nemail", skip_consent=True)
client.set_secret("the-client-secret")
client.save()
make_server(
    "127.0.0.1", int(sys.argv[1]), get_wsgi_application(), handler_class=Quiet
).serve_forever()
