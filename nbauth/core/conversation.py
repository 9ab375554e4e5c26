"""What the panel, the status bar and the terminal have in common when they talk to a person: words, and when to ask.

Rule: names come from the user or the service, so whoever shows a sentence of this file shows it as text.
"""

from collections.abc import Collection

from nbauth.core.user_state import UserState

CANCELLED = "Sign-in cancelled."

_ATTRIBUTES = {"email": "email", "phone_number": "phone number", "preferred_username": "user name"}


def username_label(username_attributes: Collection[str]) -> str:
    """Return what to call the thing that people type first.

    Args:
        username_attributes: What the pool signs people in with; empty for a user name.
    """
    names = dict.fromkeys(_ATTRIBUTES.get(name, name.replace("_", " ")) for name in username_attributes)
    return (" or ".join(names) or "user name").capitalize()


def password_is_optional(auth_flow: str) -> bool:
    """Return whether a sign-in with this flow may begin without a password: the pool then asks for something else."""
    return auth_flow in ("CUSTOM_AUTH", "USER_AUTH")


def signed_in_as(username: str | None) -> str:
    """Return the line that stands where a sign-in has succeeded."""
    return f"Signed in as {username}." if username else "Signed in."


def waits_for_network(reason: str | None) -> bool:
    """Return whether invalid tokens with this reason come right by themselves, without anybody signing in."""
    return reason in ("offline", "unavailable")


def status(state: UserState, reason: str | None = None, username: str | None = None) -> str:
    """Return who is signed in, and what that means for AWS calls now.

    Args:
        state: The session's state.
        reason: Its `state_reason`.
        username: The user's name, where one is known.
    """
    sign_in = f"The sign-in of {username}" if username else "The sign-in"
    match state:
        case UserState.SIGNED_IN:
            return signed_in_as(username)
        case UserState.GUEST:
            return "Guest access. Nobody is signed in."
        case UserState.SIGNED_OUT:
            return "Signed out."
        case UserState.UNKNOWN:
            return "Not configured: nbauth knows no user pool and no identity pool."
    if reason == "offline":
        return f"Offline. {sign_in} is kept; AWS calls wait for the network."
    if reason == "unavailable":
        return f"Amazon Cognito does not answer. {sign_in} is kept; AWS calls wait."
    return f"{sign_in} has expired. Sign in again to go on."
