"""How somebody gets in who could not before: a sign-up, its confirmation, a password reset, and the sign-in after it.

Rule: once the account is confirmed, or the password set, that is what the caller learns. A sign-in that does not work
out afterwards is told in the result and never raised, because what came before it must not be done twice.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from nbauth.background import carry_out
from nbauth.core.account import PasswordResetResult, SignUpResult
from nbauth.core.arguments import Metadata
from nbauth.core.events import SignIn
from nbauth.core.results import SignInResult
from nbauth.core.secret import Secret
from nbauth.core.states import SignedIn, standing
from nbauth.engine import Engine
from nbauth.errors import AlreadyConfirmed, AuthError, ChallengeExpired, CodeDeliveryFailure, NotAuthorized
from nbauth.newcomer import Means
from nbauth.ports import UserAccounts


def sign_up(
    engine: Engine, username: str, password: Secret | None, attributes: Mapping[str, str], metadata: Metadata
) -> SignUpResult:
    """Make an account, and sign in to it where no code has to be entered first."""
    accounts = engine.ports.require_accounts()
    try:
        made = carry_out(lambda: accounts.sign_up(username, password, attributes, metadata))
    except CodeDeliveryFailure:
        engine.newcomer.keep(username, Means(password))
        raise
    means = Means(password, made.session)
    if not made.confirmed:
        engine.newcomer.keep(username, means)
        return SignUpResult(confirmed=False, delivery=made.delivery, user_sub=made.user_sub)
    result, error = _sign_in(engine, username, means, metadata)
    return SignUpResult(confirmed=True, user_sub=made.user_sub, sign_in=result, error=error)


def confirm_sign_up(
    engine: Engine, username: str, code: Secret, metadata: Metadata, *, take_over_alias: bool
) -> SignUpResult:
    """Confirm an account, and sign in to it with what is kept for this."""
    accounts, means = engine.ports.require_accounts(), engine.newcomer.means_of(username)

    def confirm(session: Secret | None) -> Secret | None:
        return accounts.confirm_sign_up(
            username, code, session=session, take_over_alias=take_over_alias, client_metadata=metadata
        )

    session: Secret | None = None
    with suppress(AlreadyConfirmed):  # by the link in a message, or by an answer that was lost
        session = _confirmed(confirm, means.session)
    result, error = _sign_in(engine, username, Means(means.password, session), metadata)
    return SignUpResult(confirmed=True, sign_in=result, error=error)


def resend_sign_up_code(accounts: UserAccounts, username: str, metadata: Metadata) -> SignUpResult:
    """Send the code of a sign-up again."""
    return SignUpResult(confirmed=False, delivery=carry_out(lambda: accounts.resend_sign_up_code(username, metadata)))


def reset_password(
    engine: Engine, username: str, code: Secret, password: Secret, metadata: Metadata
) -> PasswordResetResult:
    """Set a new password with a code, and sign in with it."""
    accounts = engine.ports.require_accounts()
    carry_out(lambda: accounts.confirm_forgot_password(username, code, password, metadata))
    result, error = _sign_in(engine, username, Means(password), metadata)
    return PasswordResetResult(sign_in=result, error=error)


def _confirmed(confirm: Callable[[Secret | None], Secret | None], session: Secret | None) -> Secret | None:
    if session:
        with suppress(ChallengeExpired, NotAuthorized):  # it has ended, and the code lasts longer
            return carry_out(lambda: confirm(session))
    return carry_out(lambda: confirm(None))


def _sign_in(
    engine: Engine, username: str, means: Means, metadata: Metadata
) -> tuple[SignInResult | None, AuthError | None]:
    """Return what came of signing in; nothing where somebody is, or where there is nothing to do it with."""
    error: AuthError | None = None
    if isinstance(standing(engine.runtime.flow.state), SignedIn):
        return None, None
    for step in _ways_in(username, means, dict(metadata or {})):
        try:
            return engine.take_step(step), None
        except AuthError as refusal:
            error = refusal.with_traceback(None)
    engine.newcomer.forget()
    return None, error


def _ways_in(username: str, means: Means, metadata: Mapping[str, str]) -> Iterable[SignIn]:
    if means.session:
        yield SignIn(username, None, "USER_AUTH", metadata, means.session)
    if means.password:
        yield SignIn(username, means.password, None, metadata)
