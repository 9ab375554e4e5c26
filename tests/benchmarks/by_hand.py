"""The sign-in form that people put together of ipywidgets: the same fields, labels and steps, and the same verbs.

It runs in the kernel that is measured. What Cognito asks is asked in a thread, so that the kernel stays free.
"""

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets
from IPython.display import display

from nbauth import AuthError, AuthSession


class Form:
    """A form that shows one step after the other in the same box.

    Args:
        session: The session to sign in to.
    """

    def __init__(self, session: AuthSession) -> None:
        self._session = session
        self._box = ipywidgets.VBox()
        self._message = ipywidgets.Label()

    def show(self) -> None:
        self._begin()
        display(self._box)

    def _begin(self) -> None:
        self._ask(
            "Sign in to AWS",
            ("User name", "Password"),
            {"Sign in": self._sign_in},
            {"Create an account": self._begin_sign_up, "Forgot your password?": self._begin_reset},
        )

    def _begin_sign_up(self) -> None:
        labels = ("User name", "E-mail address", "Password", "Confirm password")
        self._ask("Create an account", labels, {"Create account": self._sign_up}, {"Back": self._begin})

    def _begin_reset(self) -> None:
        self._ask("Reset your password", ("User name",), {"Send code": self._forgot}, {"Back": self._begin})

    def _sign_in(self, username: str, password: str) -> None:
        if self._session.sign_in(username, password).done:
            self._is_in()
        else:
            self._ask("Enter your authenticator code", ("Code",), {"Continue": self._answer}, {"Back": self._begin})

    def _answer(self, code: str) -> None:
        self._session.confirm_sign_in(code)
        self._is_in()

    def _sign_up(self, username: str, email: str, password: str, _repeated: str) -> None:
        self._session.sign_up(username, password, attributes={"email": email})

        def confirm(code: str) -> None:
            self._session.confirm_sign_up(username, code)
            self._is_in()

        self._ask("Confirm your account", ("Code",), {"Confirm": confirm}, {"Back": self._begin})

    def _forgot(self, username: str) -> None:
        self._session.forgot_password(username)

        def replace(code: str, password: str, _repeated: str) -> None:
            self._session.confirm_forgot_password(username, code, password)
            self._is_in()

        labels = ("Code", "New password", "Confirm password")
        self._ask("Choose a new password", labels, {"Set password and sign in": replace}, {"Back": self._begin})

    def _is_in(self) -> None:
        self._box.children = [ipywidgets.Label(f"Signed in as {self._session.username}.")]

    def _ask(
        self,
        title: str,
        labels: tuple[str, ...],
        verb: dict[str, Callable[..., None]],
        links: dict[str, Callable[..., None]],
    ) -> None:
        fields = [_field(label) for label in labels]
        self._message = ipywidgets.Label()
        buttons = [
            _button(label, lambda then=then: self._run(then, fields), "primary") for label, then in verb.items()
        ] + [_button(label, then, "") for label, then in links.items()]
        heading = ipywidgets.HTML(f"<h2>{title}</h2>")
        self._box.children = [heading, *fields, self._message, ipywidgets.HBox(buttons)]

    def _run(self, verb: Callable[..., None], fields: list[Any]) -> None:
        values = [field.value for field in fields]
        self._message.value = "…"
        threading.Thread(target=self._try, args=(verb, values)).start()

    def _try(self, verb: Callable[..., None], values: list[str]) -> None:
        try:
            verb(*values)
        except AuthError as error:
            self._message.value = str(error)


def _field(label: str) -> Any:
    kind = ipywidgets.Password if "assword" in label else ipywidgets.Text
    return kind(description=label)


def _button(label: str, then: Callable[[], None], style: str) -> Any:
    button = ipywidgets.Button(description=label, button_style=style)
    button.on_click(lambda _: then())
    return button
