"""Values that read like Cognito's."""

from datetime import timedelta

import pyotp
import pytest

from nbauth.testing import FakeClock, credentials, tokens, totp


def test_made_tokens_read_like_cognitos(clock: FakeClock) -> None:
    given = tokens("grace", issued_at=clock.now(), lifetime=timedelta(minutes=5), **{"cognito:groups": ["pilots"]})
    assert (given.username, given.claims["cognito:groups"], given.claims["token_use"]) == ("grace", ["pilots"], "id")
    assert given.expires_at - given.issued_at == timedelta(minutes=5)
    assert tokens("grace").sub == given.sub


def test_made_credentials_bear_their_number_in_each_part() -> None:
    made = credentials(number=7)
    parts = (made.access_key_id, made.secret_access_key.reveal(), made.session_token.reveal())
    assert all(part.endswith("7") for part in parts)


@pytest.mark.parametrize("minutes", range(5))
def test_codes_are_those_of_an_authenticator_app(minutes: int, clock: FakeClock) -> None:
    clock.advance(timedelta(minutes=minutes))
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    assert totp(secret, clock.now()) == pyotp.TOTP(secret).at(clock.now())
