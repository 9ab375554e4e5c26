"""A session does the same over fakes and over an emulator: sign in, answer, get tokens and credentials, sign out."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from nbauth.auth_session import AuthSession
from nbauth.core.config import AuthConfig
from nbauth.core.user_state import UserState
from nbauth.errors import AlreadySignedIn, CodeMismatch, NotAuthorized, SignInRequired
from nbauth.ports import Ports, TokenStore
from nbauth.stores.memory import MemoryStore

CONFIG = AuthConfig(
    user_pool_id="eu-west-1_Example01",
    client_id="exampleclient",
    identity_pool_id="eu-west-1:00000000-0000-4000-8000-00000000000a",
)
NEW_PASSWORD = "Brand-New-Saddle-7"


@pytest.fixture(autouse=True)
def nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AuthSession, "prompt_for", staticmethod(lambda session: None))
    for name in [name for name in os.environ if name.startswith("NBAUTH_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def session_of(world: Any) -> Callable[..., AuthSession]:
    """Makes sessions in the world; each has a store of its own unless it is given one."""

    def make(store: TokenStore | None = None, **changes: Any) -> AuthSession:
        ports = Ports(world.users, world.identities, store or MemoryStore(), world.clock)
        return AuthSession(CONFIG.replace(**changes), store="memory", ports=ports)

    return make


@pytest.fixture
def session(session_of: Callable[..., AuthSession]) -> AuthSession:
    return session_of()


# Every implementation.


def test_a_password_gives_tokens_an_identity_and_credentials(session: AuthSession, world: Any) -> None:
    assert session.sign_in(world.username, world.password).done
    assert (session.state, session.username) == (UserState.SIGNED_IN, world.username)
    assert session.get_tokens().sub == session.user_sub
    credentials = session.get_credentials()
    assert credentials.expires_at > world.clock.now()
    assert session.get_identity_id() == credentials.identity_id == session.identity_id


def test_an_e_mail_address_gives_the_real_name(session: AuthSession, world: Any) -> None:
    session.sign_in(world.email, world.password)
    assert session.username == world.username


def test_a_wrong_password_leaves_everything_as_it_was(session: AuthSession, world: Any) -> None:
    with pytest.raises(NotAuthorized):
        session.sign_in(world.username, "wrong")
    assert (session.state, session.busy) == (UserState.SIGNED_OUT, False)
    assert isinstance(session.error, NotAuthorized)
    assert session.sign_in(world.username, world.password).done
    assert session.error is None


def test_a_temporary_password_is_changed_on_the_way(session: AuthSession, world: Any) -> None:
    asked = session.sign_in(world.new_username, world.temporary_password)
    assert asked.challenge == session.challenge
    assert session.challenge.name == "NEW_PASSWORD_REQUIRED"
    assert session.confirm_sign_in(NEW_PASSWORD).done
    session.sign_out()
    assert session.sign_in(world.new_username, NEW_PASSWORD).done


def test_a_wrong_code_keeps_the_challenge_and_the_right_one_signs_in(session: AuthSession, world: Any) -> None:
    session.sign_in(world.totp_username, world.password)
    code = world.code()
    with pytest.raises(CodeMismatch):
        session.confirm_sign_in(f"{(int(code) + 1) % 1_000_000:06d}")
    assert session.challenge.name == "SOFTWARE_TOKEN_MFA"
    assert session.confirm_sign_in(code).done
    assert session.username == world.totp_username


def test_a_refresh_gives_new_tokens_of_the_same_user(session: AuthSession, world: Any) -> None:
    session.sign_in(world.username, world.password)
    before = session.get_tokens()
    after = session.get_tokens(force_refresh=True)
    assert after is not before
    assert after.sub == before.sub
    assert session.get_tokens() is after


def test_credentials_are_renewed_for_the_same_identity(session: AuthSession, world: Any) -> None:
    session.sign_in(world.username, world.password)
    before = session.get_credentials()
    after = session.get_credentials(force_refresh=True)
    assert after is not before
    assert after.identity_id == before.identity_id


def test_a_restart_goes_on_where_it_ended(session_of: Callable[..., AuthSession], world: Any) -> None:
    store = MemoryStore()
    before = session_of(store)
    before.sign_in(world.username, world.password)
    identity_id = before.get_identity_id()
    restarted = session_of(store)
    assert (restarted.state, restarted.username) == (UserState.SIGNED_IN, world.username)
    assert restarted.identity_id == identity_id
    assert not restarted.has_valid_tokens
    assert restarted.get_credentials().identity_id == identity_id
    assert restarted.has_valid_tokens


def test_a_guest_has_credentials_and_hands_the_identity_on(session_of: Callable[..., AuthSession], world: Any) -> None:
    session = session_of(guest_access=True)
    guest = session.get_credentials()
    assert (session.state, session.identity_id) == (UserState.GUEST, guest.identity_id)
    session.sign_in(world.username, world.password)
    assert session.identity_id is None  # nobody has said yet whose it is
    assert session.get_credentials().access_key_id != guest.access_key_id
    assert session.identity_id == session.get_credentials().identity_id


def test_a_guest_beside_a_user_is_somebody_else(session: AuthSession, world: Any) -> None:
    session.sign_in(world.username, world.password)
    guest = session.guest()
    assert guest.get_identity_id() != session.get_identity_id()
    assert (guest.state, session.state) == (UserState.GUEST, UserState.SIGNED_IN)


def test_a_sign_out_leaves_nothing_here_and_nothing_good_elsewhere(
    session_of: Callable[..., AuthSession], world: Any
) -> None:
    store = MemoryStore()
    session = session_of(store)
    session.sign_in(world.username, world.password)
    stolen = MemoryStore()
    stolen.save(store.load())
    assert session.sign_out().revoked
    assert session.state is UserState.SIGNED_OUT
    assert store.load() is None
    with pytest.raises(SignInRequired):
        session.get_credentials()
    thief = session_of(stolen)
    with pytest.raises(SignInRequired):
        thief.get_tokens()
    assert (thief.state, thief.state_reason) == (UserState.SIGNED_OUT_USER_POOLS_TOKENS_INVALID, "refused")


def test_a_sign_out_everywhere_ends_the_other_sign_ins(session_of: Callable[..., AuthSession], world: Any) -> None:
    here, there = session_of(), session_of()
    for session in (here, there):
        session.sign_in(world.username, world.password)
    assert here.sign_out(everywhere=True).revoked
    with pytest.raises(SignInRequired):
        there.get_tokens(force_refresh=True)
    assert there.state_reason == "refused"


def test_a_second_sign_in_asks_for_a_sign_out_first(session: AuthSession, world: Any) -> None:
    session.sign_in(world.username, world.password)
    with pytest.raises(AlreadySignedIn, match=world.username):
        session.sign_in(world.username, world.password)
    session.sign_out()
    assert session.sign_in(world.username, world.password).done


# From a configuration to a bucket.


@pytest.mark.parametrize("secret", [False, True], ids=["public", "with-client-secret"])
def test_a_configuration_is_all_that_it_takes_to_read_what_one_may(pool: Any, secret: bool) -> None:
    client = {"client_id": pool.secret_client_id, "client_secret": pool.client_secret} if secret else {}
    auth = AuthSession(pool.config(**client), store="memory")
    auth.sign_in(pool.username, pool.password)
    s3 = auth.client("s3", endpoint_url=pool.endpoint_url)
    assert s3.get_object(Bucket=pool.bucket, Key=pool.private_key)["Body"].read() == b"for users"
    auth.sign_out()
    with pytest.raises(SignInRequired):
        s3.get_object(Bucket=pool.bucket, Key=pool.private_key)
    auth.sign_in(pool.username, pool.password)
    assert s3.get_object(Bucket=pool.bucket, Key=pool.private_key)["Body"].read() == b"for users"


def test_a_guest_reads_what_is_for_everybody_and_nothing_else(pool: Any) -> None:
    guest = AuthSession(pool.config(), store="memory").guest()
    s3 = guest.client("s3", endpoint_url=pool.endpoint_url)
    assert s3.get_object(Bucket=pool.bucket, Key=pool.public_key)["Body"].read() == b"for everybody"
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=pool.bucket, Key=pool.private_key)


def test_the_doctor_finds_the_emulator_in_good_health(pool: Any) -> None:
    diagnosis = AuthSession(pool.config(), store="memory").doctor()
    assert diagnosis.healthy, repr(diagnosis)
    assert f"the user pool answers at {pool.endpoint_url}" in repr(diagnosis)


def test_the_doctor_finds_that_a_pool_is_missing(pool: Any) -> None:
    diagnosis = AuthSession(pool.config(user_pool_id="eu-west-1_Missing01"), store="memory").doctor()
    assert not diagnosis.healthy, repr(diagnosis)
