"""The screen that stands: what it was drawn from, and what may be answered, pressed and shown there.

Rule: a page can answer and press what the screen offers and nothing else, whatever it sends.
"""

from collections.abc import Callable, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

from nbauth.core.challenges import Challenge
from nbauth.core.conversation import password_is_optional
from nbauth.core.secret import Secret
from nbauth.core.user_state import UserState
from nbauth.widgets import clock, fields
from nbauth.widgets.screens import Asked, FieldView, Go, Screen, form, module_for
from nbauth.widgets.words import Words

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession

_ids = count(1)


class Standing:
    """One screen, from when it is drawn until another takes its place.

    Attributes:
        id: What pages call it; no two have the same.
        place: What it is the screen of.
        view: What the page draws.
        takes_code: Whether a sign-in asks for a code there.
        can_be_locked: Whether a password or a code is tried there, which a pool takes only so often.

    Args:
        session: Whose sign-in it belongs to.
        place: The challenge that is asked, or a page of our own.
        waiting: Whether a cell waits for the sign-in.
        words: The texts.
    """

    def __init__(self, session: "AuthSession", place: Challenge | Go, *, waiting: bool, words: Words) -> None:
        self.id = str(next(_ids))
        self.place = place
        self._session = session
        self._asked = _asked(session, place, waiting=waiting, words=words)
        self._module = module_for(self._asked.challenge, place.screen if isinstance(place, Go) else "")
        self.view: Screen = self._module.screen(self._asked)
        kinds = [field["kind"] for field in self.view["fields"]]
        self.takes_code = isinstance(place, Challenge) and "code" in kinds
        self.can_be_locked = isinstance(place, Challenge) or "current-password" in kinds

    def read(self, values: Mapping[str, object]) -> dict[str, str | Secret]:
        """Return the answers to its fields that a page has sent."""
        return {field["name"]: fields.read(field, values.get(field["name"])) for field in self.view["fields"]}

    def missing(self, answers: Mapping[str, str | Secret]) -> FieldView | None:
        """Return the first field that may not be empty and is; None where there is none."""
        wanted = (field for field in self.view["fields"] if not field.get("optional"))
        return next((field for field in wanted if not answers[field["name"]]), None)

    def submitting(self, answers: Mapping[str, str | Secret]) -> Callable[[], object]:
        """Return what sends the answers, and returns where that leads."""
        submit = getattr(self._module, "submit", form.submit)
        return lambda: submit(self._session, answers, self._asked)

    def pressing(self, action: str, item: str) -> Callable[[], object] | None:
        """Return what one of its buttons does, and returns where that leads; None where it has no such button."""
        if not _offers(self.view, action, item):
            return None
        actions = getattr(self._module, "ACTIONS", form.ACTIONS)
        return lambda: actions[action](self._session, self._asked, item)

    def material(self) -> dict[str, Any] | None:
        """Return what a page shows beside the form, and nobody else may see; None where there is nothing."""
        if "material" not in self.view:
            return None
        material: dict[str, Any] = self._module.material(self._asked)
        return material


def _asked(session: "AuthSession", place: Challenge | Go, *, waiting: bool, words: Words) -> Asked:
    config = session.config
    return Asked(
        challenge=place if isinstance(place, Challenge) else None,
        username=session.display_name,
        username_attributes=config.username_attributes,
        password_optional=password_is_optional(config.auth_flow),
        account=session.account,
        user_pool_id=config.user_pool_id,
        waiting=waiting,
        signed_in=session.state is UserState.SIGNED_IN,
        state_reason=session.state_reason,
        offers_sign_up=config.self_sign_up is not False,
        sign_up_attributes=config.sign_up_attributes,
        password_policy=config.password_policy,
        look=session.appearance,
        companies=session.companies,
        provider=session.provider,
        about=place.about if isinstance(place, Go) else {},
        words=words,
        now=clock.now(session),
    )


def _offers(screen: Screen, action: str, item: str) -> bool:
    buttons = [*screen["secondary"], *screen.get("ways", ()), *screen.get("links", ()), *screen.get("companies", ())]
    buttons += [button for listed in screen.get("items", ()) for button in listed["actions"]]
    resend = "resend" in screen and action == screen["resend"]["action"]
    return resend or any(button["action"] == action and button.get("item", "") == item for button in buttons)
