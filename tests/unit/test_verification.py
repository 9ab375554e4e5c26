"""When tokens are verified, and what becomes of a sign-in whose tokens are forged."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from nbauth.core.events import RefreshFailed, Respond, SignInFailed, TokensDisproved, TokensIssued, TokensRefreshed
from nbauth.core.secret import Secret
from nbauth.core.states import SignedIn, SignedOut, tokens_of
from nbauth.errors import ConfigError, ServiceUnavailable, TokensNotCurrent, TokensNotGenuine
from nbauth.testing import FakeVerifier, tokens
from nbauth.verification import Verification

FORGED = TokensNotGenuine("What came as ID token is not this user pool's")
UNTIMELY = TokensNotCurrent("The ID token has expired")
AWAY = ServiceUnavailable("The keys cannot be had", reason="offline")
IN_TIME = 20  # seconds


@pytest.fixture
def verifier():
    return FakeVerifier()


@pytest.fixture
def ports(ports, verifier):
    return replace(ports, verifier=verifier)


@pytest.fixture
def verification(stage, verifier):
    made = Verification(stage.runtime, verifier)
    stage.changed.append(lambda before, after, event: made.changed(after.state))
    return made


@pytest.fixture
def settled():
    """Waits until nothing is verified in the background any more."""

    def settle():
        for thread in threading.enumerate():
            if thread.name == "nbauth-verify":
                thread.join(IN_TIME)

    return settle


# At once.


def test_forged_tokens_sign_nobody_in_and_nothing_is_kept(stage, verifier, store):
    verifier.fail_next(FORGED)
    flight = stage.sign_in()
    assert flight.error is FORGED
    assert isinstance(stage.wait_for(SignInFailed), SignInFailed)
    assert (stage.state, store.load()) == (SignedOut(), None)


def test_tokens_that_are_not_valid_now_sign_nobody_in(stage, verifier, store):
    verifier.fail_next(UNTIMELY)
    assert stage.sign_in().error is UNTIMELY
    assert (stage.state, store.load()) == (SignedOut(), None)


def test_forged_tokens_after_a_challenge_are_refused_too(stage, verifier, password):
    stage.sign_in("bob")
    verifier.fail_next(FORGED)
    stage.land(stage.runtime.dispatch(Respond({"new_password": "Another-Horse-7"})))
    assert stage.wait_for(SignInFailed).error is FORGED


def test_a_forged_refresh_takes_nothing_away_while_the_old_tokens_last(stage, verifier, store):
    stage.sign_in()
    before, kept = tokens_of(stage.state), store.load()
    verifier.fail_next(FORGED)
    assert stage.refresh().error is FORGED
    assert (tokens_of(stage.state), store.load()) == (before, kept)


def test_a_forged_refresh_ends_a_sign_in_that_has_nothing_else(stage, verifier, store, clock):
    stage.sign_in()
    clock.advance(timedelta(hours=2))
    verifier.fail_next(FORGED)
    assert stage.refresh().error is FORGED
    assert stage.wait_for(RefreshFailed).error is FORGED
    assert (stage.state, store.load()) == (SignedOut(), None)


def test_a_refresh_token_is_not_lost_to_a_clock_that_is_wrong(stage, verifier, users):
    users._rotates = True
    stage.sign_in()
    before = stage.state.record.refresh_token
    verifier.fail_next(UNTIMELY)
    assert stage.refresh().error is None
    assert stage.state.record.refresh_token != before


@pytest.mark.parametrize("error", [FORGED, UNTIMELY], ids=lambda error: type(error).__name__)
def test_what_another_kernel_answers_is_verified_and_else_as_if_it_had_not_answered(
    error, stage, verifier, siblings, users, clock
):
    stage.sign_in()
    clock.advance(timedelta(minutes=5))
    siblings.tokens = tokens("ada", issued_at=clock.now())
    verifier.fail_next(error)
    stage.refresh()
    assert not stage.wait_for(TokensRefreshed).shared
    assert users.calls == ["initiate_auth", "refresh"]


def test_where_the_keys_are_not_there_a_sign_in_does_not_wait_for_them(stage, verifier):
    verifier.has_keys = False
    assert stage.sign_in().error is None
    assert verifier.calls == ["check"]


# Afterwards.


def test_what_was_verified_at_once_is_not_looked_at_in_the_background(stage, verifier, verification, settled):
    stage.sign_in()
    settled()
    assert "verify" not in verifier.calls
    assert verification.claims(tokens_of(stage.state)) is tokens_of(stage.state).claims
    assert "verify" not in verifier.calls


def test_what_could_not_be_verified_at_once_is_verified_in_the_background(stage, verifier, verification, settled):
    verifier.has_keys = False
    stage.sign_in()
    settled()
    assert verifier.calls.count("verify") == 1
    assert isinstance(stage.state, SignedIn)


def test_a_forgery_that_is_found_out_afterwards_ends_the_sign_in(stage, verifier, verification, store, siblings):
    verifier.has_keys = False
    with verifier.hold_next("verify") as hold:
        verifier.fail_next(FORGED, on="verify")
        assert stage.sign_in().error is None
        assert hold.entered.wait(IN_TIME)
        assert isinstance(stage.wait_for(TokensIssued), TokensIssued)
        assert isinstance(stage.state, SignedIn)
    assert stage.wait_for(TokensDisproved).error is FORGED
    assert (stage.state, store.load(), siblings.shared) == (SignedOut(), None, None)


@pytest.mark.parametrize("error", [AWAY, UNTIMELY], ids=lambda error: type(error).__name__)
def test_what_proves_nothing_signs_nobody_out(error, stage, verifier, verification, settled):
    verifier.has_keys = False
    verifier.fail_next(error, on="verify")
    stage.sign_in()
    settled()
    assert isinstance(stage.state, SignedIn)


def test_a_proof_that_comes_too_late_ends_no_other_sign_in(stage, verifier, verification, settled):
    verifier.has_keys = False
    with verifier.hold_next("verify") as hold:
        verifier.fail_next(FORGED, on="verify")
        stage.sign_in()
        assert hold.entered.wait(IN_TIME)
        verifier.has_keys = True
        stage.sign_out()
        stage.sign_in("ada")
    settled()
    assert isinstance(stage.state, SignedIn)


def test_what_another_kernel_has_kept_since_is_not_forgotten(stage, verifier, verification, store, settled):
    verifier.has_keys = False
    newer = None
    with verifier.hold_next("verify") as hold:
        verifier.fail_next(FORGED, on="verify")
        stage.sign_in()
        assert hold.entered.wait(IN_TIME)
        newer = replace(store.load(), refresh_token=Secret("another kernel's"))
        store.save(newer)
    settled()
    assert stage.wait_for(TokensDisproved).error is FORGED
    assert store.load() == newer


def test_nothing_is_verified_again_because_something_else_has_changed(stage, verifier, verification, settled):
    stage.sign_in()
    before = list(verifier.calls)
    stage.fetch_credentials()
    settled()
    assert verifier.calls == before


def test_tokens_are_not_held_on_to_after_a_sign_out(stage, verifier, verification):
    stage.sign_in()
    stage.sign_out()
    assert verification._held == (None, None)


@pytest.mark.parametrize(("patience", "waits"), [(IN_TIME, True), (0.0, False)])
def test_a_fork_waits_a_while_for_what_is_being_verified(
    patience, waits, stage, verifier, verification, in_threads, monkeypatch
):
    monkeypatch.setattr("nbauth.verification._PATIENCE", patience)
    verifier.has_keys = False
    with verifier.hold_next("verify") as hold:
        stage.sign_in()
        assert hold.entered.wait(IN_TIME)
        (fork,) = in_threads(verification._come_to_an_end)
        if not waits:
            fork.result(IN_TIME)
        assert fork.done() is not waits
    fork.result(IN_TIME)


# Claims.


def test_claims_wait_for_the_keys(stage, verifier, verification, in_threads):
    verifier.has_keys = False
    with verifier.hold_next("verify") as hold:
        stage.sign_in()
        (call,) = in_threads(lambda: verification.claims(tokens_of(stage.state)))
        assert hold.entered.wait(IN_TIME)
        assert not call.done()
    assert call.result(IN_TIME)["cognito:username"] == "ada"


def test_whoever_asks_for_the_claims_of_forged_tokens_is_told_and_nobody_is_signed_in(stage, verifier, verification):
    stage.sign_in()
    verifier.fail_next(FORGED, on="verify")
    other = tokens("ada")
    with pytest.raises(TokensNotGenuine) as caught:
        verification.claims(other)
    assert caught.value.__context__ is None
    assert isinstance(stage.state, SignedIn)  # with tokens that are not those
    verification._held = (None, None)
    verifier.fail_next(FORGED, on="verify")
    with pytest.raises(TokensNotGenuine):
        verification.claims(tokens_of(stage.state))
    assert stage.state == SignedOut()


def test_without_a_user_pool_there_are_no_claims(stage):
    with pytest.raises(ConfigError, match="No user pool"):
        Verification(stage.runtime, None).claims(tokens())
