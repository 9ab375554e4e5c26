"""Which role a user gets, and what is said where the identity pool gives none."""

from collections.abc import Callable
from typing import Any

import pytest

from nbauth import AuthError, ConfigError, UserState
from nbauth.errors import NotAuthorized
from nbauth.testing import StandIn
from nbauth.testing.stand_in import RoleMapping, Rule

ANALYST = "arn:aws:iam::123456789012:role/Analyst"
AUDITOR = "arn:aws:iam::123456789012:role/Auditor"
BOTH = RoleMapping([Rule("cognito:username", "Equals", "ada", role) for role in (ANALYST, AUDITOR)])
NOBODY = RoleMapping([Rule("cognito:username", "Equals", "bob", ANALYST)], denies=True)


@pytest.fixture
def asking_for(cognito: StandIn, kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a kernel that asks for a role, and whose user is signed in."""

    def make(role: str | None) -> Any:
        one = kernel(custom_role_arn=role)
        one.sign_in()
        return one.auth

    return make


def test_the_role_that_is_configured_is_given(cognito: StandIn, asking_for: Callable[..., Any]) -> None:
    cognito.identities.role_mapping = BOTH
    identity_id = asking_for(AUDITOR).get_credentials().identity_id
    assert cognito.identities.identities[identity_id].role == AUDITOR


def test_a_guest_is_not_asked_for_a_role(cognito: StandIn, asking_for: Callable[..., Any]) -> None:
    cognito.identities.role_mapping = BOTH
    identity_id = asking_for(AUDITOR).guest().get_credentials().identity_id
    assert cognito.identities.identities[identity_id].owner is None


@pytest.mark.parametrize(
    ("mapping", "role", "kind", "advice"),
    [
        (BOTH, "arn:aws:iam::123456789012:role/Admin", ConfigError, "custom_role_arn is not a role that"),
        (None, ANALYST, ConfigError, "or leave it unset"),
        (NOBODY, None, NotAuthorized, "ask the pool's administrator for a rule that decides"),
    ],
    ids=["not-among-them", "no-choice", "denied-by-rule"],
)
def test_a_role_that_is_not_given_is_said_with_what_to_do(
    mapping: RoleMapping | None,
    role: str | None,
    kind: type[AuthError],
    advice: str,
    cognito: StandIn,
    asking_for: Callable[..., Any],
) -> None:
    cognito.identities.role_mapping = mapping
    auth = asking_for(role)
    with pytest.raises(kind, match=advice):
        auth.get_credentials(wait=False)
    assert auth.state is UserState.SIGNED_IN
    assert auth.get_tokens(wait=False).access_token


def test_a_pool_without_roles_is_its_administrators_to_mend(cognito: StandIn, asking_for: Callable[..., Any]) -> None:
    cognito.identities.has_roles = False
    with pytest.raises(ConfigError, match="its administrator must assign one"):
        asking_for(None).get_credentials(wait=False)


def test_who_has_several_roles_can_choose(cognito: StandIn, asking_for: Callable[..., Any]) -> None:
    cognito.identities.role_mapping = RoleMapping(denies=True)
    cognito.users["ada"].claims["cognito:roles"] = [ANALYST, AUDITOR]
    undecided = asking_for(None)
    with pytest.raises(NotAuthorized, match="set custom_role_arn to one of those"):
        undecided.get_credentials(wait=False)
    undecided.sign_out()
    assert asking_for(AUDITOR).get_credentials(wait=False)


def test_a_role_that_is_given_later_needs_no_new_sign_in(cognito: StandIn, asking_for: Callable[..., Any]) -> None:
    cognito.identities.role_mapping = RoleMapping(denies=True)
    auth = asking_for(None)
    with pytest.raises(NotAuthorized):
        auth.get_credentials(wait=False)
    cognito.users["ada"].claims["cognito:roles"] = [ANALYST]
    identity_id = auth.get_credentials(wait=False).identity_id
    assert cognito.identities.identities[identity_id].role == ANALYST
