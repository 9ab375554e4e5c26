"""Renews what a session gives out because a person asks for it, with a magic or with a button."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession
    from nbauth.core.arguments import Wait


def renew(session: "AuthSession", *, wait: "Wait" = None) -> None:
    """Renew the tokens, where a user pool gave some, and the AWS credentials, where an identity pool gives some.

    It is tried at once, also where the network was away a moment ago.

    Args:
        session: Whose they are.
        wait: How long to wait where only a sign-in helps, in seconds; None for `sign_in_wait`, False for not.

    Raises:
        SignInRequired: Nobody signed in.
        ServiceUnavailable: Cognito, or whoever else vouches for the user, could not be reached; nothing is lost.
        AuthError: It was refused.
    """
    gives_credentials = session.config.identity_pool_id is not None
    if not gives_credentials or (session.is_signed_in and session.provider is None):
        session.get_tokens(force_refresh=True, wait=wait)
    if gives_credentials:
        session.get_credentials(force_refresh=True, wait=wait)
