"""The verb that signs in with another identity provider than a user pool, mixed into `AuthSession`.

The provider's token buys AWS credentials from the identity pool and nothing else: there are no user pool tokens.
"""

from typing import TYPE_CHECKING

from nbauth.core import arguments
from nbauth.core.secret import Secret
from nbauth.errors import AlreadySignedIn, AuthError, ConfigError, Rejected, SignInReleased

if TYPE_CHECKING:
    from nbauth.core.events import FederatedSignIn
    from nbauth.core.federation import FederatedLogin, TokenSource
    from nbauth.core.results import SignInResult
    from nbauth.engine import Engine


class FederationVerbs:
    """Mixin of what `AuthSession` does with other identity providers."""

    if TYPE_CHECKING:
        # What it needs of the session.
        def _ready(self) -> Engine: ...

    def federated_sign_in(
        self,
        provider: str,
        token: "str | Secret | TokenSource",
        *,
        identity_id: str | None = None,
        custom_role_arn: str | None = None,
    ) -> "SignInResult":
        """Sign in to AWS with the token of another identity provider.

        While somebody is signed in this way, a second provider is linked to the same identity.

        Args:
            provider: ``google``, ``facebook``, ``amazon``, ``apple`` or ``developer``; for any other the name that
                the identity pool has for it: the host of an OpenID Connect provider, the ARN of a SAML provider.
            token: What the provider gave; or a function that returns it, which is asked again when it has ended.
            identity_id: The identity to be; needed for ``developer``, whose back end got it together with the token.
            custom_role_arn: The role to get credentials for, where it is not the identity pool's choice.

        Raises:
            AlreadySignedIn: A user of the user pool is signed in.
            NotAuthorized: The identity pool does not take the token; whoever was signed in still is.
            Rejected: The identity pool refused for another reason, or the provider gave no token.
            SignInReleased: It was given up, or somebody signed out, while the function was asked.
            ServiceUnavailable: The provider or the identity pool could not be asked.
            ConfigError: No identity pool is configured, or it does not know the provider.
        """
        from nbauth.core.events import FederatedSignIn
        from nbauth.core.federation import DEVELOPER, Federation

        token = token if callable(token) else Secret.of(token)
        provider = arguments.text(provider, "The provider's name")
        engine = self._ready()
        engine.ports.require_identity_pool()
        _check_that_no_pool_user_is_signed_in(engine)
        before = engine.endings
        entry = _login(provider, token)
        if engine.endings != before:
            raise SignInReleased("The sign-in was given up while its token was asked for")
        if entry.provider == DEVELOPER and not identity_id:
            raise Rejected("A developer identity needs identity_id, which the back end got together with the token")
        federation = Federation((entry,), custom_role_arn=custom_role_arn)
        return _take(engine, FederatedSignIn(federation, identity_id), entry.provider)


def _check_that_no_pool_user_is_signed_in(engine: "Engine") -> None:
    from nbauth.core.states import SignedIn, standing

    state = standing(engine.runtime.flow.state)
    if isinstance(state, SignedIn) and state.federation is None:
        raise AlreadySignedIn.named(state.record.username)


def _take(engine: "Engine", event: "FederatedSignIn", provider: str) -> "SignInResult":
    """Take the step; that the token is not trusted is said of who gave it, and not of the user pool's app client."""
    code: str | None = None
    try:
        return engine.take_step(event)
    except ConfigError as error:
        if error.case != "no_trust":
            raise
        code = error.code
    raise ConfigError(
        f"The identity pool does not take this token of {provider}: its administrator must add the provider, and the"
        " app that the token is for",
        code=code,
        case="no_provider",
        about={"provider": provider},
    )


def _login(provider: str, token: "str | Secret | TokenSource") -> "FederatedLogin":
    from nbauth.core.federation import FederatedLogin
    from nbauth.performer import token_from

    source = token if callable(token) else None
    given = token_from(token, provider) if callable(token) else token
    token = ""
    if isinstance(given, AuthError):
        raise given
    try:
        return FederatedLogin.read(provider, given, source)
    except ValueError as unfit:
        complaint = str(unfit)
    raise Rejected(complaint)
