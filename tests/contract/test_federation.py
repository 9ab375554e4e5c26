"""Signing in with another provider's token, through a real connection, at an identity pool as strict as AWS's."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from nbauth import AuthSession, UserState, UserStateDetails
from nbauth.errors import (
    AuthError,
    ConfigError,
    IdentityGone,
    NotAuthorized,
    Rejected,
    ServiceUnavailable,
    SignInReleased,
    SignInRequired,
)
from nbauth.stores import StoreKey, open_store
from nbauth.testing import Cognito, Fault
from nbauth.testing.stand_in import RoleMapping, Rule

GOOGLE, APPLE = "accounts.google.com", "appleid.apple.com"
FACEBOOK, AMAZON = "graph.facebook.com", "www.amazon.com"
OIDC, SAML = "login.example.com/people", "arn:aws:iam::123456789012:saml-provider/Example"
NAMES = {"google": GOOGLE, "apple": APPLE, "facebook": FACEBOOK, "amazon": AMAZON, OIDC: OIDC, SAML: SAML}
DEVELOPER, COGNITO = "login.example.app", "cognito-identity.amazonaws.com"
READER, WRITER = "arn:aws:iam::123456789012:role/reader", "arn:aws:iam::123456789012:role/writer"

ENDED = timedelta(hours=2)  # after which tokens and credentials have ended
IN_TIME = 20  # seconds; what a test waits for comes at once or never
INVALID = UserState.SIGNED_OUT_FEDERATED_TOKENS_INVALID
PASSWORD = "Correct-Horse-7"

Token = Callable[..., str]


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose only user has just begun, has set nothing, and is not there to be asked."""
    tmp_path.chmod(0o700)
    for name in [name for name in os.environ if name.startswith(("NBAUTH_", "AWS_"))]:
        monkeypatch.delenv(name)
    for variable in ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(lambda session: None))


@pytest.fixture
def cognito(stand_in: Cognito, monkeypatch: pytest.MonkeyPatch) -> Cognito:
    """A stand-in that trusts one provider of each kind, and whose clock is the sessions' too; ada is in its pool."""
    for name in NAMES.values():
        stand_in.identities.add_provider(name)
    stand_in.identities.developer_provider = DEVELOPER
    stand_in.users.add("ada", PASSWORD)
    monkeypatch.setattr("nbauth.engine.SystemClock", lambda: stand_in.clock)
    return stand_in


@pytest.fixture
def kernel(cognito: Cognito) -> Callable[..., AuthSession]:
    """Makes sessions that have nothing in common but the file."""
    return lambda **settings: AuthSession(cognito.config | settings, store="file")


@pytest.fixture
def auth(kernel: Callable[..., AuthSession]) -> AuthSession:
    return kernel()


@pytest.fixture
def told(auth: AuthSession) -> "Queue[UserStateDetails]":
    """What a listener hears of the session."""
    queue: Queue[UserStateDetails] = Queue()
    auth.add_user_state_listener(queue.put)
    return queue


@pytest.fixture
def token(cognito: Cognito) -> Token:
    """Gives tokens of people at a provider."""
    return lambda provider="google", who="eve", **more: cognito.identities.provider(
        NAMES.get(provider, provider)
    ).token(who, **more)


@pytest.fixture
def in_a_thread() -> Iterator[Callable[[Callable[[], Any]], "Future[Any]"]]:
    with ThreadPoolExecutor(8) as threads:
        yield threads.submit


def waits(auth: AuthSession, call: "Future[Any]") -> None:
    """Return once a call waits for a sign-in."""
    while not auth.waiting:
        assert not call.done() or call.result()


# Each kind of provider.


@pytest.mark.parametrize("name", NAMES)
def test_a_providers_token_buys_credentials(name: str, auth: AuthSession, cognito: Cognito, token: Token) -> None:
    assert auth.federated_sign_in(name, token(name)).done
    credentials = auth.get_credentials()
    assert credentials.expires_at > cognito.clock.now()
    assert (auth.state, auth.identity_id) == (UserState.SIGNED_IN, credentials.identity_id)
    assert cognito.identities.identities[credentials.identity_id].logins == {NAMES[name]: "eve"}


@pytest.mark.parametrize("name", NAMES)
def test_the_same_user_comes_back_to_the_same_identity_and_another_never(
    name: str, auth: AuthSession, token: Token
) -> None:
    found = []
    for who in ("eve", "mallory", "eve"):
        auth.federated_sign_in(name, token(name, who))
        found.append(auth.get_credentials().identity_id)
        auth.sign_out()
        assert auth.identity_id is None
    assert found[0] == found[2] != found[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_asked_again_when_credentials_are_wanted_and_its_token_has_ended(
    name: str, auth: AuthSession, cognito: Cognito, token: Token
) -> None:
    asked = []

    def give() -> str:
        asked.append(name)
        return token(name)

    auth.federated_sign_in(name, give)
    before = auth.get_credentials()
    cognito.clock.advance(ENDED)
    after = auth.get_credentials(wait=False)
    assert (after.identity_id, after.expires_at > before.expires_at) == (before.identity_id, True)
    assert len(asked) == 2
    assert auth.state is UserState.SIGNED_IN


@pytest.mark.parametrize("name", NAMES)
def test_a_token_that_has_ended_invalidates_the_session_and_the_call_waits_for_another(
    name: str, auth: AuthSession, cognito: Cognito, token: Token, told: Any, in_a_thread: Any
) -> None:
    auth.federated_sign_in(name, token(name))
    identity_id = auth.identity_id
    assert told.get(timeout=IN_TIME).state is UserState.SIGNED_IN
    cognito.clock.advance(ENDED)
    call = in_a_thread(lambda: auth.get_credentials(wait=IN_TIME))
    details = told.get(timeout=IN_TIME)
    assert (details.state, details.reason) == (INVALID, "refused")
    waits(auth, call)
    assert (auth.is_signed_in, auth.identity_id) == (True, identity_id)
    auth.federated_sign_in(name, token(name))
    assert call.result(IN_TIME).identity_id == identity_id
    assert told.get(timeout=IN_TIME).state is UserState.SIGNED_IN


def test_credentials_are_given_out_whole(auth: AuthSession, cognito: Cognito, token: Token, in_a_thread: Any) -> None:
    auth.federated_sign_in("google", lambda: token())
    for _ in range(3):
        cognito.clock.advance(ENDED)
        calls = [in_a_thread(auth.get_credentials) for _ in range(8)]
        given = {call.result(IN_TIME) for call in calls}
        assert len({(one.access_key_id, one.secret_access_key, one.session_token) for one in given}) == 1


# What is refused.


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda good: "no token at all", NotAuthorized),
        (lambda good: f"{good[:-8]}AAAAAAA{good[-1]}", NotAuthorized),
    ],
    ids=["made up", "forged"],
)
@pytest.mark.parametrize("before", ["nobody", "another user", "a guest"])
def test_a_bad_token_is_an_error_and_whoever_was_there_stays(
    before: str, change: Any, kind: type[AuthError], kernel: Any, token: Token
) -> None:
    auth = kernel(guest_access=before == "a guest")
    if before == "another user":
        auth.federated_sign_in("facebook", token("facebook"))
    held = None if before == "nobody" else auth.get_credentials()
    seen = (auth.state, auth.identity_id, auth.username)
    bad = change(token())
    with pytest.raises(kind) as caught:
        auth.federated_sign_in("google", bad)
    assert bad not in str(caught.value)
    assert caught.value.code == "NotAuthorizedException"
    assert (auth.state, auth.identity_id, auth.username) == seen
    if held:
        assert auth.get_credentials() is held


def test_a_token_that_has_ended_already_is_refused(auth: AuthSession, cognito: Cognito, token: Token) -> None:
    stale = token(lifetime=timedelta(minutes=1))
    cognito.clock.advance(timedelta(minutes=2))
    with pytest.raises(NotAuthorized, match="expired"):
        auth.federated_sign_in("google", stale)
    assert auth.state is UserState.SIGNED_OUT


@pytest.mark.parametrize("lifetime", [timedelta(minutes=1), timedelta(hours=1)])
def test_a_provider_or_an_app_that_is_not_trusted_is_a_setting_to_correct(
    lifetime: timedelta, auth: AuthSession, cognito: Cognito, token: Token
) -> None:
    with pytest.raises(ConfigError):
        auth.federated_sign_in("google", token(audience="another-app", lifetime=lifetime))
    given = token()
    cognito.identities.remove_provider(GOOGLE)
    with pytest.raises(ConfigError):
        auth.federated_sign_in("google", given)
    assert auth.state is UserState.SIGNED_OUT


def test_a_function_whose_next_token_is_refused_ends_the_sign_in(
    auth: AuthSession, cognito: Cognito, token: Token
) -> None:
    given = iter([token(), "nonsense"])
    auth.federated_sign_in("google", lambda: next(given))
    cognito.clock.advance(ENDED)
    with pytest.raises(SignInRequired):
        auth.get_credentials(wait=False)
    assert auth.state is INVALID


def test_a_token_that_its_provider_revokes_ends_the_sign_in_when_credentials_are_renewed(
    auth: AuthSession, cognito: Cognito, token: Token
) -> None:
    given = token("facebook", lifetime=timedelta(days=60))
    auth.federated_sign_in("facebook", given)
    cognito.identities.provider(FACEBOOK).revoke(given)
    assert auth.get_credentials()
    with pytest.raises(SignInRequired, match=r"^The sign-in has ended; call federated_sign_in\(\) first$"):
        auth.get_credentials(force_refresh=True)
    assert auth.state is INVALID


def test_a_wait_is_given_up_by_a_sign_out(auth: AuthSession, cognito: Cognito, token: Token, in_a_thread: Any) -> None:
    auth.federated_sign_in("google", token())
    cognito.clock.advance(ENDED)
    call = in_a_thread(lambda: auth.get_credentials(wait=IN_TIME))
    waits(auth, call)
    auth.sign_out()
    assert isinstance(call.exception(IN_TIME), SignInReleased)
    assert (auth.state, auth.identity_id) == (UserState.SIGNED_OUT, None)


# Offline.


def test_where_the_service_is_away_nobody_is_signed_in_or_out(
    auth: AuthSession, cognito: Cognito, token: Token
) -> None:
    cognito.stop()
    with pytest.raises(ServiceUnavailable) as caught:
        auth.federated_sign_in("google", token())
    assert (caught.value.reason, auth.state) == ("offline", UserState.SIGNED_OUT)
    cognito.start()
    auth.federated_sign_in("google", token())
    held = auth.get_credentials()
    cognito.stop()
    assert auth.get_credentials() is held
    with pytest.raises(ServiceUnavailable):
        auth.get_credentials(force_refresh=True)
    assert (auth.state, auth.get_credentials()) == (UserState.SIGNED_IN, held)


def test_a_provider_that_is_away_is_asked_again_until_it_answers(
    auth: AuthSession, cognito: Cognito, token: Token, told: Any, in_a_thread: Any
) -> None:
    away = [False]

    def give() -> str:
        if away[0]:
            raise ConnectionError("no route to the provider")
        return token()

    auth.federated_sign_in("google", give)
    identity_id = auth.identity_id
    away[0] = True
    cognito.clock.advance(ENDED)
    with pytest.raises(ServiceUnavailable, match="its provider or Cognito cannot be reached"):
        auth.get_credentials(wait=False)
    assert (auth.state, auth.state_reason, auth.is_signed_in) == (INVALID, "offline", True)
    call = in_a_thread(lambda: auth.get_credentials(wait=IN_TIME))
    waits(auth, call)
    away[0] = False
    cognito.clock.advance(timedelta(minutes=2))
    auth.get_credentials(wait=IN_TIME)
    assert call.result(IN_TIME).identity_id == identity_id
    assert auth.state is UserState.SIGNED_IN


@pytest.mark.parametrize("fault", [Fault.INTERNAL_ERROR, Fault.THROTTLED, Fault.PORTAL])
def test_trouble_at_the_identity_pool_keeps_the_sign_in(
    fault: Fault, auth: AuthSession, cognito: Cognito, token: Token
) -> None:
    auth.federated_sign_in("google", lambda: token())
    cognito.clock.advance(ENDED)
    cognito.faults.add(fault, on="GetCredentialsForIdentity")
    with pytest.raises(ServiceUnavailable):
        auth.get_credentials(wait=False)
    cognito.faults.clear()
    assert auth.get_credentials(wait=False).identity_id == auth.identity_id


# Identities.


def test_a_guests_identity_becomes_that_of_a_new_user_only(kernel: Any, cognito: Cognito, token: Token) -> None:
    auth = kernel(guest_access=True)
    found = []
    for who in ("eve", "mallory", "eve"):
        guest = auth.get_credentials().identity_id
        auth.federated_sign_in("google", token(who=who))
        found.append((guest, auth.get_credentials().identity_id))
        auth.sign_out()
    (first, eve), (second, mallory), (third, eve_again) = found
    assert (eve, mallory, eve_again) == (first, second, first)
    assert cognito.identities.identities[third].merged


def test_a_second_provider_is_linked_and_leads_to_the_same_identity_from_then_on(
    auth: AuthSession, token: Token
) -> None:
    auth.federated_sign_in("google", token())
    identity_id = auth.identity_id
    auth.federated_sign_in("facebook", token("facebook"))
    assert auth.get_credentials(force_refresh=True).identity_id == identity_id
    auth.sign_out()
    auth.federated_sign_in("facebook", token("facebook"))
    assert auth.identity_id == identity_id


def test_a_login_that_is_somebody_elses_is_not_linked(auth: AuthSession, token: Token) -> None:
    auth.federated_sign_in("facebook", token("facebook"))
    auth.sign_out()
    auth.federated_sign_in("google", token())
    held = auth.get_credentials()
    with pytest.raises(Rejected, match="already linked") as caught:
        auth.federated_sign_in("facebook", token("facebook"))
    assert caught.value.code == "ResourceConflictException"
    assert auth.get_credentials() is held
    assert auth.get_credentials(force_refresh=True).identity_id == held.identity_id


def test_one_provider_of_two_is_enough(auth: AuthSession, cognito: Cognito, token: Token) -> None:
    auth.federated_sign_in("apple", token("apple", lifetime=timedelta(minutes=10)))
    identity_id = auth.identity_id
    auth.federated_sign_in("google", lambda: token())
    for _ in range(2):
        cognito.clock.advance(ENDED)
        assert auth.get_credentials(wait=False).identity_id == identity_id
    assert auth.state is UserState.SIGNED_IN


def test_one_provider_is_enough_where_the_other_ones_token_is_no_longer_taken(
    auth: AuthSession, cognito: Cognito, token: Token
) -> None:
    given = token("facebook", lifetime=timedelta(days=60))
    auth.federated_sign_in("facebook", given)
    auth.federated_sign_in("google", lambda: token())
    cognito.identities.provider(FACEBOOK).revoke(given)
    assert auth.get_credentials(wait=False, force_refresh=True).identity_id == auth.identity_id
    assert auth.state is UserState.SIGNED_IN


def test_another_person_at_the_same_provider_takes_the_place_of_the_first(
    auth: AuthSession, cognito: Cognito, token: Token
) -> None:
    auth.federated_sign_in("google", token())
    auth.federated_sign_in("facebook", token("facebook"))
    eve = auth.identity_id
    auth.federated_sign_in("google", token(who="mallory"))
    assert auth.identity_id != eve
    assert cognito.identities.identities[auth.identity_id].logins == {GOOGLE: "mallory"}
    assert cognito.identities.identities[eve].logins == {GOOGLE: "eve", FACEBOOK: "eve"}


def test_while_a_second_provider_is_linked_calls_are_answered(
    auth: AuthSession, cognito: Cognito, token: Token, in_a_thread: Any
) -> None:
    auth.federated_sign_in("google", token())
    cognito.calls.clear()
    for outcome in (token("facebook"), "nonsense"):
        cognito.faults.add(Fault.SLOW, on="GetCredentialsForIdentity")
        linking = in_a_thread(lambda given=outcome: auth.federated_sign_in("facebook", given))
        cognito.calls.wait_for("GetCredentialsForIdentity")
        assert auth.get_credentials(wait=False, force_refresh=True).identity_id == auth.identity_id
        assert (linking.exception(IN_TIME) is None) == (outcome != "nonsense")
        cognito.faults.clear()
        cognito.calls.clear()


def test_an_identity_that_was_deleted_is_replaced(auth: AuthSession, cognito: Cognito, token: Token) -> None:
    auth.federated_sign_in("google", token())
    before = auth.identity_id
    cognito.identities.remove(before)
    after = auth.get_credentials(force_refresh=True)
    assert after.identity_id == auth.identity_id != before


# Developer identities.


def test_a_developer_identity_is_the_one_that_the_back_end_says(auth: AuthSession, cognito: Cognito) -> None:
    identity_id, given = cognito.identities.developer_token("frank")
    auth.federated_sign_in("developer", given, identity_id=identity_id)
    assert auth.get_credentials().identity_id == auth.identity_id == identity_id
    assert not cognito.calls.of("GetId")


def test_a_back_end_is_asked_again_when_its_token_has_ended(auth: AuthSession, cognito: Cognito) -> None:
    identity_id, _ = cognito.identities.developer_token("frank")
    auth.federated_sign_in("developer", lambda: cognito.identities.developer_token("frank")[1], identity_id=identity_id)
    cognito.clock.advance(ENDED)
    assert auth.get_credentials(wait=False).identity_id == identity_id


def test_a_developer_identity_of_somebody_else_is_refused_and_no_other_is_sought(
    auth: AuthSession, cognito: Cognito
) -> None:
    _, given = cognito.identities.developer_token("frank")
    grace, _ = cognito.identities.developer_token("grace")
    with pytest.raises(IdentityGone):
        auth.federated_sign_in("developer", given, identity_id=grace)
    assert auth.state is UserState.SIGNED_OUT
    assert not cognito.calls.of("GetId")


# Roles.


def test_the_role_that_is_named_is_given(auth: AuthSession, cognito: Cognito, token: Token) -> None:
    cognito.identities.role_mapping = RoleMapping()
    both = token(SAML, roles=[READER, WRITER])
    with pytest.raises(ConfigError, match="custom_role_arn"):
        auth.federated_sign_in(SAML, both)
    with pytest.raises(ConfigError, match="custom_role_arn"):
        auth.federated_sign_in(SAML, both, custom_role_arn="arn:aws:iam::123456789012:role/admin")
    auth.federated_sign_in(SAML, both, custom_role_arn=WRITER)
    assert cognito.identities.identities[auth.get_credentials(force_refresh=True).identity_id].role == WRITER


def test_a_role_may_be_named_later_together_with_another_token(
    auth: AuthSession, cognito: Cognito, token: Token
) -> None:
    cognito.identities.role_mapping = RoleMapping()
    for role in (READER, WRITER):
        auth.federated_sign_in(SAML, token(SAML, roles=[READER, WRITER]), custom_role_arn=role)
        assert cognito.identities.identities[auth.get_credentials(force_refresh=True).identity_id].role == role
    auth.federated_sign_in("google", token())
    assert cognito.identities.identities[auth.identity_id].role == WRITER


def test_a_rule_that_gives_no_role_is_said(auth: AuthSession, cognito: Cognito, token: Token) -> None:
    cognito.identities.role_mapping = RoleMapping((Rule("department", "Equals", "sales", READER),), denies=True)
    with pytest.raises(NotAuthorized, match="role"):
        auth.federated_sign_in("google", token(department="support"))
    auth.federated_sign_in("google", token(department="sales"))
    assert cognito.identities.identities[auth.identity_id].role == READER


# Restarts, and kernels side by side.


@pytest.mark.parametrize("name", NAMES)
def test_after_a_restart_the_user_and_the_identity_are_known_and_a_token_is_wanted(
    name: str, auth: AuthSession, kernel: Any, cognito: Cognito, token: Token
) -> None:
    auth.federated_sign_in(name, given := token(name))
    identity_id = auth.get_credentials().identity_id
    record = open_store("file", StoreKey.of(kernel().config, "default")).load()
    assert given not in json.dumps(record.to_dict())
    restarted = kernel()
    assert (restarted.state, restarted.state_reason) == (INVALID, "refused")
    assert (restarted.identity_id, restarted.username) == (identity_id, auth.username)
    with pytest.raises(SignInRequired, match=r"call federated_sign_in\(\) first$"):
        restarted.get_credentials()
    cognito.calls.clear()
    restarted.federated_sign_in(name, token(name))
    assert restarted.get_credentials().identity_id == identity_id
    assert not cognito.calls.of("GetId")


def test_a_sign_in_here_is_known_there_which_needs_a_token_of_its_own(kernel: Any, token: Token) -> None:
    here, there = kernel(), kernel()
    heard: Queue[UserStateDetails] = Queue()
    there.add_user_state_listener(heard.put)
    here.federated_sign_in("google", token())
    assert heard.get(timeout=IN_TIME).state is INVALID
    assert there.identity_id == here.identity_id
    there.federated_sign_in("google", token())
    assert there.get_credentials().identity_id == here.get_credentials().identity_id
    assert heard.get(timeout=IN_TIME).state is UserState.SIGNED_IN
    here.sign_out()
    assert heard.get(timeout=IN_TIME).state is UserState.SIGNED_OUT
    with pytest.raises(SignInRequired):
        there.get_credentials(wait=False)


@pytest.mark.parametrize("name", ["google", "facebook"])
def test_another_users_sign_in_there_takes_the_place_of_this_one(name: str, kernel: Any, token: Token) -> None:
    here, there = kernel(), kernel()
    heard: Queue[UserStateDetails] = Queue()
    here.federated_sign_in(name, token(name))
    here.add_user_state_listener(heard.put)
    there.federated_sign_in(name, token(name, "mallory"))
    assert heard.get(timeout=IN_TIME).state is INVALID
    assert here.identity_id == there.identity_id
    with pytest.raises(SignInRequired):
        here.get_credentials(wait=False)


# Without a user pool.


def test_no_user_pool_is_needed(kernel: Any, token: Token) -> None:
    auth = kernel(user_pool_id=None, client_id=None)
    auth.federated_sign_in("google", token(email="eve@example.com"))
    assert auth.username == "eve@example.com"
    assert auth.get_credentials().identity_id == auth.identity_id
    auth.sign_out()
    assert auth.state is UserState.SIGNED_OUT


def test_without_an_identity_pool_there_is_nothing_to_sign_in_to(kernel: Any, token: Token) -> None:
    with pytest.raises(ConfigError, match="identity_pool_id"):
        kernel(identity_pool_id=None).federated_sign_in("google", token())
