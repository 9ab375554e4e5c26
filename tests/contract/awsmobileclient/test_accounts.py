"""Accounts: signing up, forgetting and changing a password, attributes, and the end of an account."""

from uuid import UUID

import pytest

from nbauth.core.account import CodeDelivery
from nbauth.core.user_state import UserState
from nbauth.errors import InvalidParameter, NotAuthorized, SignInReleased, SignInRequired, UserNotConfirmed

IN_TIME = 20
NEW_PASSWORD = "Brand-New-Saddle-7"
HEDY = {"email": "hedy@example.com"}


def test_07_a_sign_up_gives_an_id_and_says_where_the_code_went_and_nobody_is_signed_in_before_it_is_entered(
    auth, password
):
    made = auth.sign_up("hedy", password, attributes=HEDY)
    assert str(UUID(made.user_sub)) == made.user_sub
    assert made.delivery == CodeDelivery("h***", "EMAIL", "email")
    assert (made.confirmed, made.done, made.next_step) == (False, False, "confirm_sign_up")
    with pytest.raises(UserNotConfirmed):
        auth.sign_in("hedy", password)
    assert auth.state is UserState.SIGNED_OUT


def test_08_client_metadata_is_passed_on(auth, accounts, password, monkeypatch):
    passed = []
    make = accounts.sign_up
    monkeypatch.setattr(accounts, "sign_up", lambda *given: passed.append(given[-1]) or make(*given))
    auth.sign_up("hedy", password, attributes=HEDY, client_metadata={"key": "value"})
    assert passed == [{"key": "value"}]


def test_09_a_code_is_sent_again_by_e_mail_and_the_account_is_still_to_be_confirmed(auth, users, password):
    auth.sign_up("hedy", password, attributes=HEDY)
    first = users.sent_codes["hedy"]
    again = auth.resend_sign_up_code("hedy")
    assert (again.confirmed, again.delivery.medium) == (False, "EMAIL")
    assert users.sent_codes["hedy"] != first
    assert auth.confirm_sign_up("hedy", users.sent_codes["hedy"]).confirmed


def test_29_tokens_stay_good_when_attributes_change(ada):
    before = ada.get_tokens()
    ada.update_user_attributes({"given_name": "Ada"})
    assert ada.get_tokens() is before
    assert ada.get_user_attributes()["given_name"] == "Ada"


def test_44_nobody_who_is_signed_out_is_deleted(auth, users):
    with pytest.raises(SignInRequired):
        auth.delete_user()
    assert "ada" in {user.username for user in users.people}


def test_44_whoever_is_deleted_is_signed_out_and_cannot_sign_in(ada, told, store, password):
    ada.add_user_state_listener(told)
    ada.delete_user()
    assert (ada.state, ada.username, store.load()) == (UserState.SIGNED_OUT, None, None)
    assert told.states == [UserState.SIGNED_OUT]
    with pytest.raises(NotAuthorized):
        ada.sign_in("ada", password)


def test_44_a_deletion_ends_waits_as_a_sign_out_does(ada, accounts, session_of, in_threads):
    with accounts.hold_next("get_account") as held:
        (call,) = in_threads(ada.get_user_attributes)
        assert held.entered.wait(IN_TIME)
        ada.delete_user()
    assert isinstance(call.exception(IN_TIME), SignInRequired | SignInReleased)


def test_53_a_code_for_a_forgotten_password_goes_to_the_verified_address(auth):
    assert auth.forgot_password("ada").medium == "EMAIL"


def test_53_without_a_verified_address_no_password_can_be_reset(auth):
    with pytest.raises(InvalidParameter) as refusal:
        auth.forgot_password("grace")
    assert refusal.value.code == "InvalidParameterException"


def test_54_a_password_is_changed(ada, password):
    ada.change_password(password, NEW_PASSWORD)
    ada.sign_out()
    assert ada.sign_in("ada", NEW_PASSWORD).done


def test_54_a_wrong_old_password_is_refused_by_name(ada, password, accounts):
    with pytest.raises(NotAuthorized, match="current password"):
        ada.change_password("Wrong-Horse-7", NEW_PASSWORD)
    assert accounts.calls == ["change_password"]
    assert ada.is_signed_in


def test_55_what_needs_no_proof_sends_no_code_and_is_read_back(ada):
    assert ada.update_user_attributes({"given_name": "Ada", "locale": "en"}) == ()
    attributes = ada.get_user_attributes()
    assert (attributes["given_name"], attributes["locale"]) == ("Ada", "en")


def test_55_an_address_is_proved_with_the_code_that_was_sent_there(ada, users):
    ada.update_user_attributes({"email": "ada@example.org"})
    assert ada.get_user_attributes()["email_verified"] == "false"
    assert ada.verify_user_attribute("email") == CodeDelivery("a***", "EMAIL", "email")
    ada.confirm_user_attribute("email", users.sent_codes["ada"])
    assert ada.get_user_attributes()["email_verified"] == "true"
