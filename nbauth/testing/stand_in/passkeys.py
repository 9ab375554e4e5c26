"""The passkeys of users: how one is registered, listed and deleted, and how it signs somebody in."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nbauth.testing.stand_in.challenges import Attempt, Parameters, incorrect
from nbauth.testing.stand_in.pool import Operation, Pool
from nbauth.testing.stand_in.requests import (
    WORD,
    Answer,
    Refused,
    Request,
    invalid,
    member,
    number,
    optional,
    parameter,
    structure,
)
from nbauth.testing.stand_in.tokens import claims_of
from nbauth.testing.stand_in.users import User
from nbauth.testing.stand_in.webauthn import ES256, AuthenticatorData, ClientData, Passkey, decoded, encoded, read_cbor

_MOST_SHOWN, _MOST_KEPT = 20, 20
_TIMEOUT = 180_000  # milliseconds


@dataclass(frozen=True)
class _Registration:
    challenge: str
    client_id: str


class Passkeys:
    """The passkeys.

    Args:
        pool: The user pool.
        then: What a sign-in goes on with.
    """

    def __init__(self, pool: Pool, then: Callable[[Attempt], Answer]) -> None:
        self.operations: dict[str, Operation] = {
            "StartWebAuthnRegistration": self._start_web_authn_registration,
            "CompleteWebAuthnRegistration": self._complete_web_authn_registration,
            "ListWebAuthnCredentials": self._list_web_authn_credentials,
            "DeleteWebAuthnCredential": self._delete_web_authn_credential,
        }
        self._pool = pool
        self._then = then
        self._registrations: dict[str, _Registration] = {}

    def ask(self, attempt: Attempt) -> Answer:
        """Ask for a signature of one of the user's passkeys."""
        challenge = encoded(secrets.token_bytes(32))
        options = {
            "challenge": challenge,
            "timeout": _TIMEOUT,
            "rpId": self._pool.settings.relying_party,
            "allowCredentials": [_descriptor(passkey) for passkey in attempt.known.passkeys],
            "userVerification": self._pool.settings.user_verification,
        }
        about = {"CREDENTIAL_REQUEST_OPTIONS": json.dumps(options)}

        def take(responses: Parameters) -> Answer:
            try:
                credential = json.loads(parameter(responses, "CREDENTIAL"))
                self._check_signature(attempt.known, challenge, credential)
            except (ValueError, KeyError, TypeError):
                raise invalid("CREDENTIAL cannot be read.") from None
            attempt.methods.append("WEB_AUTHN")
            return self._then(attempt)

        return self._pool.challenges.ask("WEB_AUTHN", attempt, about, take)

    def _check_signature(self, user: User, challenge: str, credential: Any) -> None:
        response = credential["response"]
        client_data = ClientData.read(decoded(response["clientDataJSON"]))
        data = AuthenticatorData.read(decoded(response["authenticatorData"]))
        passkey = next((one for one in user.passkeys if one.credential_id == credential["id"]), None)
        handle = response.get("userHandle")
        good = (
            passkey is not None
            and (client_data.kind, client_data.challenge) == ("webauthn.get", challenge)
            and client_data.comes_from(passkey.relying_party)
            and data.is_for(passkey.relying_party)
            and data.shows_user(verified=self._verifies_users(user))
            and (not handle or decoded(handle) == user.sub.encode())
            and (data.count > passkey.count or data.count == passkey.count == 0)
            and passkey.signed(decoded(response["signature"]), client_data.signed(data))
        )
        if passkey is None or not good:
            raise incorrect()
        passkey.count = data.count

    def _verifies_users(self, user: User) -> bool:
        return user.passkey_mfa or self._pool.settings.user_verification == "required"

    def _start_web_authn_registration(self, request: Request) -> Answer:
        user, relying_party = self._pool.bearer(request), self._relying_party()
        if len(user.passkeys) >= _MOST_KEPT:
            raise Refused("LimitExceededException", "The user has too many passkeys.")
        challenge = encoded(secrets.token_bytes(32))
        self._registrations[user.sub] = _Registration(challenge, _client_of(request))
        options = {
            "rp": {"id": relying_party, "name": relying_party},
            "user": {
                "id": encoded(user.sub.encode()),
                "name": user.attributes.get("email", user.username),
                "displayName": user.attributes.get("name", user.username),
            },
            "challenge": challenge,
            "pubKeyCredParams": [{"type": "public-key", "alg": ES256}],
            "timeout": _TIMEOUT,
            "excludeCredentials": [_descriptor(passkey) for passkey in user.passkeys],
            "authenticatorSelection": {
                "requireResidentKey": True,
                "residentKey": "required",
                "userVerification": self._pool.settings.user_verification,
            },
        }
        return {"CredentialCreationOptions": options}

    def _complete_web_authn_registration(self, request: Request) -> Answer:
        credential = structure(request, "Credential")
        user, relying_party = self._pool.bearer(request), self._pool.settings.relying_party
        self._check_enabled()
        registration = self._registrations.get(user.sub)
        if registration is None or relying_party is None:
            raise _not_found()
        if registration.client_id != _client_of(request):
            message = "The registration was started through another app client."
            raise Refused("WebAuthnClientMismatchException", message)
        try:
            passkey = self._new_passkey(credential, registration.challenge, relying_party)
        except (ValueError, KeyError, TypeError):
            raise invalid("Credential cannot be read.") from None
        del self._registrations[user.sub]
        user.passkeys.append(passkey)
        return {}

    def _new_passkey(self, credential: dict[str, Any], challenge: str, relying_party: str) -> Passkey:
        response = credential["response"]
        client_data = ClientData.read(decoded(response["clientDataJSON"]))
        data = AuthenticatorData.read(read_cbor(decoded(response["attestationObject"]))["authData"])
        if (client_data.kind, client_data.challenge) != ("webauthn.create", challenge):
            raise _not_found()
        if not client_data.comes_from(relying_party):
            message = f"The origin {client_data.origin} is not allowed."
            raise Refused("WebAuthnOriginNotAllowedException", message)
        if not data.is_for(relying_party):
            message = "The credential is for another relying party."
            raise Refused("WebAuthnRelyingPartyMismatchException", message)
        if not data.shows_user(verified=self._pool.settings.user_verification == "required"):
            message = "The credential does not verify its user."
            raise Refused("WebAuthnCredentialNotSupportedException", message)
        passkey = data.passkey(relying_party, self._pool.clock.now())
        if passkey.credential_id != credential["id"]:
            raise ValueError("the credential has two ids")
        passkey.transports = [str(one) for one in response.get("transports") or ["internal"]]
        passkey.attachment = credential.get("authenticatorAttachment")
        return passkey

    def _list_web_authn_credentials(self, request: Request) -> Answer:
        user = self._pool.bearer(request)
        most, after = number(request, "MaxResults", _MOST_SHOWN), optional(request, "NextToken", pattern=WORD)
        ids = [passkey.credential_id for passkey in user.passkeys]
        if after is not None and after not in ids:
            raise invalid("Invalid pagination token given.")
        begin = ids.index(after) + 1 if after else 0
        page = user.passkeys[begin : begin + most]
        more = {"NextToken": page[-1].credential_id} if begin + most < len(ids) else {}
        return {"Credentials": [_shown(passkey) for passkey in page], **more}

    def _delete_web_authn_credential(self, request: Request) -> Answer:
        credential_id = member(request, "CredentialId")
        user = self._pool.bearer(request)
        kept = [passkey for passkey in user.passkeys if passkey.credential_id != credential_id]
        if len(kept) == len(user.passkeys):
            raise Refused("ResourceNotFoundException", "The passkey does not exist.")
        user.passkeys = kept
        return {}

    def _check_enabled(self) -> None:
        if "WEB_AUTHN" not in self._pool.settings.first_factors:
            raise Refused("WebAuthnNotEnabledException", "Passkeys are not enabled for the user pool.")

    def _relying_party(self) -> str:
        self._check_enabled()
        if self._pool.settings.relying_party is None:
            message = "The user pool has no relying party for passkeys."
            raise Refused("WebAuthnConfigurationMissingException", message)
        return self._pool.settings.relying_party


def _client_of(request: Request) -> str:
    return str(claims_of(request["AccessToken"])["client_id"])


def _not_found() -> Refused:
    return Refused("WebAuthnChallengeNotFoundException", "There is no registration that this belongs to.")


def _descriptor(passkey: Passkey) -> dict[str, Any]:
    return {"type": "public-key", "id": passkey.credential_id, "transports": passkey.transports}


def _shown(passkey: Passkey) -> Answer:
    attachment = {"AuthenticatorAttachment": passkey.attachment} if passkey.attachment else {}
    return {
        "CredentialId": passkey.credential_id,
        "FriendlyCredentialName": "Passkey",
        "RelyingPartyId": passkey.relying_party,
        "AuthenticatorTransports": passkey.transports,
        "CreatedAt": int(passkey.created_at.timestamp()),
        **attachment,
    }
