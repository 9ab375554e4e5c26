"""A role that is assumed: what its credentials are asked for with, and what becomes of them while AWS is away."""

import threading
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from nbauth.aws import role
from nbauth.aws.role import AssumedRole, assumed_role_session
from nbauth.errors import ConfigError, NotAuthorized, Rejected, ServiceUnavailable
from nbauth.testing import Hold, credentials

IN_TIME = 20
ARN = "arn:aws:iam::123456789012:role/Analyst"
STALE, ENDED = timedelta(minutes=50), timedelta(minutes=60)
AWAY = EndpointConnectionError(endpoint_url="https://sts.invalid")


class FakeSts:
    """Security Token Service, and the boto3 sessions that lead to it.

    Attributes:
        asked_with: The access key id of each request, in order.
        away: Whether it cannot be reached.
        refusal: The code of the error that it answers with.
        hold: Where the next requests wait.
    """

    def __init__(self, clock):
        self._clock = clock
        self.asked_with = []
        self.away = False
        self.refusal = ""
        self.hold = None

    def session(self, source, region_name):
        self._source = source
        return self

    def client(self, service):
        assert service == "sts"
        return self

    def assume_role(self, **asked):
        assert asked == {"RoleArn": ARN, "RoleSessionName": "nbauth"}
        self.asked_with.append(self._source.get_credentials().access_key_id)
        if self.hold:
            self.hold.wait()
        if self.away:
            raise AWAY
        if self.refusal:
            raise ClientError({"Error": {"Type": "Sender", "Code": self.refusal, "Message": "No"}}, "AssumeRole")
        number = len(self.asked_with)
        return {
            "Credentials": {
                "AccessKeyId": f"ASIAROLE{number}",
                "SecretAccessKey": f"secret-access-key-{number}",
                "SessionToken": f"session-token-{number}",
                "Expiration": self._clock.now() + timedelta(hours=1),
            }
        }


class Account:
    """Whose credentials assume the role.

    Attributes:
        waits: What each call said about waiting, in order.
    """

    def __init__(self):
        self.waits = []

    def get_credentials(self, *, wait=None):
        self.waits.append(wait)
        return credentials(number=7)


@pytest.fixture
def sts(clock, monkeypatch):
    sts = FakeSts(clock)
    monkeypatch.setattr(role, "boto3_session", sts.session)
    return sts


@pytest.fixture
def account():
    return Account()


@pytest.fixture
def assumed(sts, account, clock):
    """A role that has just been assumed."""
    assumed = AssumedRole(account, ARN, "eu-west-1", clock.now)
    assumed.get_credentials()
    return assumed


def renewals():
    """Return the threads that renew something."""
    return [thread for thread in threading.enumerate() if thread.name == "nbauth-role"]


def settle():
    """Wait until nobody is renewing anything."""
    for thread in renewals():
        thread.join(IN_TIME)


def test_a_role_is_assumed_with_the_accounts_credentials_once(assumed, sts):
    given = assumed.get_credentials()
    assert (given.access_key_id, given.identity_id) == ("ASIAROLE1", ARN)
    assert sts.asked_with == [credentials(number=7).access_key_id]


def test_what_ends_soon_is_given_out_at_once_and_renewed_once_in_the_background(assumed, sts, clock):
    held = assumed.get_credentials()
    clock.advance(STALE)
    with Hold() as sts.hold:
        for _ in range(20):
            assert assumed.get_credentials() is held
            clock.advance(timedelta(seconds=2))
        assert sts.hold.entered.wait(IN_TIME)
        assert len(renewals()) == 1
    settle()
    assert assumed.get_credentials().access_key_id == "ASIAROLE2"
    assert len(sts.asked_with) == 2


def test_while_aws_is_away_credentials_are_given_out_until_they_end_and_asked_for_ever_more_rarely(assumed, sts, clock):
    held = assumed.get_credentials()
    clock.advance(STALE)
    sts.away = True
    for _ in range(240):
        assert assumed.get_credentials() is held
        settle()
        clock.advance(timedelta(seconds=1))
    assert 5 < len(sts.asked_with) < 30
    sts.away = False
    clock.advance(timedelta(seconds=30))
    assert assumed.get_credentials() is held
    settle()
    assert assumed.get_credentials() is not held


def test_once_they_have_ended_it_is_told_that_aws_is_away(assumed, sts, clock):
    clock.advance(ENDED)
    sts.away = True
    with pytest.raises(ServiceUnavailable, match=rf"^{ARN} cannot be assumed now: .*sts\.invalid"):
        assumed.get_credentials()
    sts.away = False
    assert assumed.get_credentials().expires_at > clock.now()


def test_many_who_find_that_they_have_ended_cause_one_request(assumed, sts, clock, in_threads):
    clock.advance(ENDED)
    ready = threading.Barrier(16)

    def get():
        ready.wait(IN_TIME)
        return assumed.get_credentials().access_key_id

    assert {future.result(IN_TIME) for future in in_threads(get, 16)} == {"ASIAROLE2"}
    assert len(sts.asked_with) == 2


def test_only_who_has_none_waits_for_a_sign_in(assumed, account, clock):
    clock.advance(STALE)
    assumed.get_credentials()
    settle()
    clock.advance(ENDED)
    assumed.get_credentials()
    assert account.waits == [None, False, None]


def test_at_the_end_of_a_process_what_ends_soon_is_given_out_all_the_same(assumed, clock, monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    held = assumed.get_credentials()
    clock.advance(STALE)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert assumed.get_credentials() is held


def test_what_is_wrong_with_a_role_shows_before_a_session_is_made(sts, account):
    sts.away = True
    with pytest.raises(ServiceUnavailable):
        assumed_role_session(account, ARN, None)


def test_who_may_not_assume_a_role_is_told_what_must_be_allowed(sts, account):
    sts.refusal = "AccessDenied"
    with pytest.raises(NotAuthorized, match=r"trust policy must name the role of the account") as refused:
        assumed_role_session(account, ARN, None)
    assert (refused.value.code, refused.value.__context__) == ("AccessDenied", None)


def test_another_refusal_is_told_in_the_words_of_aws(sts, account):
    sts.refusal = "RegionDisabledException"
    with pytest.raises(Rejected, match=rf"^{ARN} cannot be assumed: No$"):
        assumed_role_session(account, ARN, None)


@pytest.mark.parametrize("no_role", ["nonsense", "arn:aws:iam::123456789012:user/ada", "", "arn:aws:iam::1:role/x"])
def test_what_is_no_role_is_said_before_anybody_is_asked(no_role):
    with pytest.raises(ConfigError, match=r"is no IAM role: one is written arn:aws:iam::123456789012:role/NAME$"):
        assumed_role_session(Account(), no_role, None)
