"""The devices that the user pool knows the user by; this one is remembered where the user says so."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbauth.widgets import items
from nbauth.widgets.screens import Action, ActionView, Asked, Go, ItemView, Screen

if TYPE_CHECKING:
    from nbauth.auth_session import AuthSession
    from nbauth.core.account import Device


def load(session: "AuthSession", said: str = "") -> Go:
    """Return the page, with the devices there are now."""
    devices = session.devices.list(wait=False)
    return Go("account_devices", {"devices": devices, "own": session.devices.own_key}, said)


def screen(asked: Asked) -> Screen:
    """Return the list."""
    return items.listing(asked.words, "devices", [_item(asked, device) for device in asked.about["devices"]])


def _item(asked: Asked, device: "Device") -> ItemView:
    words, is_own = asked.words, device.key == asked.about["own"]
    remember: ActionView = {"action": "remember", "item": device.key, "label": words("account.remember")}
    return items.item(
        device.name or device.key,
        [*([remember] if is_own and not device.is_remembered else []), *items.removal(asked, device.key)],
        words("account.device_own") if is_own else "",
        "" if device.is_remembered else words("account.device_not_remembered"),
        words("account.device_used") if device.last_used_at else "",
        at=device.last_used_at,
    )


def _question(asked: Asked) -> str:
    return asked.words("account.device_sure")


def _remember(session: "AuthSession", asked: Asked, item: str) -> Go:
    session.devices.remember(item, wait=False)
    return load(session, asked.words("account.remembered"))


def _remove(session: "AuthSession", asked: Asked, item: str) -> Go:
    session.devices.forget(item, wait=False)
    return load(session, asked.words("account.removed"))


ACTIONS: Mapping[str, Action] = {**items.asking("account_devices", _question), "remember": _remember, "remove": _remove}
