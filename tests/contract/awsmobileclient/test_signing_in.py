"""Signing in: what comes of it, in which order, and which flow it takes."""

import dataclasses
from datetime import timedelta

import pytest

from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.core.challenges import Challenge
from nbauth.core.secret import Secret
from nbauth.core.user_state import UserState
from nbauth.errors import NotAuthorized, Rejected
from nbauth.ports import Credential
from nbauth.testing import FakeUserPool, totp

SIGNED_IN, SIGNED_OUT = UserState.SIGNED_IN, UserState.SIGNED_OUT


def test_10_a_sign_in_gives_a_name_tokens_and_credentials_and_one_notification(auth, told, clock, password):
    auth.add_user_state_listener(told)
    assert auth.sign_in("ada", password).done
    tokens, credentials = auth.get_tokens(), auth.get_credentials()
    assert (auth.state, auth.is_signed_in, auth.has_valid_tokens, auth.username) == (SIGNED_IN, True, True, "ada")
    assert min(tokens.expires_at, credentials.expires_at) >= clock.now() + timedelta(hours=1)
    assert all((tokens.id_token.reveal(), tokens.access_token.reveal(), tokens.refresh_token.reveal()))
    (details,) = told.details
    assert (details.state, details.previous, details.username) == (SIGNED_IN, SIGNED_OUT, "ada")
    assert credentials.identity_id not in repr(details)


def test_11_a_wrong_password_is_refused_and_nobody_is_signed_in(auth, told):
    auth.add_user_state_listener(told)
    with pytest.raises(NotAuthorized) as refusal:
        auth.sign_in("ada", "Wrong-Horse-7")
    assert refusal.value.code == "NotAuthorizedException"
    assert (auth.state, auth.username, auth.error) == (SIGNED_OUT, None, refusal.value)
    assert told.details == []


def test_12_a_sign_in_that_is_over_leaves_nothing_behind(auth, clock, password, totp_secret):
    with pytest.raises(NotAuthorized):
        auth.sign_in("carol", "Wrong-Horse-7")
    assert (auth.busy, auth.challenge) == (False, None)
    assert not auth.sign_in("carol", password).done
    assert (auth.busy, auth.challenge.name, auth.error) == (False, "SOFTWARE_TOKEN_MFA", None)
    assert auth.confirm_sign_in(totp(totp_secret, clock.now())).done
    assert (auth.busy, auth.challenge, auth.error) == (False, None, None)
    with pytest.raises(Rejected, match="no challenge"):
        auth.confirm_sign_in(totp(totp_secret, clock.now()))


def test_13_a_listener_and_then_the_caller_find_everything_up_to_date(auth, password):
    found = []

    def look(who):
        found.append((who, auth.state, auth.is_signed_in, auth.username))

    auth.add_user_state_listener(lambda details: look("listener"))
    assert auth.sign_in("ada", password).done
    look("caller")
    assert found == [("listener", SIGNED_IN, True, "ada"), ("caller", SIGNED_IN, True, "ada")]


def test_14_a_listener_may_sign_out_and_in_again(auth, password):
    found = []

    def go_on(details):
        found.append((details.state, auth.state, auth.is_signed_in))
        if len(found) == 1:
            auth.sign_out()
        elif len(found) == 2:
            auth.sign_in("ada", password)

    auth.add_user_state_listener(go_on)
    auth.sign_in("ada", password)
    signed_in, signed_out = (SIGNED_IN, SIGNED_IN, True), (SIGNED_OUT, SIGNED_OUT, False)
    assert found == [signed_in, signed_out, signed_in]


class Opening:
    """Cognito's side of a sign-in, which asks a question whatever the flow.

    Attributes:
        flows: The flow of each sign-in.
    """

    def __init__(self):
        self.flows = []

    @property
    def user_pools(self):
        return self

    def initiate_auth(self, **request):
        self.flows.append(request["AuthFlow"])
        return {"ChallengeName": "CUSTOM_CHALLENGE", "Session": "challenge-session"}


@pytest.mark.parametrize("override", [None, "USER_SRP_AUTH", "USER_PASSWORD_AUTH", "CUSTOM_AUTH"])
@pytest.mark.parametrize("configured", [None, "USER_SRP_AUTH", "USER_PASSWORD_AUTH", "CUSTOM_AUTH"])
def test_15_the_calls_flow_comes_before_the_configured_one(configured, override, session_of, config, ports, password):
    cognito, config = Opening(), config.replace(auth_flow=configured)
    pool = CognitoUserPool(config, cognito, ports.clock)
    auth = session_of(config, dataclasses.replace(ports, user_pool=pool))
    assert auth.sign_in("ada", password, flow=override).challenge.name == "CUSTOM_CHALLENGE"
    assert cognito.flows == [override or configured or "USER_SRP_AUTH"]


class AttributePool(FakeUserPool):
    """Keeps the attributes that come with a new password."""

    def respond(self, challenge, answers, client_metadata=None):
        outcome = super().respond(challenge, answers, client_metadata)
        self.attributes = {
            name: value.reveal() for name, value in answers.items() if name.startswith("userAttributes.")
        }
        return outcome


def test_16_a_temporary_password_is_replaced_and_attributes_go_with_it(session_of, ports, populated, clock, password):
    pool = populated(AttributePool(clock))
    auth = session_of(ports=dataclasses.replace(ports, user_pool=pool))
    assert auth.sign_in("bob", password).challenge.name == "NEW_PASSWORD_REQUIRED"
    assert auth.state is SIGNED_OUT
    assert auth.confirm_sign_in("Brand-New-Horse-7", user_attributes={"given_name": "Bob"}).done
    assert pool.attributes == {"userAttributes.given_name": "Bob"}
    auth.sign_out()
    assert auth.sign_in("bob", "Brand-New-Horse-7").done


class RiddlePool(FakeUserPool):
    """Asks a question of its own in place of a password."""

    answer, password = "an echo", "Correct-Horse-7"

    def initiate_auth(self, credential):
        assert credential.auth_flow == "CUSTOM_AUTH"
        return Challenge("CUSTOM_CHALLENGE", credential.username, Secret("riddle"), {"question": "What speaks last?"})

    def respond(self, challenge, answers, client_metadata=None):
        if challenge.responses(answers)["ANSWER"] != self.answer:
            raise NotAuthorized("Incorrect answer.", code="NotAuthorizedException")
        return super().initiate_auth(Credential(challenge.username, Secret(self.password)))


@pytest.mark.parametrize("given", ["dummy", None])
def test_17_a_custom_challenge_is_answered_on_the_way_to_tokens_and_credentials(
    given, session_of, ports, populated, clock
):
    auth = session_of(ports=dataclasses.replace(ports, user_pool=populated(RiddlePool(clock))))
    challenge = auth.sign_in("ada", given, flow="CUSTOM_AUTH").challenge
    assert (challenge.name, challenge.parameters["question"]) == ("CUSTOM_CHALLENGE", "What speaks last?")
    assert auth.confirm_sign_in(RiddlePool.answer).done
    assert auth.get_tokens().username == "ada"
    assert auth.get_credentials().identity_id == auth.identity_id
