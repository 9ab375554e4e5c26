"""Rows of the sign-in table at services that are not ours.

ministack judges as AWS does and must agree. moto and cognito-local are of other shapes: whatever they do, it ends well
or with a sentence.
"""

import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from nbauth.auth_session import AuthSession
from nbauth.cognito.accounts import CognitoUserAccounts
from nbauth.cognito.client import Clients
from nbauth.cognito.identity_pool import CognitoIdentityPool
from nbauth.cognito.user_pool import CognitoUserPool
from nbauth.core.challenges import Challenge
from nbauth.core.config import AuthConfig
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.tokens import TokenSet
from nbauth.demo.processes import LOOPBACK
from nbauth.errors import AuthError
from nbauth.ports import Credential, Ports
from nbauth.runtime import SystemClock
from nbauth.stores.memory import MemoryStore
from tests import services
from tests.cases.emulator_scene import EmulatorScene
from tests.cases.model import APP_SECRET, NEW_PASSWORD, PASSWORD, Case, Journey, Outcome
from tests.cases.play import play
from tests.cases.scenes import credential_of
from tests.cases.session_front import SessionFront
from tests.cases.table import CASES, JOURNEYS

PACKAGES = {"cognito-local": "5.3.0"}
MOST_STEPS = 8

ON_MINISTACK = [
    case
    for case in CASES
    if "ministack" in case.journey.also_on
    if case.outcome in (Outcome.RIGHT, Outcome.WRONG_THEN_RIGHT, Outcome.CANCELLED)
    if case.outcome is not Outcome.WRONG_THEN_RIGHT or not case.journey.who.temporary
]
"""Its clock is the machine's, it is never busy, and it takes any new password."""


# ministack


@pytest.mark.parametrize("case", ON_MINISTACK, ids=str)
def test_ministack_agrees_about_a_row(case: Case, ministack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(lambda session: None))
    scene = EmulatorScene(ministack, case.journey, secret=case.secret)
    users = CognitoUserPool(scene.config, Clients(scene.config), SystemClock())
    auth = AuthSession(scene.config, store="memory", ports=Ports(users, None, MemoryStore(), SystemClock()))
    play(case, scene, SessionFront(auth, case.journey))


# moto and cognito-local


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with services.moto(tmp_path_factory.mktemp("moto")) as endpoint_url:
        yield endpoint_url


@pytest.fixture(scope="module")
def cognito_local(npm: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    script = npm("cognito-local", PACKAGES) / "cognito-local" / "lib" / "bin" / "start.js"
    folder = tmp_path_factory.mktemp("cognito-local")
    (folder / ".cognito").mkdir()
    # As at AWS, people may have names.
    (folder / ".cognito" / "config.json").write_text('{"UserPoolDefaults": {"UsernameAttributes": []}}')
    with services.serving(["node", str(script)], folder, HOST=LOOPBACK, PORT="{port}", CODE="123456") as endpoint_url:
        yield endpoint_url


def test_a_service_whose_port_is_taken_is_started_on_another(
    tmp_path: Path, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, free = int(nobody.rpartition(":")[2]), services.free_port(None)
    ports = iter([taken, free])
    monkeypatch.setattr(services, "free_port", lambda wanted: next(ports))
    with services.serving([sys.executable, "-m", "http.server", "-b", LOOPBACK, "{port}"], tmp_path) as endpoint_url:
        assert endpoint_url == f"http://{LOOPBACK}:{free}"


SHAPES = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in ("moto", "cognito_local")]


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The name of a service, and where it is."""
    return request.param, request.getfixturevalue(request.param)


def check_sentence(error: AuthError) -> None:
    """Check what a person reads: one line that is no page and tells no secret, and behind it nothing of botocore's."""
    words = str(error)
    assert words
    assert len(words.splitlines()) == 1
    assert not any(unfit in words for unfit in ("<", "Traceback", APP_SECRET, PASSWORD, NEW_PASSWORD, "forged"))
    assert (error.__cause__, error.__context__) == (None, None)


def walk(users: CognitoUserPool, journey: Journey, scene: EmulatorScene) -> Challenge | TokenSet:
    """Sign in with the row's answers where they fit what is asked, and with any others where they do not."""
    outcome = users.initiate_auth(credential_of(journey))
    for _ in range(MOST_STEPS):
        if isinstance(outcome, TokenSet):
            break
        fitting = [step for step in journey.steps if step.challenge == outcome.name]
        answers = fitting[0].right(scene, outcome) if fitting else {}
        outcome = users.respond(outcome, {field.name: answers.get(field.name, "123456") for field in outcome.fields})
    return outcome


def users_at(scene: EmulatorScene) -> CognitoUserPool:
    return CognitoUserPool(scene.config, Clients(scene.config), SystemClock())


@pytest.mark.parametrize("number", JOURNEYS)
@pytest.mark.parametrize("flow", ["its own", "USER_PASSWORD_AUTH"])
def test_a_row_ends_well_or_with_a_sentence(number: int, flow: str, shape: tuple[str, str]) -> None:
    name, endpoint_url = shape
    journey = JOURNEYS[number]
    if flow == "USER_PASSWORD_AUTH":  # the one flow that all of them have
        journey = replace(journey, flow=flow, given=PASSWORD)
    scene, is_in = EmulatorScene(endpoint_url, journey), False
    try:
        is_in = isinstance(walk(users_at(scene), journey, scene), TokenSet)
    except AuthError as error:
        check_sentence(error)
    assert is_in or (flow, number) not in SIGNS_IN[name]


SIGNS_IN = {
    "moto": {("its own", number) for number in (1, 4, 8, 10, 17, 19, 20)},
    "cognito_local": {("its own", number) for number in (17, 19, 20)},
}
"""The rows that a service certainly has, so that it cannot end with a sentence each time."""


@dataclass(frozen=True)
class SignedIn:
    """Ada, at a service of another shape."""

    users: CognitoUserPool
    accounts: CognitoUserAccounts
    config: AuthConfig
    tokens: TokenSet

    @property
    def record(self) -> Record:
        return Record("ada", self.tokens.sub, self.tokens.issuer, self.tokens.refresh_token)


@pytest.fixture
def signed_in(shape: tuple[str, str]) -> SignedIn:
    journey = JOURNEYS[17]
    scene = EmulatorScene(shape[1], journey)
    users = users_at(scene)
    tokens = users.initiate_auth(credential_of(journey))
    assert isinstance(tokens, TokenSet)
    return SignedIn(users, CognitoUserAccounts(scene.config, Clients(scene.config)), scene.config, tokens)


def begin(ada: SignedIn, password: str = PASSWORD, **changes: str) -> object:
    config = ada.config.replace(**changes)
    users = CognitoUserPool(config, Clients(config), SystemClock())
    return users.initiate_auth(Credential("ada", Secret(password), "USER_PASSWORD_AUTH"))


WRONG = Secret("forged")
NEW = Secret(NEW_PASSWORD)
ASKS: dict[str, Callable[[SignedIn], object]] = {
    "a wrong password": lambda ada: begin(ada, "wrong"),
    "another app client": lambda ada: begin(ada, client_id="nosuchclient"),
    "another pool": lambda ada: begin(ada, user_pool_id="us-east-1_NoSuchPool"),
    "a client secret": lambda ada: begin(ada, client_secret="a1b2c3d4e5" * 5),
    "a forged session": lambda ada: ada.users.respond(Challenge("SMS_MFA", "ada", WRONG), {"code": "123456"}),
    "an unknown challenge": lambda ada: ada.users.respond(Challenge("RIDDLE", "ada", WRONG), {"answer": "blue"}),
    "a renewal": lambda ada: ada.users.refresh(ada.record),
    "a forged refresh token": lambda ada: ada.users.refresh(Record("ada", refresh_token=WRONG)),
    "a revocation": lambda ada: ada.users.revoke(ada.tokens.refresh_token or WRONG),
    "a forged revocation": lambda ada: ada.users.revoke(WRONG),
    "signing out everywhere": lambda ada: ada.users.sign_out_everywhere(ada.tokens.access_token),
    "an identity": lambda ada: CognitoIdentityPool(
        ada.config.replace(identity_pool_id=f"us-east-1:{uuid.uuid4()}"), Clients(ada.config), SystemClock()
    ).get_id({}),
    "sign-up": lambda ada: ada.accounts.sign_up("grace", NEW, {"email": "grace@example.com"}),
    "a wrong sign-up": lambda ada: ada.accounts.sign_up("ada", NEW, {}),
    "confirmation": lambda ada: ada.accounts.confirm_sign_up("nobody", Secret("123456")),
    "a forgotten password": lambda ada: ada.accounts.forgot_password("ada"),
    "a reset": lambda ada: ada.accounts.confirm_forgot_password("ada", Secret("000000"), NEW),
    "a change": lambda ada: ada.accounts.change_password(ada.tokens.access_token, Secret("wrong"), NEW),
    "the account": lambda ada: ada.accounts.get_account(ada.tokens.access_token),
    "a forged access token": lambda ada: ada.accounts.get_account(WRONG),
    "attributes": lambda ada: ada.accounts.update_attributes(ada.tokens.access_token, {"locale": "en"}),
    "no attributes": lambda ada: ada.accounts.delete_attributes(ada.tokens.access_token, ["locale"]),
    "an attribute's code": lambda ada: ada.accounts.send_attribute_code(ada.tokens.access_token, "email"),
    "an app": lambda ada: ada.accounts.set_up_totp(ada.tokens.access_token),
    "a wrong app": lambda ada: ada.accounts.verify_totp(ada.tokens.access_token, Secret("000000")),
    "devices": lambda ada: ada.accounts.list_devices(ada.tokens.access_token),
    "a passkey": lambda ada: ada.accounts.start_passkey(ada.tokens.access_token),
    "sessions": lambda ada: ada.accounts.list_user_sessions(ada.tokens.access_token),
    "the end": lambda ada: ada.accounts.delete_user(ada.tokens.access_token),
}


@pytest.mark.parametrize("what", ASKS)
def test_what_is_asked_for_is_done_or_said_in_a_sentence(what: str, signed_in: SignedIn) -> None:
    try:
        ASKS[what](signed_in)
    except AuthError as error:
        check_sentence(error)
        assert what not in CERTAIN
    else:
        assert what not in REFUSED


CERTAIN = {"a renewal", "the account"}
REFUSED = {"a wrong password", "another app client", "a forged session", "an unknown challenge", "confirmation"}
"""What all of them have in common, so that the answer cannot be the same to everything."""
