"""The verbs that sign in and out take what fits, and say in one line what does not."""

import pytest

from nbauth.auth_session import AuthSession
from nbauth.core.config import AuthConfig
from nbauth.core.results import SignOutReport
from nbauth.core.user_state import UserState
from nbauth.errors import ChallengeExpired, Rejected
from nbauth.testing import totp

NUMBER = 987654321


@pytest.fixture
def asked(session, users, password):
    """A session whose pool has just asked for a code."""
    session.sign_in("carol", password)
    assert session.challenge.name == "SOFTWARE_TOKEN_MFA"
    return session


@pytest.mark.parametrize(
    ("verb", "complaint"),
    [
        (lambda auth: auth.sign_in(None, "x"), "The user name is text, not of the type NoneType"),
        (lambda auth: auth.sign_in(b"ada", "x"), "The user name is text, not of the type bytes"),
        (lambda auth: auth.sign_in("ada", NUMBER), "text, and this is of the type int"),
        (lambda auth: auth.sign_in("ada", b"x"), "text, and this is of the type bytes"),
        (lambda auth: auth.sign_in("ada", "x", client_metadata={"a": 1}), "'a' in client_metadata is text"),
        (lambda auth: auth.sign_in("ada", "x", client_metadata=5), "client_metadata is a mapping"),
        (lambda auth: auth.sign_in("ada", "x", analytics=5), "analytics is a mapping"),
        (lambda auth: auth.sign_in("ada", "x", user_context=5), "user_context is a mapping"),
    ],
)
def test_what_begins_no_sign_in_is_said_in_one_line(session, verb, complaint):
    with pytest.raises(Rejected, match=complaint) as caught:
        verb(session)
    assert str(NUMBER) not in str(caught.value)
    assert (session.state, session.challenge, session.busy) == (UserState.SIGNED_OUT, None, False)


@pytest.mark.parametrize(
    ("answer", "more", "complaint"),
    [
        (NUMBER, {}, "leading zeros count"),
        (None, {}, "of the type NoneType"),
        (["012345"], {}, "of the type list"),
        ({"code": NUMBER}, {}, "leading zeros count"),
        ({"cod": "012345"}, {}, "Code is missing"),
        ("012345", {"user_attributes": 5}, "user_attributes is a mapping"),
        ("012345", {"client_metadata": {"a": object()}}, "'a' in client_metadata is text"),
    ],
)
def test_what_answers_nothing_is_said_in_one_line_and_keeps_the_challenge(
    asked, users, clock, answer, more, complaint, totp_secret
):
    challenge = asked.challenge
    with pytest.raises(Rejected, match=complaint) as caught:
        asked.confirm_sign_in(answer, **more)
    assert not isinstance(caught.value, ChallengeExpired)
    assert str(NUMBER) not in str(caught.value)
    assert asked.challenge is challenge
    assert asked.confirm_sign_in(totp(totp_secret, clock.now())).done


def test_signing_out_where_nothing_is_configured_completes():
    assert AuthSession(AuthConfig(), store="memory").sign_out(everywhere=True) == SignOutReport()
