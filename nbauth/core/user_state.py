"""Who is signed in, in six words."""

from enum import Enum


class UserState(Enum):
    """Who is signed in, as people and programs see it.

    Attributes:
        UNKNOWN: The token store has not been read yet.
        SIGNED_OUT: Nobody is signed in.
        GUEST: Nobody is signed in, and there is a guest's identity.
        SIGNED_IN: A user is signed in, online or not.
        SIGNED_OUT_USER_POOLS_TOKENS_INVALID: A user is known whose tokens cannot be renewed, for now or for good; not
            a sign-out.
        SIGNED_OUT_FEDERATED_TOKENS_INVALID: The same, where the tokens come from another identity provider.
    """

    UNKNOWN = "UNKNOWN"
    SIGNED_OUT = "SIGNED_OUT"
    GUEST = "GUEST"
    SIGNED_IN = "SIGNED_IN"
    SIGNED_OUT_USER_POOLS_TOKENS_INVALID = "SIGNED_OUT_USER_POOLS_TOKENS_INVALID"
    SIGNED_OUT_FEDERATED_TOKENS_INVALID = "SIGNED_OUT_FEDERATED_TOKENS_INVALID"
