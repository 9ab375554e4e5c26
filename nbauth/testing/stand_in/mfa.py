"""How users set up their second factors: an authenticator app, and which factor they like best."""

from nbauth.testing.stand_in.authenticator import Authenticator
from nbauth.testing.stand_in.pool import Operation, Pool
from nbauth.testing.stand_in.profile import second_factors_of
from nbauth.testing.stand_in.requests import (
    Answer,
    Refused,
    Request,
    flag,
    invalid,
    member,
    not_authorized,
    optional,
    structure,
)
from nbauth.testing.stand_in.users import User

_MEMBERS = {
    "SMSMfaSettings": "SMS_MFA",
    "SoftwareTokenMfaSettings": "SOFTWARE_TOKEN_MFA",
    "EmailMfaSettings": "EMAIL_OTP",
}


class SecondFactorSettings:
    """Sets second factors up.

    Args:
        pool: The user pool.
    """

    def __init__(self, pool: Pool) -> None:
        self.operations: dict[str, Operation] = {
            "AssociateSoftwareToken": self._associate_software_token,
            "VerifySoftwareToken": self._verify_software_token,
            "SetUserMFAPreference": self._set_user_mfa_preference,
            "GetUserAuthFactors": self._get_user_auth_factors,
        }
        self._pool = pool
        self._unverified: dict[str, Authenticator] = {}

    def _associate_software_token(self, request: Request) -> Answer:
        session = _session(request)
        self._check_apps_are_allowed()
        app = Authenticator()
        if session is None:
            user = self._pool.bearer(request)
            self._unverified[user.sub] = app
            return {"SecretCode": app.secret}
        attempt, session = self._pool.challenges.renew(session, "MFA_SETUP")
        self._unverified[attempt.known.sub] = app
        return {"SecretCode": app.secret, "Session": session}

    def _verify_software_token(self, request: Request) -> Answer:
        session = _session(request)
        code = member(request, "UserCode", pattern="[0-9]+", shortest=6, longest=6, shown=False)
        name = optional(request, "FriendlyDeviceName", shortest=0)
        self._check_apps_are_allowed()
        if session is None:
            self._verify(self._pool.bearer(request), code, name)
            return {"Status": "SUCCESS"}
        user = self._pool.challenges.attempt(session, "MFA_SETUP").known
        self._verify(user, code, name)
        user.software_token_mfa = True
        attempt, session = self._pool.challenges.renew(session, "MFA_SETUP")
        attempt.methods.append("SOFTWARE_TOKEN_MFA")
        return {"Status": "SUCCESS", "Session": session}

    def _verify(self, user: User, code: str, name: str | None) -> None:
        app = self._unverified.get(user.sub)
        if app is None:
            raise Refused("SoftwareTokenMFANotFoundException", "Software token is not associated with the user.")
        step = app.step_of(code, self._pool.clock.now())
        if step is None or not app.use(step):
            raise Refused("EnableSoftwareTokenMFAException", "Code mismatch")
        app.name = name or app.name
        user.authenticator = self._unverified.pop(user.sub)

    def _set_user_mfa_preference(self, request: Request) -> Answer:
        user = self._pool.bearer(request)
        wanted = {
            factor: structure(request, name) for name, factor in _MEMBERS.items() if request.get(name) is not None
        }
        on = {factor: flag(settings, "Enabled") for factor, settings in wanted.items()}
        preferred = [factor for factor, settings in wanted.items() if flag(settings, "PreferredMfa")]
        for factor in on:
            if on[factor]:
                self._check_can_have(user, factor)
        if len(preferred) > 1:
            raise invalid("Only one MFA method can be preferred.")
        for factor in preferred:
            if not on[factor]:
                raise invalid(f"{factor} must be enabled to be the preferred MFA method.")
        left = ({*user.second_factors()} | {name for name in on if on[name]}) - {name for name in on if not on[name]}
        if self._pool.settings.mfa == "ON" and not left:
            raise invalid("MFA cannot be disabled, since user pool requires it.")
        self._set_passkey(user, request)
        user.sms_mfa, user.email_mfa = "SMS_MFA" in left, "EMAIL_OTP" in left
        user.software_token_mfa = "SOFTWARE_TOKEN_MFA" in left
        if preferred:
            user.preferred_mfa = preferred[0]
        elif user.preferred_mfa in on:
            user.preferred_mfa = None
        return {}

    def _set_passkey(self, user: User, request: Request) -> None:
        if request.get("WebAuthnMfaSettings") is None:
            return
        wanted = flag(structure(request, "WebAuthnMfaSettings"), "Enabled")
        if wanted and not self._pool.settings.passkeys_are_two_factors:
            raise invalid("Passkeys are not enabled as a multi-factor authentication method for the user pool.")
        user.passkey_mfa = wanted

    def _check_can_have(self, user: User, factor: str) -> None:
        settings = self._pool.settings
        if settings.mfa == "OFF" or factor not in settings.second_factors:
            raise invalid(f"{factor} is not enabled for the user pool.")
        has = {
            "SMS_MFA": user.has_verified("phone_number"),
            "SOFTWARE_TOKEN_MFA": user.authenticator is not None,
            "EMAIL_OTP": user.has_verified("email"),
        }
        if not has[factor]:
            raise invalid(f"User does not have delivery config set to turn on {factor}")

    def _get_user_auth_factors(self, request: Request) -> Answer:
        user = self._pool.bearer(request)
        allowed = self._pool.settings.first_factors
        has = {
            "PASSWORD": user.verifier is not None,
            "EMAIL_OTP": "EMAIL_OTP" in allowed and user.has_verified("email"),
            "SMS_OTP": "SMS_OTP" in allowed and user.has_verified("phone_number"),
            "WEB_AUTHN": "WEB_AUTHN" in allowed and bool(user.passkeys),
            "SOFTWARE_TOKEN": user.authenticator is not None,
        }
        factors = [name for name, is_there in has.items() if is_there]
        return {"Username": user.username, "ConfiguredUserAuthFactors": factors, **second_factors_of(user)}

    def _check_apps_are_allowed(self) -> None:
        settings = self._pool.settings
        if settings.mfa == "OFF" or "SOFTWARE_TOKEN_MFA" not in settings.second_factors:
            message = "Software Token MFA has not been enabled by the userPool"
            raise Refused("SoftwareTokenMFANotFoundException", message)


def _session(request: Request) -> str | None:
    """Return the session of a request that bears either that or an access token."""
    session = optional(request, "Session", shortest=20, longest=2048, shown=False)
    if session is None and request.get("AccessToken") is None:
        raise invalid("Either an access token or a session must be given.")
    if session is not None and request.get("AccessToken") is not None:
        raise not_authorized("Only one of access token and session must be given.")
    return session
