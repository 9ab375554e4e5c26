from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbauth.core.account import (
    Account,
    CodeDelivery,
    MfaPreference,
    PasswordResetResult,
    SignUpResult,
    TotpSetup,
)
from nbauth.core.challenges import Challenge
from nbauth.core.results import SignInResult
from nbauth.core.secret import Secret
from nbauth.errors import ServiceUnavailable

CHALLENGE = Challenge("SOFTWARE_TOKEN_MFA", "ada", Secret("challenge-session"))
SECRET = "JBSWY3DPEHPK3PXP"
switch = st.none() | st.booleans()
kind = st.sampled_from(["totp", "sms", "email"])


@pytest.mark.parametrize(
    ("result", "next_step"),
    [
        (SignUpResult(confirmed=False, delivery=CodeDelivery("a***", "EMAIL", "email")), "confirm_sign_up"),
        (SignUpResult(confirmed=True), "sign_in"),
        (SignUpResult(confirmed=True, error=ServiceUnavailable("no network")), "sign_in"),
        (SignUpResult(confirmed=True, sign_in=SignInResult(CHALLENGE)), "confirm_sign_in"),
        (SignUpResult(confirmed=True, sign_in=SignInResult()), ""),
        (PasswordResetResult(), "sign_in"),
        (PasswordResetResult(sign_in=SignInResult(CHALLENGE)), "confirm_sign_in"),
        (PasswordResetResult(sign_in=SignInResult()), ""),
    ],
)
def test_a_result_says_which_verb_comes_next(result, next_step):
    assert result.next_step == next_step
    assert result.done is (next_step == "")
    assert result.challenge == (CHALLENGE if next_step == "confirm_sign_in" else None)


def test_what_is_not_named_stays():
    before = MfaPreference(totp=True, sms=True, preferred="sms")
    assert before.changed() == before
    assert before.changed(email=True) == MfaPreference(totp=True, sms=True, email=True, preferred="sms")


def test_what_is_preferred_is_switched_on():
    assert MfaPreference().changed(preferred="totp") == MfaPreference(totp=True, preferred="totp")


def test_what_is_switched_off_is_preferred_no_more():
    assert MfaPreference(totp=True, sms=True, preferred="sms").changed(sms=False) == MfaPreference(totp=True)


def test_nothing_is_preferred_and_switched_off_at_once():
    with pytest.raises(ValueError, match="totp cannot be preferred and switched off"):
        MfaPreference(totp=True).changed(totp=False, preferred="totp")


@pytest.mark.parametrize("unknown", ["SOFTWARE_TOKEN_MFA", "TOTP", "", 5, ["totp"]])
def test_only_what_there_is_can_be_preferred(unknown):
    with pytest.raises(ValueError, match="preferred is one of totp, sms and email"):
        MfaPreference().changed(preferred=unknown)


@given(st.builds(MfaPreference, st.booleans(), st.booleans(), st.booleans()), st.tuples(switch, switch, switch), kind)
def test_only_what_is_switched_on_is_ever_preferred(before, named, preferred):
    after = before.changed(preferred=preferred).changed(**dict(zip(("totp", "sms", "email"), named, strict=True)))
    assert after.preferred in (None, *after.enabled)
    for name, is_on in zip(("totp", "sms", "email"), named, strict=True):
        assert getattr(after, name) is (getattr(before, name) or name == preferred if is_on is None else is_on)


@pytest.mark.parametrize("issuer", ["Example Ltd", "Ex:ample", "Bücher & Söhne"])
@pytest.mark.parametrize("username", ["ada", "ada@example.com", "ada/é"])
def test_an_authenticator_app_reads_who_and_whose_and_the_secret(issuer, username):
    address = urlsplit(TotpSetup(username, Secret(SECRET), replaces_existing=False).uri(issuer).reveal())
    shown = issuer.replace(":", " ")
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == f"/{shown}:{username}"
    assert parse_qs(address.query) == {"secret": [SECRET], "issuer": [shown]}


def test_an_authenticator_app_needs_no_issuer():
    setup = TotpSetup("ada", Secret(SECRET), replaces_existing=False)
    assert setup.uri("").reveal() == f"otpauth://totp/ada?secret={SECRET}"


def test_no_value_shows_a_secret_or_what_is_known_of_a_person():
    setup = TotpSetup("ada", Secret(SECRET), replaces_existing=True)
    account = Account("ada", {"phone_number": "+15550100"}, MfaPreference())
    for text in (repr(setup), str(setup.uri("Example")), repr(account)):
        assert SECRET not in text
        assert "+15550100" not in text
