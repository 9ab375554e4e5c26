"""The devices that the user pool knows the user by."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.widgets.screens import Action, Asked, Go, Screen, item_view

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession


def load(session: "AuthSession", said: str = "") -> Go:
    """Return the page, with the devices there are now."""
    return Go("account_devices", {"devices": session.devices.list(wait=False)}, said)


def screen(asked: Asked) -> Screen:
    """Return the list."""
    words, devices = asked.words, asked.about["devices"]
    return {
        "title": words("account.devices"),
        "subtitle": "",
        "hint": "" if devices else words("account.nothing"),
        "fields": [],
        "submit": "",
        "submitting": "",
        "items": [
            item_view(
                words,
                device.name or device.key,
                "account.device_used",
                device.last_used_at,
                {"action": "forget", "item": device.key, "label": words("account.remove")},
            )
            for device in devices
        ],
        "secondary": [{"action": "back", "label": words("panel.back")}],
    }


def _forget(session: "AuthSession", asked: Asked, item: str) -> Go:
    session.devices.forget(item, wait=False)
    return load(session, asked.words("account.removed"))


ACTIONS: Mapping[str, Action] = {"forget": _forget}
