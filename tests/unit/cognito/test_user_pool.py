import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from nbauth.cognito.client import Clients
from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.core.challenges import Challenge
from nbauth.core.config import AuthConfig
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.errors import AuthError, ChallengeExpired, ConfigError, RefreshRefused, Rejected, ServiceUnavailable
from nbauth.ports import Credential
from nbauth.testing import FakeClock, tokens

CORRECTIONS = json.loads((Path(__file__).parents[2] / "data" / "srp" / "corrections.json").read_text())
NOW = datetime(2026, 9, 5, 12, 0, 0, tzinfo=UTC)

ADA = Credential("ada@example.com", Secret("Correct-Horse-7"))
VERIFIER = {
    "ChallengeName": "PASSWORD_VERIFIER",
    "ChallengeParameters": {
        "USERNAME": "ada",
        "USER_ID_FOR_SRP": "ada",
        "SALT": "7f01",
        "SRP_B": "abcdef0123456789",
        "SECRET_BLOCK": base64.b64encode(b"block").decode(),
    },
}
REFRESH_PAGE = b"<!doctype html><title>500 Internal Server Error</title>"


def result(refresh_token: str | None = "new-refresh-token", lifetime: timedelta = timedelta(hours=1)) -> dict[str, Any]:
    given = tokens("ada", issued_at=NOW, lifetime=lifetime, refresh_token=refresh_token)
    answer = {
        "IdToken": given.id_token.reveal(),
        "AccessToken": given.access_token.reveal(),
        "ExpiresIn": int(lifetime.total_seconds()),
        "TokenType": "Bearer",
    }
    return {"AuthenticationResult": answer | ({"RefreshToken": refresh_token} if refresh_token else {})}


@pytest.fixture
def pool(config: AuthConfig, clients: Clients) -> CognitoUserPool:
    return CognitoUserPool(config, clients, FakeClock(NOW))


@pytest.fixture
def pool_with_secret(config: AuthConfig, wired: Callable[[AuthConfig], Clients]) -> CognitoUserPool:
    given = CORRECTIONS["secret_hash"]
    config = config.replace(client_id=given["clientId"], client_secret=given["secret"])
    return CognitoUserPool(config, wired(config), FakeClock(NOW))


def test_a_password_is_proved_and_never_sent(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(VERIFIER)
    wire.answers(result())
    assert isinstance(pool.initiate_auth(ADA), TokenSet)
    (_, opening), (_, proof) = wire.sent
    assert opening["AuthFlow"] == "USER_SRP_AUTH"
    assert set(opening["AuthParameters"]) == {"USERNAME", "SRP_A"}
    assert proof["ChallengeName"] == "PASSWORD_VERIFIER"
    assert "Session" not in proof
    assert "Correct-Horse-7" not in json.dumps(wire.sent)


def test_a_proof_is_made_for_the_name_that_cognito_returned(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(VERIFIER)
    wire.answers(result())
    pool.initiate_auth(ADA)
    assert wire.sent[0][1]["AuthParameters"]["USERNAME"] == "ada@example.com"
    assert wire.sent[1][1]["ChallengeResponses"]["USERNAME"] == "ada"


def test_a_proof_bears_the_time_of_the_service(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(VERIFIER, Date="Sat, 05 Sep 2026 14:30:00 GMT")
    wire.answers(result())
    pool.initiate_auth(ADA)
    assert wire.sent[1][1]["ChallengeResponses"]["TIMESTAMP"] == "Sat Sep 5 14:30:00 UTC 2026"


@pytest.mark.parametrize("date", ["", "yesterday", "Sat, 05 Sep 2026 14:30:00"])
def test_a_proof_bears_our_time_where_the_service_tells_none(date: str, wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(VERIFIER, Date=date)
    wire.answers(result())
    pool.initiate_auth(ADA)
    assert wire.sent[1][1]["ChallengeResponses"]["TIMESTAMP"] == "Sat Sep 5 12:00:00 UTC 2026"


@pytest.mark.parametrize(
    ("name", "value"),
    [("SRP_B", "0"), ("SRP_B", "no number"), ("SALT", ""), ("SECRET_BLOCK", "A"), ("USER_ID_FOR_SRP", None)],
)
def test_a_challenge_that_cannot_be_proved_sends_no_proof(
    name: str, value: str | None, wire: Any, pool: CognitoUserPool
) -> None:
    wire.answers(VERIFIER | {"ChallengeParameters": VERIFIER["ChallengeParameters"] | {name: value}})
    with pytest.raises(ServiceUnavailable, match="not one of Cognito's"):
        pool.initiate_auth(ADA)
    assert len(wire.sent) == 1


def test_a_pool_that_asks_for_the_proof_again_is_not_answered_again(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(VERIFIER)
    wire.answers(VERIFIER)
    with pytest.raises(ChallengeExpired):
        pool.initiate_auth(ADA)
    assert len(wire.sent) == 2


@pytest.mark.parametrize(
    ("flow", "password", "parameters"),
    [
        ("USER_PASSWORD_AUTH", Secret("p"), {"USERNAME": "ada", "PASSWORD": "p"}),
        ("CUSTOM_AUTH", None, {"USERNAME": "ada"}),
        ("CUSTOM_AUTH", Secret("p"), {"USERNAME": "ada", "CHALLENGE_NAME": "SRP_A", "SRP_A": "*"}),
        ("USER_AUTH", None, {"USERNAME": "ada"}),
        ("USER_AUTH", Secret("p"), {"USERNAME": "ada", "PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": "*"}),
    ],
)
def test_each_flow_begins_with_its_own_parameters(
    flow: str, password: Secret | None, parameters: dict[str, str], wire: Any, pool: CognitoUserPool
) -> None:
    wire.answers({"ChallengeName": "CUSTOM_CHALLENGE", "Session": "a" * 20, "ChallengeParameters": {}})
    pool.initiate_auth(Credential("ada", password, auth_flow=flow))
    sent = wire.sent[0][1]
    assert sent["AuthFlow"] == flow
    assert sent["AuthParameters"] | ({"SRP_A": "*"} if "SRP_A" in parameters else {}) == parameters


def test_a_custom_challenge_may_follow_the_proof(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(VERIFIER | {"Session": "first session"})
    wire.answers({"ChallengeName": "CUSTOM_CHALLENGE", "Session": "second session", "ChallengeParameters": {"q": "?"}})
    challenge = pool.initiate_auth(Credential("ada", Secret("p"), auth_flow="CUSTOM_AUTH"))
    assert wire.sent[1][1]["Session"] == "first session"
    assert isinstance(challenge, Challenge)
    assert (challenge.name, challenge.session) == ("CUSTOM_CHALLENGE", Secret("second session"))
    wire.answers(result())
    assert isinstance(pool.respond(challenge, {"answer": "42"}), TokenSet)
    assert wire.sent[2][1]["ChallengeResponses"] == {"USERNAME": "ada", "ANSWER": "42"}


def test_what_can_be_chosen_is_among_the_parameters(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers({"ChallengeName": "SELECT_CHALLENGE", "AvailableChallenges": ["EMAIL_OTP"], "Session": "s"})
    challenge = pool.initiate_auth(Credential("ada", auth_flow="USER_AUTH"))
    assert isinstance(challenge, Challenge)
    assert json.loads(challenge.parameters["AvailableChallenges"]) == ["EMAIL_OTP"]


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_a_flow_that_needs_a_password_does_not_begin_without(flow: str, wire: Any, pool: CognitoUserPool) -> None:
    with pytest.raises(Rejected, match="password is missing"):
        pool.initiate_auth(Credential("ada", auth_flow=flow))
    assert wire.sent == []


def test_client_metadata_goes_along_with_every_step(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(VERIFIER)
    wire.answers({"ChallengeName": "SMS_MFA", "Session": "s"})
    wire.answers(result())
    challenge = pool.initiate_auth(Credential("ada", Secret("p"), client_metadata={"from": "a notebook"}))
    assert isinstance(challenge, Challenge)
    pool.respond(challenge, {"code": "123456"}, {"from": "a notebook"})
    assert [body["ClientMetadata"] for _, body in wire.sent] == [{"from": "a notebook"}] * 3


def test_the_secret_hash_is_that_of_the_published_vector(wire: Any, pool_with_secret: CognitoUserPool) -> None:
    wire.answers(result())
    given = CORRECTIONS["secret_hash"]
    pool_with_secret.initiate_auth(Credential(given["username"], Secret("p"), auth_flow="USER_PASSWORD_AUTH"))
    assert wire.sent[0][1]["AuthParameters"]["SECRET_HASH"] == given["value"]


def test_the_secret_hash_of_an_answer_is_made_from_the_name_that_cognito_returned(
    wire: Any, pool_with_secret: CognitoUserPool
) -> None:
    given = CORRECTIONS["secret_hash"]
    returned = VERIFIER["ChallengeParameters"] | {"USERNAME": given["username"]}
    wire.answers(VERIFIER | {"ChallengeParameters": returned})
    wire.answers({"ChallengeName": "SMS_MFA", "Session": "s", "ChallengeParameters": {}})
    wire.answers(result())
    challenge = pool_with_secret.initiate_auth(Credential("an alias", Secret("p")))
    assert isinstance(challenge, Challenge)
    pool_with_secret.respond(challenge, {"code": "123456"})
    hashes = [body.get("ChallengeResponses", {}).get("SECRET_HASH") for _, body in wire.sent]
    assert hashes[1:] == [given["value"], given["value"]]


def test_a_challenge_holds_what_is_needed_to_answer_it(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(
        {
            "ChallengeName": "SMS_MFA",
            "Session": "challenge session",
            "ChallengeParameters": {"CODE_DELIVERY_DESTINATION": "+********12", "USER_ID_FOR_SRP": "ada", "odd": None},
        }
    )
    challenge = pool.initiate_auth(Credential("ada@example.com", Secret("p"), auth_flow="USER_PASSWORD_AUTH"))
    assert challenge == Challenge(
        name="SMS_MFA",
        username="ada",
        session=Secret("challenge session"),
        parameters={"CODE_DELIVERY_DESTINATION": "+********12", "USER_ID_FOR_SRP": "ada"},
        expires_at=NOW + timedelta(minutes=3),
    )


def test_an_answer_carries_the_session_and_the_name(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(result())
    pool.respond(Challenge("SOFTWARE_TOKEN_MFA", "ada", Secret("session")), {"code": Secret(" 123456 ")})
    assert wire.sent == [
        (
            "RespondToAuthChallenge",
            {
                "ClientId": "exampleclient",
                "ChallengeName": "SOFTWARE_TOKEN_MFA",
                "Session": "session",
                "ChallengeResponses": {"USERNAME": "ada", "SOFTWARE_TOKEN_MFA_CODE": "123456"},
            },
        )
    ]


def test_an_incomplete_answer_is_not_sent(wire: Any, pool: CognitoUserPool) -> None:
    with pytest.raises(Rejected, match="Code is missing") as caught:
        pool.respond(Challenge("SMS_MFA", "ada", Secret("session")), {"code": ""})
    assert caught.value.__context__ is None
    assert wire.sent == []


def odd_answers() -> list[Any]:
    without = [{"AuthenticationResult": {k: v for k, v in result()["AuthenticationResult"].items() if k != name}}
               for name in ("IdToken", "AccessToken")]  # fmt: skip
    unreadable = {"AuthenticationResult": result()["AuthenticationResult"] | {"IdToken": "no.jwt"}}
    claims = base64.urlsafe_b64encode(b'{"exp": 1e300, "iat": 1e300}').decode()
    beyond_time = {"AuthenticationResult": result()["AuthenticationResult"] | {"IdToken": f"a.{claims}.c"}}
    return [b"", b"{}", b"<html>please pay</html>", b'{"AuthenticationResult": {"IdTok', b"[1, 2]", b'"text"',
            {"AuthenticationResult": {}}, {"AuthenticationResult": None}, {"ChallengeName": ""},
            *without, unreadable, beyond_time]  # fmt: skip


@pytest.mark.parametrize("answer", odd_answers())
def test_an_odd_answer_to_a_refresh_loses_nothing(answer: Any, wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(answer)
    with pytest.raises(ServiceUnavailable):
        pool.refresh(Record("ada", refresh_token=Secret("old-refresh-token")))


@pytest.mark.parametrize("answer", odd_answers())
def test_an_odd_answer_to_a_sign_in_is_said_clearly(answer: Any, wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(answer)
    with pytest.raises(ServiceUnavailable, match=r"cognito-idp\.eu-west-1\.amazonaws\.com"):
        pool.initiate_auth(ADA)


def test_a_refresh_sends_the_raw_client_secret(wire: Any, pool_with_secret: CognitoUserPool) -> None:
    wire.answers(result())
    pool_with_secret.refresh(Record("ada", refresh_token=Secret("old-refresh-token")))
    given = CORRECTIONS["secret_hash"]
    assert wire.sent == [
        (
            "GetTokensFromRefreshToken",
            {"RefreshToken": "old-refresh-token", "ClientId": given["clientId"], "ClientSecret": given["secret"]},
        )
    ]


@pytest.mark.parametrize(
    ("returned", "kept"), [("rotated-refresh-token", "rotated-refresh-token"), (None, "old-refresh-token")]
)
def test_a_refresh_token_that_is_returned_is_the_one_to_keep(
    returned: str | None, kept: str, wire: Any, pool: CognitoUserPool
) -> None:
    wire.answers(result(returned))
    assert pool.refresh(Record("ada", refresh_token=Secret("old-refresh-token"))).refresh_token == Secret(kept)


def test_a_record_without_a_refresh_token_cannot_be_renewed(wire: Any, pool: CognitoUserPool) -> None:
    with pytest.raises(RefreshRefused):
        pool.refresh(Record("ada"))
    assert wire.sent == []


def test_an_older_service_is_asked_the_older_way(wire: Any, pool_with_secret: CognitoUserPool) -> None:
    wire.refuses("UnknownOperationException")
    wire.answers(result(None))
    given = CORRECTIONS["secret_hash"]
    renewed = pool_with_secret.refresh(Record(given["username"], refresh_token=Secret("old-refresh-token")))
    assert renewed.refresh_token == Secret("old-refresh-token")
    assert wire.sent[1][1]["AuthFlow"] == "REFRESH_TOKEN_AUTH"
    assert wire.sent[1][1]["AuthParameters"] == {
        "REFRESH_TOKEN": "old-refresh-token",
        "USERNAME": given["username"],
        "SECRET_HASH": given["value"],
    }


def test_an_older_service_may_refuse_for_good(wire: Any, pool: CognitoUserPool) -> None:
    wire.refuses("UnknownOperationException")
    wire.refuses("NotAuthorizedException", "Refresh Token has been revoked")
    with pytest.raises(RefreshRefused) as caught:
        pool.refresh(Record("ada", refresh_token=Secret("old-refresh-token")))
    assert caught.value.__context__ is None


def test_a_page_instead_of_an_answer_is_a_passing_fault_at_aws(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers(REFRESH_PAGE, status=500)
    with pytest.raises(ServiceUnavailable):
        pool.refresh(Record("ada", refresh_token=Secret("old-refresh-token")))
    assert len(wire.sent) == 1


@pytest.mark.parametrize("refused", [False, True])
def test_a_page_from_an_emulator_is_no_proof_that_a_sign_in_is_over(
    refused: bool, wire: Any, config: AuthConfig, wired: Callable[[AuthConfig], Clients]
) -> None:
    config = config.replace(endpoint_url="http://127.0.0.1:4566")
    pool = CognitoUserPool(config, wired(config), FakeClock(NOW))
    wire.answers(REFRESH_PAGE, status=500)
    if refused:
        wire.refuses("NotAuthorizedException", "Invalid Refresh Token")
        with pytest.raises(ServiceUnavailable):
            pool.refresh(Record("ada", refresh_token=Secret("old-refresh-token")))
    else:
        wire.answers(result(None))
        assert isinstance(pool.refresh(Record("ada", refresh_token=Secret("old-refresh-token"))), TokenSet)


@pytest.mark.parametrize("code", ["TooManyRequestsException", "InternalErrorException", "ForbiddenException"])
def test_a_refresh_that_could_not_be_served_is_not_tried_the_older_way(
    code: str, wire: Any, pool: CognitoUserPool
) -> None:
    wire.refuses(code)
    with pytest.raises(ServiceUnavailable):
        pool.refresh(Record("ada", refresh_token=Secret("old-refresh-token")))
    assert len(wire.sent) == 1


def test_a_revocation_sends_the_raw_client_secret(wire: Any, pool_with_secret: CognitoUserPool) -> None:
    wire.answers()
    pool_with_secret.revoke(Secret("refresh-token"))
    given = CORRECTIONS["secret_hash"]
    body = {"Token": "refresh-token", "ClientId": given["clientId"], "ClientSecret": given["secret"]}
    assert wire.sent == [("RevokeToken", body)]


def test_signing_out_everywhere_needs_the_access_token_alone(wire: Any, pool: CognitoUserPool) -> None:
    wire.answers()
    pool.sign_out_everywhere(Secret("access-token"))
    assert wire.sent == [("GlobalSignOut", {"AccessToken": "access-token"})]


def test_without_a_user_pool_there_is_nobody_to_sign_in(wired: Callable[[AuthConfig], Clients]) -> None:
    config = AuthConfig(region="eu-west-1", identity_pool_id="eu-west-1:00000000-0000-4000-8000-00000000000a")
    with pytest.raises(ConfigError, match="user_pool_id"):
        CognitoUserPool(config, wired(config), FakeClock()).initiate_auth(ADA)


@pytest.mark.parametrize("step", ["initiate_auth", "proof", "respond", "refresh", "revoke", "sign_out_everywhere"])
def test_no_error_of_any_step_has_a_secret_in_its_frames(step: str, wire: Any, pool: CognitoUserPool) -> None:
    sentinel = "sentinel-7f3a"
    if step == "proof":
        wire.answers(VERIFIER | {"Session": sentinel})
    wire.breaks(EndpointConnectionError(endpoint_url="http://x"))
    steps: dict[str, Callable[[], object]] = {
        "initiate_auth": lambda: pool.initiate_auth(Credential("ada", Secret(sentinel), "USER_PASSWORD_AUTH")),
        "proof": lambda: pool.initiate_auth(Credential("ada", Secret(sentinel))),
        "respond": lambda: pool.respond(Challenge("SMS_MFA", "ada", Secret(sentinel)), {"code": Secret(sentinel)}),
        "refresh": lambda: pool.refresh(Record("ada", refresh_token=Secret(sentinel))),
        "revoke": lambda: pool.revoke(Secret(sentinel)),
        "sign_out_everywhere": lambda: pool.sign_out_everywhere(Secret(sentinel)),
    }
    with pytest.raises(AuthError) as caught:
        steps[step]()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    trace, frames = caught.value.__traceback__, []
    while trace:
        if trace.tb_frame.f_code.co_filename != __file__:
            frames.append(repr(trace.tb_frame.f_locals))
        trace = trace.tb_next
    assert frames
    assert sentinel not in "".join(frames)
