"""What a session has to do with proof: verified claims, groups that are read, and stepping up."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from nbauth.core.tokens import TokenSet
from nbauth.core.user_state import UserState
from nbauth.errors import (
    AccessTokenRefused,
    AlreadySignedIn,
    AuthError,
    ChallengeExpired,
    CodeMismatch,
    ConfigError,
    NotAuthorized,
    Rejected,
    ServiceUnavailable,
    SignInInterrupted,
    SignInReleased,
    SignInRequired,
    SignInTimeout,
    TokensNotGenuine,
)
from nbauth.ports import Credential
from nbauth.testing import FakeUserPool, FakeVerifier, totp

FORGED = TokensNotGenuine("What came as ID token is not this user pool's")
IN_TIME = 20  # seconds


class SteppingUpPool(FakeUserPool):
    """A user pool that asks carol for a code of her app when she steps up, and lets everybody else through.

    Attributes:
        stepped_up: What was asked of it, in order.
    """

    def __init__(self, clock):
        super().__init__(clock)
        self.stepped_up: list[Credential] = []

    def initiate_auth(self, credential):
        if credential.step_up is None:
            return super().initiate_auth(credential)
        self._called("step_up")
        self.stepped_up.append(credential)
        user = self.bearer(credential.step_up.access_token)
        assert (user.username, credential.auth_flow) == (credential.username, "USER_AUTH")
        return self._next(user, replace(credential, password=None))


@pytest.fixture
def users(clock, password, totp_secret):
    pool = SteppingUpPool(clock)
    pool.add_user("ada", password)
    pool.add_user("carol", password, totp_secret=totp_secret)
    return pool


@pytest.fixture
def verifier():
    return FakeVerifier()


@pytest.fixture
def ports(ports, verifier):
    return replace(ports, verifier=verifier)


@pytest.fixture
def code(clock, totp_secret):
    return lambda: totp(totp_secret, clock.now())


@pytest.fixture
def signed_in(session, password):
    """Ada is signed in."""
    session.sign_in("ada", password)
    return session


@pytest.fixture
def with_app(session, password, code):
    """Carol is signed in, who has an authenticator app."""
    session.sign_in("carol", password)
    session.confirm_sign_in(code())
    return session


# Claims and groups.


def test_claims_are_those_of_the_newest_id_token(signed_in):
    assert signed_in.claims["cognito:username"] == "ada"
    assert signed_in.claims == signed_in.get_tokens().claims


def test_claims_cannot_be_changed(signed_in):
    with pytest.raises(TypeError):
        signed_in.claims["sub"] = "another"


def test_without_a_sign_in_there_are_no_claims(session):
    with pytest.raises(SignInRequired):
        _ = session.claims


def test_claims_of_expired_tokens_are_those_of_new_ones(signed_in, clock, users):
    before = signed_in.claims["exp"]
    clock.advance(timedelta(hours=2))
    assert signed_in.claims["exp"] > before
    assert users.calls == ["initiate_auth", "refresh"]


def test_forged_tokens_are_an_error_of_their_own_that_is_there_to_be_read(session, verifier, password):
    verifier.fail_next(FORGED)
    with pytest.raises(TokensNotGenuine):
        session.sign_in("ada", password)
    assert (session.error, session.state, session.is_signed_in) == (FORGED, UserState.SIGNED_OUT, False)


def test_a_forgery_found_out_afterwards_is_told_to_listeners_and_kept_as_the_error(session, verifier, password):
    verifier.has_keys = False
    told, heard = [], threading.Event()

    def listen(details):
        told.append(details)
        if details.state is UserState.SIGNED_OUT:
            heard.set()

    session.add_user_state_listener(listen)
    verifier.fail_next(FORGED, on="verify")
    session.sign_in("ada", password)
    assert heard.wait(IN_TIME)
    assert (told[-1].state, told[-1].error, session.error) == (UserState.SIGNED_OUT, FORGED, FORGED)


def test_groups_are_read_without_network_and_without_keys(signed_in, verifier):
    before = list(verifier.calls)
    assert signed_in.groups == ()
    assert verifier.calls == before


def test_a_user_is_called_the_same_after_the_tokens_have_ended(session, users, clock, password, monkeypatch):
    assert session.display_name is None
    monkeypatch.setattr(TokenSet, "display_name", "grace@example.com")
    session.sign_in("ada", password)
    assert (session.username, session.display_name) == ("ada", "grace@example.com")
    users.revoke(session.get_tokens().refresh_token)
    clock.advance(timedelta(days=1))
    with pytest.raises(SignInRequired):
        session.get_tokens(wait=False)
    assert session.display_name == "grace@example.com"
    session.sign_out()
    assert session.display_name is None


# Stepping up.


def test_a_step_up_that_the_pool_asks_nothing_for_is_done(signed_in, users):
    before = signed_in.get_tokens()
    assert signed_in.step_up("urn:cognito:loa:2", 300).done
    asked = users.stepped_up[0]
    assert (asked.username, asked.password, asked.step_up.acr, asked.step_up.max_age) == (
        "ada",
        None,
        "urn:cognito:loa:2",
        300,
    )
    assert asked.step_up.access_token == before.access_token
    assert signed_in.get_tokens() is not before


def test_what_a_step_up_asks_is_answered_as_in_a_sign_in_and_the_user_stays_signed_in(with_app, code):
    before, told = with_app.get_tokens(), []
    with_app.add_user_state_listener(told.append)
    challenge = with_app.step_up().challenge
    assert challenge.name == with_app.challenge.name == "SOFTWARE_TOKEN_MFA"
    assert (with_app.state, with_app.username, with_app.get_tokens()) == (UserState.SIGNED_IN, "carol", before)
    assert with_app.get_credentials(wait=False)
    with pytest.raises(CodeMismatch):
        with_app.confirm_sign_in("000000")
    assert with_app.confirm_sign_in(code()).done
    assert with_app.get_tokens() is not before
    assert (with_app.challenge, with_app.error, told) == (None, None, [])


def test_tokens_and_credentials_are_renewed_while_a_step_up_stands(with_app, clock, users):
    before = with_app.get_credentials()
    with_app.step_up()
    clock.advance(timedelta(hours=2))
    assert with_app.get_credentials(wait=False) is not before
    assert "refresh" in users.calls
    assert with_app.challenge is not None


def test_credentials_are_asked_for_anew_after_a_step_up(signed_in, identities):
    signed_in.get_credentials()
    signed_in.step_up()
    signed_in.get_credentials()
    assert identities.calls == ["get_id", "get_credentials", "get_credentials"]


def test_a_cancelled_step_up_changes_nothing(with_app):
    before, keys = with_app.get_tokens(), with_app.get_credentials()
    with_app.step_up()
    with_app.cancel_sign_in()
    assert (with_app.challenge, with_app.get_tokens(), with_app.get_credentials()) == (None, before, keys)


@pytest.mark.parametrize(
    "error",
    [
        ConfigError("The user pool's feature plan does not have this", code="FeatureUnavailableInTierException"),
        ServiceUnavailable("no network", reason="offline"),
        NotAuthorized("no"),
        ChallengeExpired("over"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_step_up_that_is_refused_harms_nothing(error, signed_in, users):
    before, keys = signed_in.get_tokens(), signed_in.get_credentials()
    users.fail_next(error, on="step_up")
    with pytest.raises(type(error)) as caught:
        signed_in.step_up()
    assert caught.value is error
    assert (signed_in.state, signed_in.get_tokens(), signed_in.get_credentials()) == (UserState.SIGNED_IN, before, keys)


def test_a_step_up_with_an_access_token_that_was_revoked_is_tried_with_a_new_one(signed_in, users):
    users.fail_next(AccessTokenRefused("The sign-in has ended"), on="step_up")
    assert signed_in.step_up().done
    assert users.calls == ["initiate_auth", "step_up", "refresh", "step_up"]
    first, second = users.stepped_up[-1].step_up.access_token, signed_in.get_tokens().access_token
    assert first != second


def test_nobody_steps_up_who_is_not_signed_in(session):
    with pytest.raises(SignInRequired):
        session.step_up()


def test_while_a_step_up_stands_nobody_signs_in(with_app, password):
    with_app.step_up()
    with pytest.raises(AlreadySignedIn, match="carol is signed in"):
        with_app.sign_in("ada", password)
    with pytest.raises(AlreadySignedIn, match="carol is signed in"):
        with_app.federated_sign_in("google", "token")
    assert with_app.challenge is not None


def test_a_sign_out_ends_a_step_up(with_app):
    with_app.step_up()
    with_app.sign_out()
    assert (with_app.state, with_app.challenge) == (UserState.SIGNED_OUT, None)


@pytest.mark.parametrize(
    ("acr", "max_age"), [("", None), ("  ", None), (5, None), (None, -1), (None, True), (None, "5"), (None, 1.5)]
)
def test_what_makes_no_sense_is_said_before_anybody_is_asked(acr, max_age, signed_in, users):
    with pytest.raises(Rejected, match=r"\((acr|max_age)\)"):
        signed_in.step_up(acr, max_age)
    assert users.calls == ["initiate_auth"]


def test_how_long_to_wait_for_a_proof_is_a_number(signed_in):
    with pytest.raises(Rejected, match="How long to wait is a number of seconds"):
        signed_in.step_up(wait="x")


def test_several_levels_are_sent_with_one_space_between_them(signed_in, users):
    signed_in.step_up(" urn:cognito:loa:3\n urn:cognito:loa:2 ")
    assert users.stepped_up[0].step_up.acr == "urn:cognito:loa:3 urn:cognito:loa:2"


# Where somebody can be asked.


@pytest.fixture
def asked_carol(prompt, session, password, code):
    """Carol is signed in and sits in front of the page; `does` says what she does when she is asked."""
    session.sign_in("carol", password)
    session.confirm_sign_in(code())

    def set_up(does):
        prompt.does = does
        return session

    return set_up


def test_a_step_up_shows_what_is_asked_and_waits_for_the_answer(asked_carol, prompt, code):
    auth = asked_carol(lambda done, timeout: auth.confirm_sign_in(code()))
    before = auth.get_tokens()
    assert auth.step_up(wait=7).done
    assert auth.get_tokens() is not before
    assert prompt.limits == [7.0]


def test_a_step_up_may_be_answered_by_another_thread(asked_carol, prompt, code, in_threads):
    auth = asked_carol(lambda done, timeout: done.wait(timeout))
    (call,) = in_threads(auth.step_up)
    assert prompt.asked.wait(IN_TIME)
    auth.confirm_sign_in(code())
    assert call.result(IN_TIME).done
    assert prompt.limits == [300.0]


def test_nobody_is_asked_where_nothing_is(prompt, signed_in):
    assert signed_in.step_up().done
    assert prompt.limits == []


@pytest.mark.parametrize("wait", [False, 0])
def test_a_step_up_that_does_not_wait_leaves_the_challenge_to_be_answered(wait, asked_carol, prompt):
    auth = asked_carol(None)
    assert auth.step_up(wait=wait).challenge is auth.challenge is not None
    assert prompt.limits == []


def test_where_nobody_is_there_the_challenge_is_left_to_be_answered(asked_carol, prompt):
    auth = asked_carol(None)
    prompt.there = False
    assert auth.step_up().challenge is not None


def stop(done, timeout):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("does", "error", "says"),
    [
        (lambda auth: lambda done, timeout: None, SignInTimeout, "Nobody answered within 300 seconds"),
        (lambda auth: lambda done, timeout: auth.cancel_sign_in(), SignInReleased, "given up"),
        (lambda auth: lambda done, timeout: auth.sign_out(), SignInReleased, "given up"),
        (lambda auth: stop, SignInInterrupted, "interrupted"),
    ],
    ids=["nobody answers", "cancel", "sign-out", "stop"],
)
def test_a_step_up_that_is_not_answered_is_over(does, error, says, asked_carol, prompt):
    auth = asked_carol(None)
    prompt.does = does(auth)
    with pytest.raises(error, match=says):
        auth.step_up()
    assert auth.challenge is None


def test_a_released_wait_leaves_the_challenge_standing(asked_carol, prompt, code):
    auth = asked_carol(lambda done, timeout: auth.release_sign_in_wait())
    with pytest.raises(SignInReleased):
        auth.step_up()
    assert auth.confirm_sign_in(code()).done


def test_the_errors_of_a_step_up_are_all_of_the_tree(asked_carol, prompt):
    auth = asked_carol(lambda done, timeout: None)
    with pytest.raises(AuthError):
        auth.step_up()
    assert auth.is_signed_in
