"""Confirming an account with the code that was sent; whoever made it just now is signed in without typing again.

A pool that sends no codes leaves the confirming to its administrators: then there is nothing to enter.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.core.secret import Secret
from nbauth.errors import AliasExists, AuthError, InvalidParameter
from nbauth.widgets import fields, sentences
from nbauth.widgets.screens import Action, Answers, Asked, Go, Screen, form

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession
    from nbauth.core.account import SignUpResult


def screen(asked: Asked) -> Screen:
    """Return the form."""
    words, about = asked.words, asked.about
    drawn: Screen = {
        "title": words("confirm_sign_up.title"),
        "subtitle": words("challenge.signing_in_as", name=about["username"]),
        "hint": _hint(asked),
        "fields": [],
        "submit": words("sign_in.submit"),
        "submitting": words("sign_in.submitting"),
        "secondary": [{"action": "back", "label": words("panel.back")}],
    }
    if "by_administrator" in about:
        return drawn
    drawn["fields"] = [fields.code(asked)]
    drawn["submit"], drawn["submitting"] = words("confirm_sign_up.submit"), words("confirm_sign_up.submitting")
    drawn["resend"] = form.resend_view(asked)
    if "code" in about:
        drawn["links"] = [{"action": "take_over", "label": words("confirm_sign_up.take_over")}]
    if "unsent" in about:
        drawn["resend"]["again_at"] = asked.now.timestamp()
    return drawn


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go | None:
    """Confirm the account, and sign in to it; what an administrator has to confirm, somebody signs in to later."""
    username = asked.about["username"]
    if "by_administrator" in asked.about:
        return Go("sign_in", {"username": username})
    code = answers["code"]
    try:
        result = session.confirm_sign_up(username, code)
    except AliasExists:
        return Go("confirm_sign_up", {**asked.about, "code": Secret.of(code)})
    return confirmed(username, result, asked)


def send(session: "AuthSession", username: str) -> Go:
    """Have a code sent to somebody whose account is not confirmed, and return the page that takes it."""
    try:
        return after(username, session.resend_sign_up_code(username))
    except InvalidParameter:  # the pool sends none
        return _by_administrator(username)
    except AuthError:  # one that was sent before may still be good
        return Go("confirm_sign_up", {"username": username})


def after(username: str, result: "SignUpResult") -> Go:
    """Return the page that takes the code that was sent, or says who confirms the account where none was."""
    if result.delivery is None:
        return _by_administrator(username)
    return Go("confirm_sign_up", {"username": username, **sentences.about_delivery(result.delivery)})


def confirmed(username: str, result: "SignUpResult", asked: Asked) -> Go | None:
    """Return where somebody goes whose account is confirmed: nowhere where the sign-in goes on by itself."""
    if result.next_step != "sign_in":
        return None
    return Go("sign_in", {"username": username}, said=asked.words("confirm_sign_up.done"))


def _by_administrator(username: str) -> Go:
    return Go("confirm_sign_up", {"username": username, "by_administrator": True})


def _hint(asked: Asked) -> str:
    words, about = asked.words, asked.about
    if "by_administrator" in about:
        return words("confirm_sign_up.by_administrator")
    if "code" in about:
        return words("confirm_sign_up.taken")
    if "unsent" in about:
        return words("confirm_sign_up.unsent")
    if "destination" in about:
        return sentences.delivery_text(words, about["medium"], about["destination"])
    return words("confirm_sign_up.hint")


def _resend(session: "AuthSession", asked: Asked, item: str) -> Go:
    username = asked.about["username"]
    sent = after(username, session.resend_sign_up_code(username))
    return Go(sent.screen, sent.about, said=asked.words("resend.done"))


def _take_over(session: "AuthSession", asked: Asked, item: str) -> Go | None:
    username = asked.about["username"]
    result = session.confirm_sign_up(username, asked.about["code"], take_over_alias=True)
    return confirmed(username, result, asked)


ACTIONS: Mapping[str, Action] = {"resend": _resend, "take_over": _take_over}
