"""What several providers say together: who it is, for which role, and until when."""

import base64
import json
from datetime import timedelta

import pytest

from nbauth.core.federation import FederatedLogin, Federation
from nbauth.core.secret import Secret
from nbauth.testing import tokens

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def entry(clock):
    """Makes a login of eve's at a provider."""

    def make(provider="google", who="eve", lifetime=AN_HOUR, **claims):
        issued = tokens(who, issued_at=clock.now(), lifetime=lifetime, issuer=f"https://{provider}", **claims)
        return FederatedLogin.read(provider, issued.id_token)

    return make


OPAQUE = FederatedLogin.read("facebook", "EAAB-sentinel")


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("google", "accounts.google.com"),
        (" Facebook ", "graph.facebook.com"),
        ("developer", "cognito-identity.amazonaws.com"),
        ("Login.Example.com/A", "Login.Example.com/A"),
        ("arn:aws:iam::123456789012:saml-provider/Google", "arn:aws:iam::123456789012:saml-provider/Google"),
    ],
)
def test_a_short_name_is_one_of_a_few_and_any_other_is_what_it_says(name, provider):
    assert FederatedLogin.read(name, "token").provider == provider


def test_a_token_says_who_it_is_and_until_when(entry, clock):
    login = entry(email="eve@example.com")
    assert (login.username, login.expires_at) == ("eve@example.com", clock.now() + AN_HOUR)
    assert login.sub


def test_a_token_that_cannot_be_read_says_nothing_and_does_not_end(clock):
    assert (OPAQUE.username, OPAQUE.sub, OPAQUE.expires_at) == ("", "", None)
    assert not OPAQUE.has_expired(clock.now() + 1000 * AN_HOUR)


@pytest.mark.parametrize("end", [10**30, -(10**30), "soon", None, float("nan")])
def test_an_end_that_is_no_moment_is_none(end):
    claims = base64.urlsafe_b64encode(json.dumps({"sub": "g-1", "exp": end}).encode()).decode()
    read = FederatedLogin.read("google", f"e30.{claims}.c2ln")
    assert (read.sub, read.expires_at) == ("g-1", None)


def test_one_token_that_has_not_ended_is_enough(entry, clock):
    short, long = entry("apple", lifetime=AN_HOUR), entry("google", lifetime=2 * AN_HOUR)
    both = Federation((short, long))
    assert both.expires_at == long.expires_at
    clock.advance(AN_HOUR)
    assert (both.has_expired(clock.now()), both.valid(clock.now())) == (False, (long,))
    clock.advance(AN_HOUR)
    assert (both.has_expired(clock.now()), both.valid(clock.now())) == (True, (short, long))


def test_with_a_token_that_does_not_say_when_it_ends_nobody_knows(entry, clock):
    both = Federation((entry(), OPAQUE))
    assert both.expires_at is None
    assert not both.has_expired(clock.now() + 2 * AN_HOUR)


def test_who_signs_in_with_a_second_provider_has_both(entry):
    google, apple = entry(), entry("apple")
    joined = Federation((google,), custom_role_arn="reader").joined_by(Federation((apple,)))
    assert joined == Federation((google, apple), custom_role_arn="reader")


def test_another_token_takes_the_place_of_the_same_providers(entry):
    joined = Federation((OPAQUE, entry())).joined_by(Federation((another := entry(lifetime=2 * AN_HOUR),)))
    assert joined.logins == (OPAQUE, another)


def test_another_role_takes_the_place_of_the_first(entry):
    joined = Federation((entry(),), custom_role_arn="reader").joined_by(
        Federation((entry(),), custom_role_arn="writer")
    )
    assert joined.custom_role_arn == "writer"


def test_somebody_else_at_the_same_provider_has_nothing_of_the_first(entry):
    mallory = Federation((entry(who="mallory"),))
    assert Federation((entry(), OPAQUE), custom_role_arn="reader").joined_by(mallory) == mallory


def test_no_token_shows(entry):
    shown = repr(Federation((entry(), FederatedLogin.read("facebook", Secret("EAAB-sentinel")))))
    assert "EAAB" not in shown
    assert "eyJ" not in shown
