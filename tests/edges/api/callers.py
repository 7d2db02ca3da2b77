"""Programs that call the API with a token of somebody of the cast."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.test import Client

from psa.edges.api.services import tokens
from tests.factories import Firm


def token_of(firm: Firm, name: str, *scopes: str, days: int = 30) -> str:
    """A personal token of this person, with these scopes (all by default, bank accounts too)."""
    with firm.scope():
        made = tokens.create_personal_token(
            name="Test",
            scopes=scopes or ("write", "bank_accounts:write"),
            days=days,
            actor=firm.actors[name],
            at=datetime.now(tz=UTC),
        )
    return made.text


@dataclass
class Caller:
    """One token, and calls with it; every call asserts the status it expects."""

    token: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        files: dict[str, Any] | None = None,
        **headers: str,
    ) -> HttpResponse:
        extra = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        extra["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        url = f"/api/v1{path}"
        if files is not None:
            return self.client.post(url, files, **extra)
        data = "" if body is None else json.dumps(body)
        return self.client.generic(method, url, data, content_type="application/json", **extra)

    def get(self, path: str, status: int = 200, **headers: str) -> Any:
        return self._json(self.call("GET", path, **headers), status)

    def post(self, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        return self._json(self.call("POST", path, {} if body is None else body, **headers), status)

    def put(self, path: str, body: Any, status: int = 200, **headers: str) -> Any:
        return self._json(self.call("PUT", path, body, **headers), status)

    def patch(self, path: str, body: Any, status: int = 200, **headers: str) -> Any:
        return self._json(self.call("PATCH", path, body, **headers), status)

    def delete(self, path: str, status: int = 200, **headers: str) -> Any:
        return self._json(self.call("DELETE", path, **headers), status)

    def etag(self, path: str) -> str:
        """The ETag of the record at the path."""
        response = self.call("GET", path)
        assert response.status_code == 200, response.content
        return str(response["ETag"])

    @staticmethod
    def _json(response: HttpResponse, status: int) -> Any:
        assert response.status_code == status, (response.status_code, response.content[:2000])
        if not response.content or "json" not in response["Content-Type"]:
            return response.content
        return json.loads(response.content)


def caller(firm: Firm, name: str, *scopes: str) -> Caller:
    return Caller(token_of(firm, name, *scopes))
