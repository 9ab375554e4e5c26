"""Any challenge that is a form: its title, its hint and its fields, as the table of challenges has them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from nbauth.core.challenges import METHOD, Challenge
from nbauth.widgets import fields, sentences
from nbauth.widgets.screens import Action, Answers, Asked, Go, ResendView, Screen

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession

_COOL_DOWN = timedelta(seconds=30)


def screen(asked: Asked) -> Screen:
    """Return the form for the challenge that stands."""
    challenge, words = challenge_of(asked), asked.words
    leave = "cancel" if asked.signed_in else "back"
    name = sentences.name_in(challenge)
    hints = [words("challenge.step_up") if asked.signed_in else "", sentences.hint_of(words, challenge)]
    drawn: Screen = {
        "title": sentences.title_of(words, challenge),
        "subtitle": words("challenge.signing_in_as", name=name) if name else "",
        "hint": "\n".join(hint for hint in hints if hint),
        "fields": [fields.of_challenge(asked, field) for field in challenge.fields],
        "submit": words("challenge.submit"),
        "submitting": words("challenge.submitting"),
        "secondary": [{"action": leave, "label": words(f"panel.{leave}")}],
        "ways": [
            {"action": "method", "item": name, "label": sentences.choice_label(words, name, label)}
            for name, label in challenge.alternatives
        ],
        "username": name,
    }
    if challenge.sends_code:
        drawn["resend"] = resend_view(asked)
    if challenge.expires_at:
        drawn["expires_at"] = challenge.expires_at.timestamp()
    return drawn


def submit(session: "AuthSession", answers: Answers, asked: Asked) -> Go | None:
    """Answer the challenge."""
    session.confirm_sign_in(answers)
    return None


def challenge_of(asked: Asked) -> Challenge:
    """Return the challenge that stands."""
    if asked.challenge is None:
        raise ValueError("there is no challenge to draw")
    return asked.challenge


def resend_view(asked: Asked) -> ResendView:
    """Return the button that has another code sent, once the last one had time to arrive."""
    return {"action": "resend", "again_at": (asked.now + _COOL_DOWN).timestamp()}


def _resend(session: "AuthSession", asked: Asked, item: str) -> str:
    session.resend_code()
    return asked.words("resend.done")


def _another_way(session: "AuthSession", asked: Asked, item: str) -> None:
    session.confirm_sign_in({METHOD: item})


ACTIONS: Mapping[str, Action] = {"resend": _resend, "method": _another_way}
