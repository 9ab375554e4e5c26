"""The stand-in, judged by clients that are not ours, with right inputs and wrong ones."""

import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pycognito
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from nbauth.testing import Cognito, CustomChallenge, DeviceTracking, totp
from nbauth.testing.stand_in.tokens import claims_of

PASSWORD = "Correct-Horse-7"
NEW_PASSWORD = "Brand-New-Saddle-7"
PACKAGES = {"amazon-cognito-identity-js": "6.3.21", "aws-amplify": "6.22.0"}

INCORRECT = {"error": "NotAuthorizedException", "message": "Incorrect username or password."}


@pytest.fixture
def cognito(stand_in: Cognito) -> Cognito:
    """ada has a password, bob a temporary one, carol an authenticator app, dave a telephone."""
    stand_in.users.add("ada", PASSWORD, email="ada@example.com")
    stand_in.users.add("bob", PASSWORD, temporary=True, email="bob@example.com")
    stand_in.users.add("carol", PASSWORD, totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    stand_in.users.add("dave", PASSWORD, phone_number="+15550100")
    return stand_in


def app_code(cognito: Cognito) -> str:
    authenticator = cognito.users["carol"].authenticator
    assert authenticator
    return authenticator.code(cognito.clock.now())


# pycognito.


@pytest.fixture
def pycognito_of(cognito: Cognito, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pycognito.Cognito]:
    """Makes a pycognito of a user, whatever of it goes past botocore included."""
    # Given an endpoint, pycognito would take it for the issuer.
    monkeypatch.setenv("AWS_ENDPOINT_URL", cognito.endpoint_url)
    send = pycognito.aws_srp.requests.request
    monkeypatch.setattr(
        "pycognito.aws_srp.requests.post", lambda _, **options: send("POST", cognito.endpoint_url, **options)
    )
    with urllib.request.urlopen(f"{cognito.endpoint_url}/{cognito.user_pool_id}/.well-known/jwks.json") as answer:
        keys = json.load(answer)

    def make(username: str, **device: str) -> pycognito.Cognito:
        user = pycognito.Cognito(
            cognito.user_pool_id,
            cognito.client.client_id,
            username=username,
            botocore_config=Config(signature_version=UNSIGNED),
            **device,
        )
        user.pool_jwk = keys
        return user

    return make


def srp_of(user: pycognito.Cognito, password: str, **device: str) -> pycognito.AWSSRP:
    return pycognito.AWSSRP(user.username, password, user.user_pool_id, user.client_id, client=user.client, **device)


@pytest.mark.parametrize("username", ["ada", "ada@example.com"])
def test_pycognito_signs_in_and_renews(username: str, pycognito_of: Callable[[str], pycognito.Cognito]) -> None:
    user = pycognito_of(username)
    user.authenticate(password=PASSWORD)
    first = user.access_token
    assert user.id_claims["cognito:username"] == "ada"
    user.renew_access_token()
    assert user.access_token != first
    assert user.access_claims["username"] == "ada"


def test_pycognito_is_refused_a_wrong_password(pycognito_of: Callable[[str], pycognito.Cognito]) -> None:
    user = pycognito_of("ada")
    with pytest.raises(user.client.exceptions.NotAuthorizedException, match="Incorrect username or password"):
        user.authenticate(password="wrong")


def test_pycognito_changes_a_temporary_password(pycognito_of: Callable[[str], pycognito.Cognito]) -> None:
    user = pycognito_of("bob")
    with pytest.raises(pycognito.exceptions.ForceChangePasswordException):
        user.authenticate(password=PASSWORD)
    user.new_password_challenge(PASSWORD, NEW_PASSWORD)
    assert user.access_claims["username"] == "bob"


def test_pycognito_signs_up(cognito: Cognito, pycognito_of: Callable[[str], pycognito.Cognito]) -> None:
    user = pycognito_of("eve")
    user.set_base_attributes(email="eve@example.com", name="Eve")
    assert user.register("eve", PASSWORD)["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    with pytest.raises(user.client.exceptions.UserNotConfirmedException):
        user.authenticate(password=PASSWORD)
    with pytest.raises(user.client.exceptions.CodeMismatchException):
        user.confirm_sign_up(f"{(int(cognito.codes['eve']) + 1) % 1_000_000:06d}")
    user.confirm_sign_up(cognito.codes["eve"])
    user.authenticate(password=PASSWORD)
    assert user.get_user().name == "Eve"


def test_pycognito_resets_and_changes_a_password(
    cognito: Cognito, pycognito_of: Callable[[str], pycognito.Cognito]
) -> None:
    user = pycognito_of("ada")
    user.initiate_forgot_password()
    with pytest.raises(user.client.exceptions.InvalidPasswordException):
        user.confirm_forgot_password(cognito.codes["ada"], "weak")
    user.confirm_forgot_password(cognito.codes["ada"], NEW_PASSWORD)
    with pytest.raises(user.client.exceptions.NotAuthorizedException):
        user.authenticate(password=PASSWORD)
    user.authenticate(password=NEW_PASSWORD)
    with pytest.raises(user.client.exceptions.NotAuthorizedException):
        user.change_password("wrong", PASSWORD)
    user.change_password(NEW_PASSWORD, PASSWORD)
    user.authenticate(password=PASSWORD)


def test_pycognito_verifies_an_address(cognito: Cognito, pycognito_of: Callable[[str], pycognito.Cognito]) -> None:
    user = pycognito_of("ada")
    user.authenticate(password=PASSWORD)
    user.update_profile({"email": "countess@example.org"})
    assert not user.get_user().email_verified
    user.send_verification("email")
    user.validate_verification(cognito.codes["ada"], "email")
    assert user.get_user().email_verified
    user.delete_user()


def test_pycognito_answers_with_codes(cognito: Cognito, pycognito_of: Callable[[str], pycognito.Cognito]) -> None:
    user = pycognito_of("dave")
    with pytest.raises(pycognito.exceptions.SMSMFAChallengeException):
        user.authenticate(password=PASSWORD)
    with pytest.raises(user.client.exceptions.CodeMismatchException):
        user.respond_to_sms_mfa_challenge("wrong")
    user.respond_to_sms_mfa_challenge(cognito.codes["dave"])
    assert user.access_claims["username"] == "dave"


def test_pycognito_sets_an_app_up_and_uses_it(
    cognito: Cognito, pycognito_of: Callable[[str], pycognito.Cognito]
) -> None:
    user = pycognito_of("ada")
    user.authenticate(password=PASSWORD)
    secret = user.associate_software_token()
    assert user.verify_software_token(totp(secret, cognito.clock.now()), "watch")
    user.set_user_mfa_preference(sms_mfa=False, software_token_mfa=True, preferred="SOFTWARE_TOKEN")
    with pytest.raises(pycognito.exceptions.SoftwareTokenMFAChallengeException):
        user.authenticate(password=PASSWORD)
    with pytest.raises(user.client.exceptions.ExpiredCodeException, match="already been used once"):
        user.respond_to_software_token_mfa_challenge(totp(secret, cognito.clock.now()))
    cognito.clock.advance(timedelta(seconds=30))
    user.respond_to_software_token_mfa_challenge(totp(secret, cognito.clock.now()))
    assert user.access_claims["username"] == "ada"


@pytest.mark.parametrize("asks", [False, True])
def test_pycognito_signs_in_from_a_device(
    asks: bool, cognito: Cognito, pycognito_of: Callable[..., pycognito.Cognito]
) -> None:
    cognito.settings.devices = DeviceTracking(asks_the_user=asks)
    user = pycognito_of("ada")
    engine = srp_of(user, PASSWORD)
    tokens = engine.authenticate_user()
    answer, device_password = engine.confirm_device(tokens, "a machine")
    assert answer.json() == {"UserConfirmationNecessary": asks}
    device = {"device_key": engine.device_key, "device_group_key": engine.device_group_key}
    access_token = tokens["AuthenticationResult"]["AccessToken"]
    engine.update_device_status(True, access_token, engine.device_key)
    assert cognito.users["ada"].devices[engine.device_key].remembered
    again = srp_of(user, PASSWORD, **device, device_password=device_password).authenticate_user()
    assert "NewDeviceMetadata" not in again["AuthenticationResult"]
    assert [call.parameters["ChallengeName"] for call in cognito.calls.of("RespondToAuthChallenge")][-3:] == [
        "PASSWORD_VERIFIER",
        "DEVICE_SRP_AUTH",
        "DEVICE_PASSWORD_VERIFIER",
    ]
    with pytest.raises(user.client.exceptions.NotAuthorizedException, match="Incorrect username or password"):
        srp_of(user, PASSWORD, **device, device_password="wrong").authenticate_user()
    engine.forget_device(access_token, engine.device_key)
    with pytest.raises(user.client.exceptions.ResourceNotFoundException, match="Device does not exist"):
        srp_of(user, PASSWORD, **device, device_password=device_password).authenticate_user()


# The JavaScript clients.


@pytest.fixture(scope="module")
def node_modules(npm: Callable[..., Path]) -> Path:
    """Where the JavaScript clients are."""
    return npm("node", PACKAGES)


Do = Callable[..., dict[str, Any]]


@pytest.fixture
def javascript(cognito: Cognito, node_modules: Path) -> Iterator[Callable[[str], Do]]:
    """Runs a script; what it returns has the script do something, and returns what came of it."""
    running = []

    def run(script: str) -> Do:
        process = subprocess.Popen(
            ["node", str(Path(__file__).with_name(script))],
            env={**os.environ, "NODE_PATH": str(node_modules)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        where = {"endpoint": f"{cognito.endpoint_url}/", "pool": cognito.user_pool_id}

        def do(task: str, **more: Any) -> dict[str, Any]:
            assert process.stdin
            assert process.stdout
            request = {"do": task, "client": cognito.client.client_id, **where, **more}
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            outcome: dict[str, Any] = json.loads(process.stdout.readline())
            return outcome

        return do

    yield run
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def identity_js(javascript: Callable[[str], Do]) -> Do:
    return javascript("identity_js.cjs")


@pytest.fixture
def amplify(javascript: Callable[[str], Do]) -> Do:
    return javascript("amplify.mjs")


def username_of(outcome: dict[str, Any]) -> str:
    assert "signedIn" in outcome, outcome
    username: str = claims_of(outcome["signedIn"]["access"])["username"]
    return username


# amazon-cognito-identity-js.


@pytest.mark.xdist_group("node")
@pytest.mark.parametrize("typed", ["ada", "ada@example.com"])
def test_identity_js_signs_in_and_renews(typed: str, cognito: Cognito, identity_js: Do) -> None:
    given = identity_js("signIn", username=typed, password=PASSWORD)
    assert username_of(given) == "ada"
    renewed = identity_js("refresh", token=given["signedIn"]["refresh"])
    assert username_of(renewed) == "ada"
    assert renewed["signedIn"]["access"] != given["signedIn"]["access"]
    assert [call.parameters["AuthFlow"] for call in cognito.calls.of("InitiateAuth")] == [
        "USER_SRP_AUTH",
        "REFRESH_TOKEN_AUTH",
    ]


@pytest.mark.xdist_group("node")
@pytest.mark.parametrize("username", ["ada", "nobody"])
@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_identity_js_is_refused_a_wrong_password(username: str, flow: str, identity_js: Do) -> None:
    assert identity_js("signIn", username=username, password="wrong", flow=flow) == INCORRECT


@pytest.mark.xdist_group("node")
def test_identity_js_changes_a_temporary_password(cognito: Cognito, identity_js: Do) -> None:
    cognito.users.required_attributes = ("name",)
    asked = identity_js("signIn", username="bob", password=PASSWORD)
    assert (asked["next"], asked["required"]) == ("NEW_PASSWORD_REQUIRED", ["name"])
    weak = identity_js("newPassword", password="weak", attributes={"name": "Bob"})
    assert weak["error"] == "InvalidPasswordException"
    lacking = identity_js("newPassword", password=NEW_PASSWORD)
    assert lacking["error"] == "InvalidParameterException"
    assert username_of(identity_js("newPassword", password=NEW_PASSWORD, attributes={"name": "Bob"})) == "bob"


@pytest.mark.xdist_group("node")
def test_identity_js_answers_with_codes(cognito: Cognito, identity_js: Do) -> None:
    asked = identity_js("signIn", username="dave", password=PASSWORD)
    assert (asked["next"], asked["details"]["CODE_DELIVERY_DESTINATION"]) == ("SMS_MFA", "+****0100")
    assert identity_js("code", code="wrong")["error"] == "CodeMismatchException"
    assert username_of(identity_js("code", code=cognito.codes["dave"])) == "dave"


@pytest.mark.xdist_group("node")
def test_identity_js_chooses_among_second_factors(cognito: Cognito, identity_js: Do) -> None:
    carol = cognito.users["carol"]
    carol.attributes["phone_number"], carol.sms_mfa = "+15550177", True
    asked = identity_js("signIn", username="carol", password=PASSWORD)
    assert asked["next"] == "SELECT_MFA_TYPE"
    assert identity_js("choose", kind="SOFTWARE_TOKEN_MFA")["next"] == "SOFTWARE_TOKEN_MFA"
    code = app_code(cognito)
    assert username_of(identity_js("code", code=code, kind="SOFTWARE_TOKEN_MFA")) == "carol"
    identity_js("signIn", username="carol", password=PASSWORD)
    identity_js("choose", kind="SOFTWARE_TOKEN_MFA")
    again = identity_js("code", code=code, kind="SOFTWARE_TOKEN_MFA")
    assert again == {"error": "ExpiredCodeException", "message": "Your software token has already been used once."}


@pytest.mark.xdist_group("node")
def test_identity_js_sets_an_app_up_on_the_way(cognito: Cognito, identity_js: Do) -> None:
    cognito.settings.mfa = "ON"
    cognito.settings.second_factors = frozenset({"SOFTWARE_TOKEN_MFA"})
    assert identity_js("signIn", username="ada", password=PASSWORD)["next"] == "MFA_SETUP"
    secret = identity_js("setUpApp")["secret"]
    late = totp(secret, cognito.clock.now() - timedelta(minutes=5))
    assert identity_js("verifyApp", code=late, name="watch")["error"] == "EnableSoftwareTokenMFAException"
    code = totp(secret, cognito.clock.now())
    assert username_of(identity_js("verifyApp", code=code, name="watch")) == "ada"
    asked = identity_js("signIn", username="ada", password=PASSWORD)
    assert asked["next"] == "SOFTWARE_TOKEN_MFA"
    assert asked["details"]["FRIENDLY_DEVICE_NAME"] == "watch"


@pytest.mark.xdist_group("node")
def test_identity_js_sets_an_app_up_later(cognito: Cognito, identity_js: Do) -> None:
    identity_js("signIn", username="ada", password=PASSWORD)
    assert identity_js("preferApp")["error"] == "InvalidParameterException"
    secret = identity_js("setUpApp")["secret"]
    assert identity_js("verifyApp", code=totp(secret, cognito.clock.now()), name="watch")["done"]["Status"] == "SUCCESS"
    assert identity_js("preferApp")["done"] == "SUCCESS"
    assert identity_js("signIn", username="ada", password=PASSWORD)["next"] == "SOFTWARE_TOKEN_MFA"


@pytest.mark.xdist_group("node")
def test_identity_js_answers_questions(cognito: Cognito, identity_js: Do) -> None:
    cognito.client.flows |= {"CUSTOM_AUTH"}
    cognito.triggers.custom = [CustomChallenge("blue", {"question": "Which colour?"})]
    asked = identity_js("signIn", username="ada", password=PASSWORD, flow="CUSTOM_AUTH")
    assert (asked["next"], asked["details"]["question"]) == ("CUSTOM_CHALLENGE", "Which colour?")
    assert identity_js("answer", answer="red")["next"] == "CUSTOM_CHALLENGE"
    assert username_of(identity_js("answer", answer="blue")) == "ada"
    assert identity_js("signIn", username="ada", password="wrong", flow="CUSTOM_AUTH") == INCORRECT
    assert identity_js("signIn", username="ada", custom=True)["next"] == "CUSTOM_CHALLENGE"


@pytest.mark.xdist_group("node")
def test_identity_js_signs_up(cognito: Cognito, identity_js: Do) -> None:
    account = {"username": "eve", "password": PASSWORD, "attributes": {"email": "eve@example.com"}}
    assert identity_js("signUp", **account | {"password": "weak"})["error"] == "InvalidPasswordException"
    assert identity_js("signUp", **account)["sent"]["Destination"] == "e***@e***"
    assert identity_js("signUp", **account)["error"] == "UsernameExistsException"
    assert identity_js("signIn", username="eve", password=PASSWORD)["error"] == "UserNotConfirmedException"
    assert identity_js("resendCode")["done"]["CodeDeliveryDetails"]["AttributeName"] == "email"
    assert identity_js("confirmSignUp", code=cognito.codes["eve"])["done"] == "SUCCESS"
    assert username_of(identity_js("signIn", username="eve", password=PASSWORD)) == "eve"


@pytest.mark.xdist_group("node")
def test_identity_js_resets_and_changes_a_password(cognito: Cognito, identity_js: Do) -> None:
    assert identity_js("forgotPassword", username="ada")["sent"]["DeliveryMedium"] == "EMAIL"
    code = cognito.codes["ada"]
    assert identity_js("confirmPassword", code=code, password="weak")["error"] == "InvalidPasswordException"
    assert identity_js("confirmPassword", code=code, password=NEW_PASSWORD)["done"] == "SUCCESS"
    assert identity_js("confirmPassword", code=code, password=NEW_PASSWORD)["error"] == "ExpiredCodeException"
    assert identity_js("signIn", username="ada", password=PASSWORD) == INCORRECT
    assert username_of(identity_js("signIn", username="ada", password=NEW_PASSWORD)) == "ada"
    assert identity_js("changePassword", old="wrong", password=PASSWORD) == INCORRECT
    assert identity_js("changePassword", old=NEW_PASSWORD, password=PASSWORD)["done"] == "SUCCESS"


@pytest.mark.xdist_group("node")
def test_identity_js_looks_after_an_account(cognito: Cognito, identity_js: Do) -> None:
    identity_js("signIn", username="ada", password=PASSWORD)
    assert (
        identity_js("updateAttributes", attributes={"email": "countess@example.org", "name": "Ada"})["done"]
        == "SUCCESS"
    )
    known = identity_js("attributes")["done"]
    assert (known["email"], known["email_verified"], known["name"]) == ("countess@example.org", "false", "Ada")
    assert identity_js("askForCode", name="email")["sent"]["Destination"] == "c***@e***"
    assert identity_js("verifyAttribute", name="email", code="wrong")["error"] == "CodeMismatchException"
    assert identity_js("verifyAttribute", name="email", code=cognito.codes["ada"])["done"] == "SUCCESS"
    assert identity_js("deleteAttributes", names=["name"])["done"] == "SUCCESS"
    assert identity_js("updateAttributes", attributes={"sub": "x"})["error"] == "InvalidParameterException"
    assert identity_js("deleteUser")["done"] == "SUCCESS"
    assert identity_js("signIn", username="ada", password=PASSWORD) == INCORRECT


@pytest.mark.xdist_group("node")
@pytest.mark.parametrize("asks", [False, True])
def test_identity_js_signs_in_from_a_device(asks: bool, cognito: Cognito, identity_js: Do) -> None:
    cognito.settings.devices = DeviceTracking(asks_the_user=asks)
    identity_js("signIn", username="dave", password=PASSWORD)
    first = identity_js("code", code=cognito.codes["dave"])
    assert (username_of(first), first["asks"]) == ("dave", asks)
    assert username_of(identity_js("refresh", token=first["signedIn"]["refresh"])) == "dave"
    assert identity_js("rememberDevice")["done"] == "SUCCESS"
    assert len(identity_js("listDevices")["done"]["Devices"]) == 1
    cognito.calls.clear()
    assert username_of(identity_js("signIn", username="dave", password=PASSWORD)) == "dave"
    assert [call.parameters["ChallengeName"] for call in cognito.calls.of("RespondToAuthChallenge")] == [
        "PASSWORD_VERIFIER",
        "DEVICE_SRP_AUTH",
        "DEVICE_PASSWORD_VERIFIER",
    ]
    assert identity_js("getDevice")["done"]["Device"]["DeviceKey"] in cognito.users["dave"].devices
    assert identity_js("forgetDevice")["done"] == "SUCCESS"
    assert identity_js("getDevice")["error"] in ("ResourceNotFoundException", "InvalidParameterException")


@pytest.mark.xdist_group("node")
def test_identity_js_signs_out_everywhere(cognito: Cognito, identity_js: Do) -> None:
    given = identity_js("signIn", username="ada", password=PASSWORD)
    assert identity_js("signOutEverywhere")["done"] == "SUCCESS"
    identity_js("signIn", username="ada", password=PASSWORD)
    assert identity_js("refresh", token=given["signedIn"]["refresh"])["error"] == "NotAuthorizedException"


# aws-amplify.


def step_of(outcome: dict[str, Any]) -> str:
    step: str = outcome["done"]["nextStep"]["signInStep"] if "done" in outcome else str(outcome)
    return step


def amplify_user(amplify: Do) -> str:
    tokens = amplify("fetchAuthSession")["done"]
    username: str = claims_of(tokens["access"])["username"]
    return username


@pytest.mark.xdist_group("node")
@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_amplify_signs_in_and_renews(flow: str, cognito: Cognito, amplify: Do) -> None:
    credentials = {"username": "ada", "options": {"authFlowType": flow}}
    wrong = amplify("signIn", **credentials, password="wrong")
    assert wrong == {"error": "NotAuthorizedException", "message": "Incorrect username or password."}
    assert step_of(amplify("signIn", **credentials, password=PASSWORD)) == "DONE"
    before = amplify("fetchAuthSession")["done"]
    after = amplify("fetchAuthSession", forceRefresh=True)["done"]
    assert before["access"] != after["access"]
    assert cognito.calls.of("GetTokensFromRefreshToken")
    assert amplify("signOut", **{"global": True}) == {"done": None}


@pytest.mark.xdist_group("node")
def test_amplify_changes_a_temporary_password(cognito: Cognito, amplify: Do) -> None:
    cognito.users.required_attributes = ("name",)
    asked = amplify("signIn", username="bob", password=PASSWORD)
    assert step_of(asked) == "CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED"
    assert asked["done"]["nextStep"]["missingAttributes"] == ["name"]
    options = {"userAttributes": {"name": "Bob"}}
    weak = amplify("confirmSignIn", challengeResponse="weak", options=options)
    assert weak["error"] == "InvalidPasswordException"
    assert step_of(amplify("confirmSignIn", challengeResponse=NEW_PASSWORD, options=options)) == "DONE"
    assert amplify_user(amplify) == "bob"


@pytest.mark.xdist_group("node")
def test_amplify_answers_with_codes(cognito: Cognito, amplify: Do) -> None:
    carol = cognito.users["carol"]
    carol.attributes |= {"email": "carol@example.com", "email_verified": "true"}
    carol.email_mfa = True
    asked = amplify("signIn", username="carol", password=PASSWORD)
    assert step_of(asked) == "CONTINUE_SIGN_IN_WITH_MFA_SELECTION"
    assert asked["done"]["nextStep"]["allowedMFATypes"] == ["TOTP", "EMAIL"]
    assert step_of(amplify("confirmSignIn", challengeResponse="EMAIL")) == "CONFIRM_SIGN_IN_WITH_EMAIL_CODE"
    assert amplify("confirmSignIn", challengeResponse="wrong")["error"] == "CodeMismatchException"
    assert step_of(amplify("confirmSignIn", challengeResponse=cognito.codes["carol"])) == "DONE"


@pytest.mark.xdist_group("node")
def test_amplify_sets_a_second_factor_up_on_the_way(cognito: Cognito, amplify: Do) -> None:
    cognito.settings.mfa = "ON"
    cognito.settings.second_factors = frozenset({"SOFTWARE_TOKEN_MFA", "EMAIL_OTP"})
    asked = amplify("signIn", username="ada", password=PASSWORD)
    assert step_of(asked) == "CONTINUE_SIGN_IN_WITH_MFA_SETUP_SELECTION"
    asked = amplify("confirmSignIn", challengeResponse="TOTP")
    assert step_of(asked) == "CONTINUE_SIGN_IN_WITH_TOTP_SETUP"
    secret = asked["done"]["nextStep"]["totpSetupDetails"]["sharedSecret"]
    assert step_of(amplify("confirmSignIn", challengeResponse=totp(secret, cognito.clock.now()))) == "DONE"
    assert amplify("fetchMFAPreference")["done"]["enabled"] == ["TOTP"]


@pytest.mark.xdist_group("node")
def test_amplify_sets_an_address_up_on_the_way(cognito: Cognito, amplify: Do) -> None:
    cognito.settings.mfa = "ON"
    cognito.settings.second_factors = frozenset({"EMAIL_OTP"})
    cognito.users.add("eve", PASSWORD)
    assert step_of(amplify("signIn", username="eve", password=PASSWORD)) == "CONTINUE_SIGN_IN_WITH_EMAIL_SETUP"
    assert step_of(amplify("confirmSignIn", challengeResponse="eve@example.org")) == "CONFIRM_SIGN_IN_WITH_EMAIL_CODE"
    assert step_of(amplify("confirmSignIn", challengeResponse=cognito.codes["eve"])) == "DONE"


@pytest.mark.xdist_group("node")
def test_amplify_lets_the_user_choose(cognito: Cognito, amplify: Do) -> None:
    cognito.client.flows |= {"USER_AUTH"}
    cognito.settings.first_factors = frozenset({"PASSWORD", "EMAIL_OTP"})
    by_choice = {"username": "ada", "options": {"authFlowType": "USER_AUTH"}}
    asked = amplify("signIn", **by_choice)
    assert step_of(asked) == "CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION"
    assert asked["done"]["nextStep"]["availableChallenges"] == ["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"]
    assert step_of(amplify("confirmSignIn", challengeResponse="PASSWORD_SRP")) == "CONFIRM_SIGN_IN_WITH_PASSWORD"
    assert amplify("confirmSignIn", challengeResponse="wrong")["error"] == "NotAuthorizedException"
    amplify("signIn", **by_choice)
    amplify("confirmSignIn", challengeResponse="PASSWORD_SRP")
    assert step_of(amplify("confirmSignIn", challengeResponse=PASSWORD)) == "DONE"


@pytest.mark.xdist_group("node")
@pytest.mark.parametrize("preferred", ["EMAIL_OTP", "PASSWORD", "PASSWORD_SRP"])
def test_amplify_prefers_a_way_to_sign_in(preferred: str, cognito: Cognito, amplify: Do) -> None:
    cognito.client.flows |= {"USER_AUTH"}
    cognito.settings.first_factors = frozenset({"PASSWORD", "EMAIL_OTP"})
    options = {"authFlowType": "USER_AUTH", "preferredChallenge": preferred}
    asked = amplify("signIn", username="ada", options=options, password=PASSWORD)
    if preferred == "EMAIL_OTP":
        assert step_of(asked) == "CONFIRM_SIGN_IN_WITH_EMAIL_CODE"
        asked = amplify("confirmSignIn", challengeResponse=cognito.codes["ada"])
    assert step_of(asked) == "DONE"
    assert amplify_user(amplify) == "ada"


@pytest.mark.xdist_group("node")
@pytest.mark.parametrize("flow", ["CUSTOM_WITH_SRP", "CUSTOM_WITHOUT_SRP"])
def test_amplify_answers_questions(flow: str, cognito: Cognito, amplify: Do) -> None:
    cognito.client.flows |= {"CUSTOM_AUTH"}
    cognito.triggers.custom = [CustomChallenge("blue", {"question": "Which colour?"})]
    password = {"password": PASSWORD} if flow == "CUSTOM_WITH_SRP" else {}
    asked = amplify("signIn", username="ada", options={"authFlowType": flow}, **password)
    assert step_of(asked) == "CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE"
    assert asked["done"]["nextStep"]["additionalInfo"]["question"] == "Which colour?"
    assert step_of(amplify("confirmSignIn", challengeResponse="blue")) == "DONE"


@pytest.mark.xdist_group("node")
def test_amplify_signs_up_and_goes_on_without_a_password(cognito: Cognito, amplify: Do) -> None:
    cognito.client.flows |= {"USER_AUTH"}
    cognito.settings.first_factors = frozenset({"PASSWORD", "EMAIL_OTP"})
    options = {"userAttributes": {"email": "eve@example.com"}, "autoSignIn": {"authFlowType": "USER_AUTH"}}
    assert amplify("signUp", username="eve", options=options)["done"]["nextStep"]["signUpStep"] == "CONFIRM_SIGN_UP"
    wrong = amplify("confirmSignUp", username="eve", confirmationCode="wrong")
    assert wrong["error"] == "CodeMismatchException"
    confirmed = amplify("confirmSignUp", username="eve", confirmationCode=cognito.codes["eve"])
    assert confirmed["done"]["nextStep"]["signUpStep"] == "COMPLETE_AUTO_SIGN_IN"
    assert step_of(amplify("autoSignIn")) == "DONE"
    assert amplify_user(amplify) == "eve"


@pytest.mark.xdist_group("node")
def test_amplify_looks_after_an_account(cognito: Cognito, amplify: Do) -> None:
    reset = amplify("resetPassword", username="ada")["done"]["nextStep"]
    assert reset["resetPasswordStep"] == "CONFIRM_RESET_PASSWORD_WITH_CODE"
    new = {"username": "ada", "confirmationCode": cognito.codes["ada"], "newPassword": NEW_PASSWORD}
    assert amplify("confirmResetPassword", **new) == {"done": None}
    assert amplify("confirmResetPassword", **new)["error"] == "ExpiredCodeException"
    assert step_of(amplify("signIn", username="ada", password=NEW_PASSWORD)) == "DONE"
    assert amplify("updatePassword", oldPassword="wrong", newPassword=PASSWORD)["error"] == "NotAuthorizedException"
    changed = amplify("updateUserAttributes", userAttributes={"email": "countess@example.org", "name": "Ada"})["done"]
    assert changed["name"]["isUpdated"] is True
    assert changed["email"]["nextStep"]["codeDeliveryDetails"]["destination"] == "c***@e***"
    verify = {"userAttributeKey": "email", "confirmationCode": cognito.codes["ada"]}
    assert amplify("confirmUserAttribute", **verify) == {"done": None}
    assert amplify("fetchUserAttributes")["done"]["email_verified"] == "true"
    secret = amplify("setUpTOTP")["done"]["sharedSecret"]
    assert amplify("verifyTOTPSetup", code=totp(secret, cognito.clock.now())) == {"done": None}
    assert amplify("updateMFAPreference", totp="PREFERRED", email="ENABLED") == {"done": None}
    assert amplify("fetchMFAPreference")["done"] == {"preferred": "TOTP", "enabled": ["TOTP", "EMAIL"]}
    assert amplify("deleteUser") == {"done": None}
    assert amplify("signIn", username="ada", password=NEW_PASSWORD)["error"] == "NotAuthorizedException"


@pytest.mark.xdist_group("node")
def test_amplify_signs_in_from_a_device(cognito: Cognito, amplify: Do) -> None:
    cognito.settings.devices = DeviceTracking()
    assert step_of(amplify("signIn", username="dave", password=PASSWORD)) == "CONFIRM_SIGN_IN_WITH_SMS_CODE"
    assert step_of(amplify("confirmSignIn", challengeResponse=cognito.codes["dave"])) == "DONE"
    assert len(amplify("fetchDevices")["done"]) == 1
    assert amplify("fetchAuthSession", forceRefresh=True)["done"]["access"]
    amplify("signOut")
    cognito.calls.clear()
    assert step_of(amplify("signIn", username="dave", password=PASSWORD)) == "DONE"
    assert [call.parameters["ChallengeName"] for call in cognito.calls.of("RespondToAuthChallenge")] == [
        "PASSWORD_VERIFIER",
        "DEVICE_SRP_AUTH",
        "DEVICE_PASSWORD_VERIFIER",
    ]
    assert amplify("forgetDevice") == {"done": None}
    assert amplify("fetchDevices")["done"] == []
