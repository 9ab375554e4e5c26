"""Errors, and all that hangs on them, hold no secret: what a crash reporter sends away is harmless."""

import pickle
import traceback
from collections.abc import Iterator
from types import TracebackType

import pytest

from nbauth import AuthError, AuthSession, Secret

PASSWORD = "Sentinel-Password-4711"
NUMBER = 4711004711  # in place of a code, as people pass it
NOBODY_LISTENS = "http://127.0.0.1:9"  # the discard port of RFC 863, which nobody serves any more


def sign_in_with_a_wrong_password(auth, pool, secrets):
    auth.sign_in(pool.username, PASSWORD)


def sign_in_as_nobody(auth, pool, secrets):
    auth.sign_in("nobody", PASSWORD)


def sign_in_with_no_network(auth, pool, secrets):
    AuthSession(pool.config(endpoint_url=NOBODY_LISTENS), store="memory").sign_in(pool.username, PASSWORD)


def sign_in_with_a_flow_that_is_not_allowed(auth, pool, secrets):
    auth.sign_in(pool.username, PASSWORD, flow="CUSTOM_AUTH")


def sign_in_to_an_app_client_that_does_not_exist(auth, pool, secrets):
    AuthSession(pool.config(client_id="nosuchclient"), store="memory").sign_in(pool.username, PASSWORD)


def sign_in_with_what_is_no_user_name(auth, pool, secrets):
    auth.sign_in("x" * 200, PASSWORD)


def sign_in_twice(auth, pool, secrets):
    auth.sign_in(pool.username, pool.password)
    auth.sign_in(pool.username, PASSWORD)


def answer_with_a_wrong_code(auth, pool, secrets):
    challenge = auth.sign_in(pool.totp_username, pool.password).challenge
    secrets |= {"challenge session": challenge.session.reveal(), "code": "Sentinel-Code-4711"}
    auth.confirm_sign_in(secrets["code"])


def sign_in_without_a_name(auth, pool, secrets):
    auth.sign_in(None, PASSWORD)


def sign_in_with_a_number(auth, pool, secrets):
    secrets |= {"number": str(NUMBER)}
    auth.sign_in(pool.username, NUMBER)


def sign_in_with_metadata_that_is_none(auth, pool, secrets):
    auth.sign_in(pool.username, PASSWORD, client_metadata=5)


def answer_with_a_number(auth, pool, secrets):
    challenge = auth.sign_in(pool.totp_username, pool.password).challenge
    secrets |= {"challenge session": challenge.session.reveal(), "number": str(NUMBER)}
    auth.confirm_sign_in(NUMBER)


def answer_a_field_with_a_number(auth, pool, secrets):
    auth.sign_in(pool.totp_username, pool.password)
    secrets |= {"number": str(NUMBER)}
    auth.confirm_sign_in({"code": NUMBER})


def answer_for_a_user_who_is_gone(auth, pool, secrets):
    challenge = auth.sign_in(pool.new_username, pool.temporary_password).challenge
    secrets |= {"challenge session": challenge.session.reveal()}
    pool.admin("cognito-idp").admin_delete_user(UserPoolId=pool.user_pool_id, Username=pool.new_username)
    auth.confirm_sign_in({"new_password": PASSWORD})


def answer_with_half_of_what_is_asked(auth, pool, secrets):
    auth.sign_in(pool.new_username, pool.temporary_password)
    auth.confirm_sign_in({"no such field": PASSWORD})


def answer_where_nothing_is_asked(auth, pool, secrets):
    auth.confirm_sign_in({"new_password": PASSWORD})


def refresh_with_a_revoked_token(auth, pool, secrets):
    auth.sign_in(pool.username, pool.password)
    refresh_token = auth.get_tokens().refresh_token.reveal()
    secrets |= {"refresh token": refresh_token}
    pool.admin("cognito-idp").revoke_token(Token=refresh_token, ClientId=pool.client_id)
    auth.get_tokens(force_refresh=True, wait=False)


def ask_for_credentials_that_are_refused(auth, pool, secrets):
    auth.sign_in(pool.username, pool.password)
    tokens = auth.get_tokens()
    secrets |= {"id token": tokens.id_token.reveal(), "access token": tokens.access_token.reveal()}
    pool.admin("cognito-identity").delete_identity_pool(IdentityPoolId=pool.identity_pool_id)
    auth.get_credentials()


def sign_up_with_a_password_that_does_not_fit(auth, pool, secrets):
    secrets |= {"weak password": "sentinel"}
    auth.sign_up("grace", secrets["weak password"], attributes={"email": "grace@example.com"})


def confirm_a_sign_up_with_a_wrong_code(auth, pool, secrets):
    auth.sign_up("grace", PASSWORD, attributes={"email": "grace@example.com"})
    secrets |= {"code": "Sentinel-Code-4711"}
    auth.confirm_sign_up("grace", secrets["code"])


def reset_a_password_with_a_wrong_code(auth, pool, secrets):
    auth.forgot_password(pool.username)
    secrets |= {"code": "Sentinel-Code-4711"}
    auth.confirm_forgot_password(pool.username, secrets["code"], PASSWORD)


def reset_a_password_with_a_number(auth, pool, secrets):
    secrets |= {"number": str(NUMBER)}
    auth.confirm_forgot_password(pool.username, NUMBER, PASSWORD)


def reset_a_password_without_a_name(auth, pool, secrets):
    secrets |= {"code": "Sentinel-Code-4711"}
    auth.confirm_forgot_password(None, secrets["code"], PASSWORD)


def sign_up_without_a_name(auth, pool, secrets):
    auth.sign_up(" ", PASSWORD)


def sign_up_with_attributes_that_are_none(auth, pool, secrets):
    auth.sign_up("grace", PASSWORD, attributes=5)


def confirm_a_sign_up_with_a_number(auth, pool, secrets):
    secrets |= {"number": str(NUMBER)}
    auth.confirm_sign_up("grace", NUMBER)


def confirm_a_sign_up_without_a_name(auth, pool, secrets):
    secrets |= {"code": "Sentinel-Code-4711"}
    auth.confirm_sign_up("", secrets["code"])


def confirm_an_attribute_with_a_number(auth, pool, secrets):
    secrets |= {"number": str(NUMBER)}
    auth.confirm_user_attribute("email", NUMBER)


def set_an_authenticator_app_up_with_a_number(auth, pool, secrets):
    secrets |= {"number": str(NUMBER)}
    auth.verify_totp(NUMBER)


def change_the_password_to_a_number(auth, pool, secrets):
    auth.sign_in(pool.username, pool.password)
    secrets |= {"number": str(NUMBER)}
    auth.change_password(pool.password, NUMBER)


def sign_in_with_a_provider_that_is_no_text(auth, pool, secrets):
    auth.federated_sign_in(5, PASSWORD)


def sign_in_with_a_providers_token_that_is_a_number(auth, pool, secrets):
    secrets |= {"number": str(NUMBER)}
    auth.federated_sign_in("google", NUMBER)


def sign_in_with_a_providers_token_where_nothing_is_configured(auth, pool, secrets):
    AuthSession({}, store="memory").federated_sign_in("google", PASSWORD)


def change_the_password_with_a_wrong_one(auth, pool, secrets):
    auth.sign_in(pool.username, pool.password)
    secrets |= {"access token": auth.get_tokens().access_token.reveal()}
    auth.change_password(PASSWORD, "Sentinel-Password-4712")


def set_an_authenticator_app_up_with_a_wrong_code(auth, pool, secrets):
    auth.sign_in(pool.username, pool.password)
    secrets |= {"totp secret": auth.set_up_totp().secret.reveal(), "code": "Sentinel-Code-4711"}
    auth.verify_totp(secrets["code"])


def ask_a_service_that_knows_no_devices(auth, pool, secrets):
    auth.sign_in(pool.username, pool.password)
    secrets |= {"access token": auth.get_tokens().access_token.reveal()}
    auth.devices.list()


FAILURES = (
    sign_up_with_a_password_that_does_not_fit,
    confirm_a_sign_up_with_a_wrong_code,
    reset_a_password_with_a_wrong_code,
    reset_a_password_with_a_number,
    reset_a_password_without_a_name,
    sign_up_without_a_name,
    sign_up_with_attributes_that_are_none,
    confirm_a_sign_up_with_a_number,
    confirm_a_sign_up_without_a_name,
    confirm_an_attribute_with_a_number,
    set_an_authenticator_app_up_with_a_number,
    change_the_password_to_a_number,
    sign_in_with_a_provider_that_is_no_text,
    sign_in_with_a_providers_token_that_is_a_number,
    sign_in_with_a_providers_token_where_nothing_is_configured,
    change_the_password_with_a_wrong_one,
    set_an_authenticator_app_up_with_a_wrong_code,
    ask_a_service_that_knows_no_devices,
    sign_in_with_a_wrong_password,
    sign_in_as_nobody,
    sign_in_with_no_network,
    sign_in_with_a_flow_that_is_not_allowed,
    sign_in_to_an_app_client_that_does_not_exist,
    sign_in_with_what_is_no_user_name,
    sign_in_twice,
    sign_in_without_a_name,
    sign_in_with_a_number,
    sign_in_with_metadata_that_is_none,
    answer_with_a_wrong_code,
    answer_with_a_number,
    answer_a_field_with_a_number,
    answer_for_a_user_who_is_gone,
    answer_with_half_of_what_is_asked,
    answer_where_nothing_is_asked,
    refresh_with_a_revoked_token,
    ask_for_credentials_that_are_refused,
)


@pytest.fixture
def auth(pool) -> Iterator[AuthSession]:
    auth = AuthSession(pool.config(), store="memory")
    yield auth
    auth.sign_out(revoke=False)


def frames_of_others(trace: TracebackType | None) -> TracebackType | None:
    """The traceback without the frames of this file, which know all secrets."""
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def all_of(error: BaseException) -> str:
    """What a crash reporter would send: the texts, the attributes, the chain, and every local of every frame."""
    error.__traceback__ = frames_of_others(error.__traceback__)
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join([*told.format(), repr(error), str(error), repr(error.args), repr(vars(error))])


def caught(failure, auth, pool, secrets) -> AuthError:
    with pytest.raises(AuthError) as raised:
        failure(auth, pool, secrets)
    return raised.value


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.__name__)
def test_an_error_holds_no_secret(failure, auth, pool, find):
    secrets = {"password": PASSWORD, "right password": pool.password, "temporary": pool.temporary_password}
    error = caught(failure, auth, pool, secrets)
    assert (error.__cause__, error.__context__) == (None, None)
    assert find(secrets, pickle.dumps(error).decode("latin-1")) == []
    text = all_of(error)
    assert type(error).__name__ in text
    assert find(secrets, text) == []
    assert "\n" not in str(error)


def test_an_error_that_held_a_secret_would_be_found(find):
    # From a file of its own, as it were: the frames of this one are left out.
    names: dict = {}
    exec(compile("def fail(password): raise ValueError", "another file", "exec"), names)
    with pytest.raises(ValueError, match=r"^$") as raised:
        names["fail"](PASSWORD)
    assert find({"password": PASSWORD}, all_of(raised.value)) == ["password"]


def test_an_error_in_a_secret_s_own_frame_shows_only_a_mask(find):
    with pytest.raises(TypeError, match="cannot be pickled") as raised:
        pickle.dumps(Secret(PASSWORD))
    assert find({"password": PASSWORD}, all_of(raised.value)) == []
