"""Signing in with another provider's token: what it takes, what it buys, and what becomes of it when the token ends."""

import dataclasses
from datetime import timedelta

import boto3
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from nbauth.accounts import Accounts
from nbauth.auth_session import AuthSession
from nbauth.core.record import Record
from nbauth.core.secret import Secret
from nbauth.core.user_state import UserState
from nbauth.errors import (
    AlreadySignedIn,
    AuthError,
    IdentityGone,
    NotAuthorized,
    Rejected,
    ServiceUnavailable,
    SignInReleased,
    SignInRequired,
)
from nbauth.magics import AwsMagics
from nbauth.stores import StoreKey
from nbauth.stores.file import FileStore
from nbauth.testing import tokens
from nbauth.text import whoami_text

INVALID = UserState.SIGNED_OUT_FEDERATED_TOKENS_INVALID
SENTINEL = "sentinel-7f1a"


@pytest.fixture
def google(clock):
    """Returns a token as Google would give it, good for an hour."""

    def give(name="eve", lifetime=timedelta(hours=1), **claims):
        issued = tokens(name, issued_at=clock.now(), lifetime=lifetime, issuer="https://accounts.google.com", **claims)
        return issued.id_token.reveal()

    return give


def test_a_token_buys_credentials_and_no_pool_tokens(session, google):
    assert session.federated_sign_in("google", google()).done
    assert session.state is UserState.SIGNED_IN
    assert session.get_credentials().identity_id == session.identity_id
    with pytest.raises(Rejected, match=r"accounts\.google\.com"):
        session.get_tokens()


def test_who_is_signed_in_is_what_the_token_says(session, clock):
    token = tokens("eve", issued_at=clock.now(), email="eve@example.com").id_token
    session.federated_sign_in("accounts.google.com", token)
    assert (session.username, session.is_signed_in, session.has_valid_tokens) == ("eve@example.com", True, True)
    assert session.tokens_expire_at == tokens(issued_at=clock.now()).expires_at


@pytest.mark.parametrize(("provider", "token"), [("", "token"), ("google", ""), (" ", "token")])
def test_what_is_empty_is_said(session, provider, token):
    with pytest.raises(Rejected, match="empty"):
        session.federated_sign_in(provider, token)


@pytest.mark.parametrize("verb", ["cancel_sign_in", "sign_out"])
def test_who_gives_up_while_the_token_is_asked_for_is_not_signed_in_later(session, google, verb):
    def ask():
        getattr(session, verb)()
        return google()

    with pytest.raises(SignInReleased, match="given up"):
        session.federated_sign_in("google", ask)
    assert session.state is UserState.SIGNED_OUT


def test_only_a_sign_in_with_a_function_goes_on_by_itself(session, google):
    session.federated_sign_in("google", google())
    assert (session.provider, session.renews_itself) == ("accounts.google.com", False)
    session.federated_sign_in("google", google)
    assert session.renews_itself


def test_who_hears_of_a_sign_in_is_told_whether_it_goes_on_by_itself(session, google):
    heard = []
    session.observe(lambda change: heard.append(session.renews_itself), "state")
    session.federated_sign_in("google", google)
    session.sign_out()
    session.federated_sign_in("google", google())
    assert heard == [True, True, False]


def test_a_sign_in_that_is_not_taken_leaves_the_function_of_the_one_before(session, google, clock):
    session.federated_sign_in("google", google)
    with pytest.raises(NotAuthorized):
        session.federated_sign_in("google", "no token at all")
    assert session.renews_itself
    clock.advance(timedelta(hours=2))
    assert session.get_credentials(wait=False).expires_at > clock.now()


def test_a_sign_in_of_the_user_pool_goes_on_by_itself(session, password):
    session.sign_in("ada", password)
    assert (session.provider, session.renews_itself) == (None, True)


def test_a_token_that_is_not_taken_changes_nothing(session):
    with pytest.raises(NotAuthorized):
        session.federated_sign_in("google", "no token at all")
    assert session.state is UserState.SIGNED_OUT


def test_a_user_of_the_pool_signs_out_first(session, password, google):
    session.sign_in("ada", password)
    with pytest.raises(AlreadySignedIn, match="ada"):
        session.federated_sign_in("google", google())
    assert session.username == "ada"


def test_a_developer_identity_comes_with_its_id(session):
    with pytest.raises(Rejected, match="identity_id"):
        session.federated_sign_in("developer", "token")


def test_a_second_provider_is_linked_to_the_same_identity(session, google, identities):
    session.federated_sign_in("google", google())
    identity_id = session.identity_id
    session.federated_sign_in("login.example.com", google("eve"))
    assert session.identity_id == identity_id


def test_a_function_is_asked_again_when_its_token_has_ended(session, google, clock):
    session.federated_sign_in("google", google)
    before = session.get_credentials()
    clock.advance(timedelta(hours=2))
    assert session.get_credentials(wait=False) is not before
    assert session.state is UserState.SIGNED_IN


def test_a_token_that_has_ended_and_that_nobody_renews_needs_a_sign_in(session, google, clock):
    session.federated_sign_in("google", google())
    clock.advance(timedelta(hours=2))
    with pytest.raises(SignInRequired):
        session.get_credentials(wait=False)
    assert (session.state, session.state_reason, session.is_signed_in) == (INVALID, "refused", True)


def test_a_waiting_call_goes_on_after_another_token_or_a_users_sign_in(session, google, clock, password, in_threads):
    session.federated_sign_in("google", google())
    for sign_in in (lambda: session.federated_sign_in("google", google()), lambda: session.sign_in("ada", password)):
        clock.advance(timedelta(hours=2))
        (waiting,) = in_threads(lambda: session.get_credentials(wait=20))
        while not session.waiting:
            assert not waiting.done()
        sign_in()
        assert waiting.result(20).identity_id == session.identity_id


def test_a_function_that_cannot_reach_its_provider_is_offline(session, google, clock):
    given = iter([google()])

    def give():
        for token in given:
            return token
        raise ConnectionError(SENTINEL)

    session.federated_sign_in("google", give)
    clock.advance(timedelta(hours=2))
    with pytest.raises(ServiceUnavailable) as caught:
        session.get_credentials(wait=False)
    assert (session.state, session.state_reason) == (INVALID, "offline")
    assert SENTINEL not in str(caught.value)


def test_a_function_that_reaches_its_provider_again_is_asked_as_soon_as_somebody_wants_it(session, google, clock):
    given = [google(), ConnectionError(SENTINEL)]

    def give():
        token = given.pop(0) if given else google()
        if isinstance(token, Exception):
            raise token
        return token

    session.federated_sign_in("google", give)
    clock.advance(timedelta(hours=2))
    with pytest.raises(ServiceUnavailable):
        session.get_credentials(wait=False)
    assert session.get_credentials(force_refresh=True, wait=False).expires_at > clock.now()
    assert session.state is UserState.SIGNED_IN


def test_a_token_that_is_no_longer_taken_is_not_asked_for_without_end_while_its_provider_is_away(
    session, google, identities
):
    given = iter([google(), *[ConnectionError(SENTINEL)] * 5])

    def give():
        token = next(given)
        if isinstance(token, Exception):
            raise token
        return token

    session.federated_sign_in("google", give)
    identities.fail_next(NotAuthorized("revoked"), on="get_credentials")
    with pytest.raises(ServiceUnavailable):
        session.get_credentials(force_refresh=True, wait=False)
    assert len(list(given)) == 4
    assert session.state is UserState.SIGNED_IN


@pytest.mark.parametrize("fault", [KeyError(SENTINEL), None, 7, ""])
def test_a_function_that_gives_no_token_is_named_and_not_quoted(session, fault):
    def give():
        if isinstance(fault, Exception):
            raise fault
        return fault

    with pytest.raises(Rejected, match="google") as caught:
        session.federated_sign_in("google", give)
    assert SENTINEL not in str(caught.value)
    assert caught.value.__context__ is None
    assert session.state is UserState.SIGNED_OUT


def test_a_function_whose_new_token_is_not_taken_needs_a_sign_in(session, google, clock):
    session.federated_sign_in("google", iter([google(), "nonsense"]).__next__)
    clock.advance(timedelta(hours=2))
    with pytest.raises(SignInRequired):
        session.get_credentials(wait=False)
    assert session.state is INVALID


def test_signing_out_leaves_nothing_of_it(session, google):
    session.federated_sign_in("google", google)
    session.sign_out()
    assert (session.state, session.identity_id, session.username) == (UserState.SIGNED_OUT, None, None)
    with pytest.raises(SignInRequired):
        session.get_credentials(wait=False)


def test_no_token_is_kept(session, google, store):
    session.federated_sign_in("google", Secret(google()))
    record = store.load()
    assert record.provider == "accounts.google.com"
    assert record.refresh_token is None


def test_a_cell_uses_aws_as_whoever_a_provider_vouches_for(session, google, monkeypatch, tmp_path):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    AwsMagics(shell, Accounts(make_session=lambda *_, **__: session), boto3_name="aws").register()
    session.federated_sign_in("google", google())
    result = shell.run_cell("%%aws_session\naws.get_credentials().access_key")
    result.raise_error()
    assert result.result == session.get_credentials().access_key_id


def test_a_person_reads_who_is_signed_in_and_that_it_has_ended(session, google, clock):
    session.federated_sign_in("google", google(email="eve@example.com"))
    assert whoami_text(session).startswith("Signed in as eve@example.com.")
    clock.advance(timedelta(hours=2))
    with pytest.raises(SignInRequired):
        session.get_credentials(wait=False)
    assert whoami_text(session).startswith("The sign-in of eve@example.com has expired")


@pytest.mark.parametrize("taken", [True, False])
def test_while_a_second_provider_is_linked_a_call_waits_for_what_comes_of_it(
    taken, session, google, identities, in_threads
):
    session.federated_sign_in("google", google())
    before = session.get_credentials()
    with identities.hold_next("get_credentials") as linking:
        if not taken:
            identities.fail_next(NotAuthorized("not taken"), on="get_credentials")
        (second,) = in_threads(lambda: session.federated_sign_in("login.example.com", google()))
        assert linking.entered.wait(20)
        (call,) = in_threads(lambda: session.get_credentials(wait=False, force_refresh=True))
    assert (second.exception(20) is None) is taken
    assert call.result(20) is not before
    assert session.state is UserState.SIGNED_IN


def raising(error):
    def give():
        raise error

    return give


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (ConnectionError, ConnectionError, "offline"),
        (ConnectionError, KeyError, "offline"),
        (KeyError, ConnectionError, "offline"),
        (KeyError, KeyError, "refused"),
        (ConnectionError, None, None),
        (None, KeyError, None),
    ],
)
def test_of_several_providers_one_that_answers_is_enough_and_one_that_may_yet_is_waited_for(
    first, second, reason, session, google, clock
):
    failing = dict.fromkeys(("google", "apple"))
    for name in failing:
        session.federated_sign_in(name, lambda name=name: (failing[name] or google)())
    failing |= {"google": first and raising(first(SENTINEL)), "apple": second and raising(second(SENTINEL))}
    clock.advance(timedelta(hours=2))
    if reason is None:
        assert session.get_credentials(wait=False).expires_at > clock.now()
    else:
        with pytest.raises(AuthError):
            session.get_credentials(wait=False)
    assert session.state_reason == reason


def test_a_back_ends_user_whose_identity_is_gone_is_given_no_other(session, google, identities):
    with pytest.raises(IdentityGone):
        session.federated_sign_in("developer", google(), identity_id="eu-west-1:gone")
    assert "get_id" not in identities.calls
    assert session.state is UserState.SIGNED_OUT


def test_a_token_that_is_no_longer_taken_leads_to_the_function_and_then_to_another_sign_in(
    session, google, identities, in_threads
):
    session.federated_sign_in("google", google)
    for _ in range(2):
        identities.fail_next(NotAuthorized("revoked"), on="get_credentials")
    (call,) = in_threads(lambda: session.get_credentials(wait=20, force_refresh=True))
    while not session.waiting:
        assert not call.done() or call.result()
    assert session.state is INVALID
    session.federated_sign_in("google", google())
    assert call.result(20).identity_id == session.identity_id
    assert session.state is UserState.SIGNED_IN


def test_a_sign_in_takes_the_place_of_one_that_another_kernel_keeps_meanwhile(
    config, ports, nobody_to_ask, google, identities, in_threads, tmp_path
):
    tmp_path.chmod(0o700)
    store = FileStore(tmp_path / "kept", StoreKey.of(config, "default"))
    session = AuthSession(config, store="memory", ports=dataclasses.replace(ports, store=store))
    with identities.hold_next("get_credentials") as asking:
        (signing_in,) = in_threads(lambda: session.federated_sign_in("google", google()))
        assert asking.entered.wait(20)
        store.save(Record("mallory", "g-2", identity_id="eu-west-1:another", provider="accounts.google.com"))
    assert signing_in.result(20).done
    assert store.load().identity_id == session.identity_id
    assert session.state is UserState.SIGNED_IN
