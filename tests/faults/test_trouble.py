"""Every verb through every fault: only nbauth's own errors come out, and nobody who is signed in is lost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from nbauth import AuthError, ServiceUnavailable, UserState
from nbauth.errors import ChallengeExpired, NotAuthorized
from nbauth.testing import Fault, StandIn

Trouble = Fault | str
AWAY = ["no-such-name", "no-connection"]
HARMLESS = {Fault.SLOW, Fault.DATE_AHEAD, Fault.DATE_BEHIND}
DONE_ALL_THE_SAME = {Fault.DROPPED, Fault.TRUNCATED, Fault.CUT_OFF}
REASON = dict.fromkeys((Fault.RESET, Fault.HANG, Fault.DROPPED, Fault.CUT_OFF, *AWAY), "offline")

NOT_SIGNED_IN = ("sign_in", "confirm_sign_in")
STEPS = [
    ("sign_in", "InitiateAuth"),
    ("sign_in", "RespondToAuthChallenge"),
    ("confirm_sign_in", "RespondToAuthChallenge"),
    ("get_tokens", "GetTokensFromRefreshToken"),
    ("get_credentials", "GetId"),
    ("get_credentials", "GetCredentialsForIdentity"),
    ("sign_out", "RevokeToken"),
    ("sign_out_everywhere", "GlobalSignOut"),
]
SECOND = {("sign_in", "RespondToAuthChallenge"), ("get_credentials", "GetCredentialsForIdentity")}
EACH_TROUBLE_AT_EACH_STEP = pytest.mark.parametrize(
    ("verb", "operation", "trouble"),
    [
        pytest.param(verb, operation, trouble, id=f"{verb}-{operation}-{getattr(trouble, 'name', trouble)}")
        for verb, operation in STEPS
        for trouble in (*Fault, *AWAY)
    ],
)


@dataclass
class Case:
    """A kernel that is about to say a verb.

    Attributes:
        impatience: Has it give up soon on what does not answer, until the trouble is over.
    """

    cognito: StandIn
    kernel: Any
    verb: str
    network: Any = None
    impatience: pytest.MonkeyPatch = field(default_factory=pytest.MonkeyPatch)

    def prepare(self) -> None:
        if self.verb == "confirm_sign_in":
            assert self.kernel.sign_in("carol").challenge
        elif self.verb != "sign_in":
            self.kernel.sign_in()

    def fail(self, *, on: str, trouble: Trouble, times: int | None = None) -> None:
        if trouble is Fault.HANG:
            self.impatience.setattr("nbauth.cognito.client._READ_TIMEOUT", 1)
            self.forget_clients()
        if isinstance(trouble, Fault):
            self.cognito.faults.add(trouble, on=on, times=times)
        else:
            self.network.goes(trouble, after=int((self.verb, on) in SECOND))
        self.expire()

    def recover(self) -> None:
        self.cognito.faults.clear()
        self.impatience.undo()
        self.forget_clients()
        if self.network:
            self.network.comes_back()

    def forget_clients(self) -> None:
        self.kernel.auth._engine.ports.user_pool._clients._forget()

    def expire(self) -> None:
        # Not before the trouble is there: a kernel renews in the background what it sees has expired.
        if self.verb == "get_tokens":
            self.cognito.clock.advance(timedelta(hours=2))

    def act(self) -> Any:
        auth = self.kernel.auth
        return {
            "sign_in": self.kernel.sign_in,
            "confirm_sign_in": lambda: auth.confirm_sign_in(self.code()),
            "get_tokens": lambda: auth.get_tokens(wait=False),
            "get_credentials": lambda: auth.get_credentials(wait=False),
            "sign_out": auth.sign_out,
            "sign_out_everywhere": lambda: auth.sign_out(everywhere=True),
        }[self.verb]()

    def code(self) -> str:
        authenticator = self.cognito.users["carol"].authenticator
        assert authenticator
        return authenticator.code(self.cognito.clock.now())

    def outcome(self) -> AuthError | None:
        """Return what came out; anything but an AuthError fails the test."""
        try:
            result = self.act()
        except AuthError as error:
            return error
        return getattr(result, "error", None)


@pytest.fixture
def case(verb: str, cognito: StandIn, kernel: Callable[..., Any]) -> Iterator[Case]:
    case = Case(cognito, kernel("USER_SRP_AUTH" if verb == "sign_in" else "USER_PASSWORD_AUTH"), verb)
    yield case
    case.impatience.undo()


@pytest.fixture
def in_trouble(case: Case, operation: str, trouble: Trouble, request: pytest.FixtureRequest) -> Case:
    """The kernel after what the verb needs, with the trouble in its way from now on."""
    if trouble in AWAY:
        case.network = request.getfixturevalue("network")
    case.prepare()
    case.fail(on=operation, trouble=trouble)
    return case


def expected(trouble: Trouble, operation: str) -> tuple[type[AuthError] | None, str | None]:
    if operation == "InitiateAuth" and trouble in (Fault.DATE_AHEAD, Fault.DATE_BEHIND):
        return NotAuthorized, None  # the proof is dated as the service says, so a false date spoils it
    if trouble in HARMLESS:
        return None, None
    return ServiceUnavailable, REASON.get(trouble, "unavailable")


@EACH_TROUBLE_AT_EACH_STEP
def test_trouble_is_told_in_our_words_and_nobody_is_lost(
    verb: str,
    operation: str,
    trouble: Trouble,
    in_trouble: Case,
    in_time: Callable[..., Any],
    kernel: Callable[..., Any],
) -> None:
    error = in_time(in_trouble.outcome)
    kind, reason = expected(trouble, operation)
    assert type(error) is (kind or type(None))
    if error:
        assert getattr(error, "reason", None) == reason
        assert len(str(error).splitlines()) == 1
        assert "<" not in str(error)
        assert (error.__cause__, error.__context__) == (None, None)
    here, there = in_trouble.kernel.auth, kernel().auth
    in_trouble.recover()
    if verb.startswith("sign_out"):
        assert (here.state, there.state) == (UserState.SIGNED_OUT, UserState.SIGNED_OUT)
    elif verb in NOT_SIGNED_IN and error:
        assert (here.state, there.state) == (UserState.SIGNED_OUT, UserState.SIGNED_OUT)
        assert (here.challenge is not None) is (verb == "confirm_sign_in")
        again_once_trouble_is_over(in_trouble, trouble, in_time)
    else:
        assert (here.is_signed_in, there.is_signed_in) == (True, True)
        assert here.username == there.username
        for auth in (here, there):
            assert in_time(auth.get_tokens, wait=20).claims["sub"] == auth.user_sub
            assert in_time(auth.get_credentials, wait=20).session_token
            assert auth.state is UserState.SIGNED_IN


def again_once_trouble_is_over(case: Case, trouble: Trouble, in_time: Callable[..., Any]) -> None:
    if case.verb == "confirm_sign_in" and trouble in DONE_ALL_THE_SAME:
        # The pool took the answer, so the challenge is over, and so is the code: only the person can go on.
        assert isinstance(in_time(case.outcome), ChallengeExpired)
        case.cognito.clock.advance(timedelta(minutes=1))
        case.prepare()
    assert in_time(case.act).done
    assert case.kernel.auth.state is UserState.SIGNED_IN


@pytest.mark.parametrize(
    "fault",
    [Fault.INTERNAL_ERROR, Fault.UNAVAILABLE, Fault.THROTTLED, Fault.RESET, Fault.DROPPED, Fault.CUT_OFF],
    ids=lambda fault: fault.name,
)
@pytest.mark.parametrize("operation", ["GetId", "GetCredentialsForIdentity"])
@pytest.mark.parametrize("verb", ["get_credentials"])
def test_what_goes_wrong_once_is_not_noticed_where_asking_again_does_no_harm(
    verb: str, operation: str, fault: Fault, case: Case, in_time: Callable[..., Any]
) -> None:
    case.prepare()
    case.fail(on=operation, trouble=fault, times=1)
    assert in_time(case.outcome) is None
    assert len(case.cognito.calls.of(operation)) == 2


@pytest.mark.parametrize("verb", ["get_tokens"])
@pytest.mark.parametrize("fault", [Fault.INTERNAL_ERROR, Fault.DROPPED, Fault.THROTTLED], ids=lambda f: f.name)
def test_a_renewal_is_never_sent_twice_by_one_call(
    verb: str, fault: Fault, case: Case, in_time: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbauth.refresher.Refresher.wake", lambda refresher: None)
    case.prepare()
    case.fail(on="GetTokensFromRefreshToken", trouble=fault, times=1)
    assert isinstance(in_time(case.outcome), ServiceUnavailable)
    assert len(case.cognito.calls.of("GetTokensFromRefreshToken")) == 1


@pytest.mark.parametrize(("code", "message"), [("NotAuthorizedException", "Unable to verify secret for client x")])
@pytest.mark.parametrize("verb", ["get_tokens"])
def test_a_setting_that_went_wrong_signs_nobody_out(
    verb: str, code: str, message: str, case: Case, kernel: Callable[..., Any], in_time: Callable[..., Any]
) -> None:
    case.prepare()
    case.cognito.faults.refuse(code, message, on="GetTokensFromRefreshToken")
    case.expire()
    assert isinstance(in_time(case.outcome), AuthError)
    case.cognito.faults.clear()
    assert case.kernel.auth.is_signed_in
    assert in_time(kernel().auth.get_tokens).access_token
    assert in_time(case.kernel.auth.get_tokens, wait=20).access_token
