"""The area that these endpoints and their scopes belong to."""

from psa.core.web.api import Endpoints

endpoints = Endpoints("ledger", "Ledger")
