"""The sign-in library's OpenID Connect client, held to the letter.

The library trusts an ID token that it fetched itself without looking at its signature, takes
whatever issuer the configuration names, and sends no nonce. Here all three are checked, because a
provider's address is something that a tenant typed.
"""

from typing import Any

from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter


class StrictOpenIDConnectAdapter(OpenIDConnectOAuth2Adapter):
    """Issuer as configured, ID token present and signed, the same person in both answers."""

    @property
    def openid_config(self) -> dict[str, Any]:
        found: dict[str, Any] = super().openid_config
        configured = str(self.get_provider().app.settings["server_url"]).rstrip("/")
        if str(found.get("issuer", "")).rstrip("/") != configured:
            raise OAuth2Error("the configuration names another issuer")
        return found

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        decoded: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
            verify_signature=True,
        )
        return decoded

    def complete_login(
        self, request: Any, app: SocialApp, token: Any, **kwargs: Any
    ) -> SocialLogin:
        login: SocialLogin = super().complete_login(request, app, token, **kwargs)
        data = login.account.extra_data
        signed, told = data.get("id_token"), data.get("userinfo")
        if not signed or (told and told.get("sub") != signed.get("sub")):
            raise OAuth2Error("no ID token, or it is about somebody else")
        return login


def answers(login: SocialLogin) -> bool:
    """Whether the ID token was made for the very request that this browser sent."""
    expected = login.state.get("nonce")
    given = login.account.extra_data.get("id_token", {}).get("nonce")
    return bool(expected) and expected == given
