"""The panel: what it tells a page, and what it does with what a page says."""

import logging
from typing import Any

import ipywidgets
import pytest

from nbauth.core.secret import Secret
from nbauth.core.user_state import UserState
from nbauth.errors import ServiceUnavailable
from nbauth.testing.makers import totp

from .conftest import PASSWORD, TOTP_SECRET


def is_bar(view: dict[str, Any]) -> bool:
    return view["kind"] == "bar"


def has_error(view: dict[str, Any]) -> bool:
    return bool(view["screen"]["error"])


def asks_for(title: str) -> Any:
    return lambda view: view["kind"] == "panel" and view["screen"]["title"] == title
